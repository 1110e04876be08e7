namespace Uns.Store;

/// <summary>A store file that was found damaged at start and moved aside; the hub began with a new one.</summary>
/// <param name="Path">Where the damaged file lies now. It is never deleted by the hub.</param>
/// <param name="Fault">What the integrity check said first.</param>
public sealed record DamagedStore(string Path, string Fault);
