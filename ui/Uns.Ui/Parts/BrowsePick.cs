using Uns.Connectors;

namespace Uns.Ui.Parts;

/// <summary>A variable that someone picked in the browser.</summary>
/// <param name="Entry">What the device said of it.</param>
/// <param name="Path">Names from the root of the browser down to it.</param>
/// <param name="Way">Its browse path; empty where the protocol knows none.</param>
public sealed record BrowsePick(BrowseEntry Entry, IReadOnlyList<string> Path, string Way);
