using Uns.Tags;

namespace Uns.Connectors;

/// <summary>A protocol whose devices hold memory without types: shows what each place would be under every type and byte order.</summary>
public interface IDecodes
{
    /// <summary>The tables that can be looked at, by the letters of their addresses; the first is shown at first.</summary>
    IReadOnlyList<string> Tables { get; }

    /// <summary>What is wrong with a request; null when it can be read.</summary>
    string? Fault(DeviceOptions device, DecodeRequest request);

    /// <summary>Reads a range and decodes it. What the device refuses is a place with a fault.</summary>
    /// <param name="connector">One of this kind, connected.</param>
    /// <param name="device">The device it was made for.</param>
    /// <param name="request">Without fault.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="ConnectorException">The device is gone.</exception>
    Task<DecodedRange> DecodeAsync(IConnector connector, DeviceOptions device, DecodeRequest request, CancellationToken cancellationToken);
}

/// <summary>Which places to look at.</summary>
public sealed record DecodeRequest
{
    /// <summary>Letters of the table, e.g. <c>HR</c>.</summary>
    public string Table { get; init; } = "HR";

    /// <summary>Unit behind a gateway, 0 to 255; null takes the device's own.</summary>
    public int? Unit { get; init; }

    /// <summary>The first place, as this device's addresses are counted.</summary>
    public int First { get; init; } = 1;

    /// <summary>How many places, 1 to 125.</summary>
    public int Count { get; init; } = 24;
}

/// <summary>A range under every type and byte order.</summary>
/// <param name="At">When it was read. UTC.</param>
/// <param name="Places">In order.</param>
public sealed record DecodedRange(DateTimeOffset At, IReadOnlyList<DecodedPlace> Places);

/// <summary>One place under every type and byte order that begins there.</summary>
/// <param name="Address">Its plain address.</param>
/// <param name="Hex">What it holds; null when it could not be read.</param>
/// <param name="Fault">Why it could not be read; null when it was.</param>
/// <param name="Readings">What it would be; those that reach beyond the range, or into a place that could not be read, are left out.</param>
public sealed record DecodedPlace(string Address, string? Hex, string? Fault, IReadOnlyList<DecodedReading> Readings);

/// <summary>A place as one type in one byte order.</summary>
/// <param name="Address">The address of a tag that reads it so.</param>
/// <param name="DataType">The type of that tag.</param>
/// <param name="Order">The byte order in letters; empty for texts.</param>
/// <param name="Bits">Width of one value, 16, 32 or 64; 0 for texts.</param>
/// <param name="Text">The value.</param>
/// <param name="Likelihood">A hint, never more.</param>
public sealed record DecodedReading(string Address, DataType DataType, string Order, int Bits, string Text, Likelihood Likelihood);

/// <summary>How much a reading looks like something that a plant would hold.</summary>
public enum Likelihood
{
    /// <summary>No number, out of all measure, or so small that nobody would send it.</summary>
    Unlikely,

    /// <summary>It may be.</summary>
    Possible,

    /// <summary>It looks like a measured value or a text.</summary>
    Likely,
}
