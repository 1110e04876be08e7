using Uns.Tags;

namespace Uns.Sparkplug.Payloads;

/// <summary>One metric of a payload, as the wire carried it. What is null was not there.</summary>
/// <remarks>Sparkplug 3.0, chapter 6, Metric.</remarks>
public sealed record Metric
{
    /// <summary>Name; <c>/</c> separates folders. Null in data and commands of a node that uses aliases.</summary>
    public string? Name { get; init; }

    /// <summary>The number that stands for the name after birth. 0 is a legal alias.</summary>
    public ulong? Alias { get; init; }

    /// <summary>When the value was captured, UTC to the millisecond. Null also for a number outside .NET's range.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>The type; births name it, data need not. A number above 34 is kept as it came.</summary>
    public DataType? DataType { get; init; }

    /// <summary>True when the value is not the current one.</summary>
    public bool IsHistorical { get; init; }

    /// <summary>True when the value is not to be kept by a historian.</summary>
    public bool IsTransient { get; init; }

    /// <summary>True when there is no value; wins over any value that is there too.</summary>
    public bool IsNull { get; init; }

    /// <summary>The value as it came; <see cref="WireConversion"/> gives it its type.</summary>
    public WireValue Value { get; init; }

    /// <summary>Properties in wire order; empty when there are none.</summary>
    public IReadOnlyList<MetricProperty> Properties { get; init; } = [];

    /// <summary>True when keys and values of the property set did not match in number: no property can be trusted.</summary>
    /// <remarks>[tck-id-payloads-propertyset-keys-array-size]</remarks>
    public bool HasBrokenProperties { get; init; }

    /// <summary>About files and parts; null when there is none.</summary>
    public MetricMetadata? Metadata { get; init; }

    /// <summary>Fields that this version does not know, as they came; they are written again.</summary>
    public ReadOnlyMemory<byte> Unknown { get; init; }

    /// <summary>Fields of the property set that this version does not know, as they came; of a broken one all of it. They are written again.</summary>
    public ReadOnlyMemory<byte> UnknownInProperties { get; init; }

    /// <summary>A metric with name, type and value.</summary>
    public static Metric Of(string name, TagValue value, DateTimeOffset? timestamp = null) => new()
    {
        Name = name,
        DataType = value.Type,
        IsNull = value.IsNull,
        Value = WireConversion.ToWire(value),
        Timestamp = timestamp,
    };
}

/// <summary>What a metric says about the bytes it carries. What is null was not there.</summary>
/// <remarks>Sparkplug 3.0, chapter 6, MetaData.</remarks>
public sealed record MetricMetadata
{
    /// <summary>True when the value is one part of several.</summary>
    public bool? IsMultiPart { get; init; }

    /// <summary>Media type.</summary>
    public string? ContentType { get; init; }

    /// <summary>Size of the whole value, in bytes.</summary>
    public ulong? Size { get; init; }

    /// <summary>Number of this part.</summary>
    public ulong? Seq { get; init; }

    /// <summary>Name of a file.</summary>
    public string? FileName { get; init; }

    /// <summary>Kind of a file, such as <c>json</c>.</summary>
    public string? FileType { get; init; }

    /// <summary>Checksum of the bytes, as text.</summary>
    public string? Md5 { get; init; }

    /// <summary>Free text.</summary>
    public string? Description { get; init; }

    /// <summary>Fields that this version does not know, as they came; they are written again.</summary>
    public ReadOnlyMemory<byte> Unknown { get; init; }
}
