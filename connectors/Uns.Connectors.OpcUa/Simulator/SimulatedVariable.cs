using Uns.Tags;

namespace Uns.Connectors.OpcUa;

/// <summary>One variable of a simulated server.</summary>
/// <param name="Path">Folders and name, e.g. <c>Boiler/Level</c>; its node id is <c>nsu=urn:uns:simulator;s=</c> and the path with dots.</param>
/// <param name="Type">Boolean, an integer type, Float, Double or String.</param>
/// <param name="Signal">Its course; null for a value that can be written and stays.</param>
public sealed record SimulatedVariable(string Path, DataType Type, Signal? Signal)
{
    /// <summary>Another identifier in place of the path with dots: a text, or one with its kind such as <c>i=5</c>; null for none.</summary>
    public string? Id { get; init; }
}
