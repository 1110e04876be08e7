namespace Uns.Store;

/// <summary>When a write counts as kept.</summary>
public enum StorePolicy
{
    /// <summary>When the commit that carries it is on stable storage: nothing is lost by a crash or a power cut.</summary>
    Group,

    /// <summary>When the operating system has it: a crash of the process loses nothing, a power cut up to the interval.</summary>
    Interval,

    /// <summary>At once: nothing survives.</summary>
    Memory,
}
