using Uns.Tags;

namespace Uns.Sparkplug.Payloads;

/// <summary>Which field of the oneof <c>value</c> was on the wire.</summary>
public enum WireKind
{
    /// <summary>No value field at all. Not the same as zero.</summary>
    None,

    /// <summary>int_value, 32 unsigned bits.</summary>
    Int,

    /// <summary>long_value, 64 unsigned bits.</summary>
    Long,

    /// <summary>float_value.</summary>
    Float,

    /// <summary>double_value.</summary>
    Double,

    /// <summary>boolean_value.</summary>
    Boolean,

    /// <summary>string_value.</summary>
    String,

    /// <summary>bytes_value: bytes, a file or an array.</summary>
    Bytes,

    /// <summary>dataset_value.</summary>
    DataSet,

    /// <summary>template_value.</summary>
    Template,

    /// <summary>propertyset_value of a property: a <see cref="PropertySet"/>.</summary>
    PropertySet,

    /// <summary>propertysets_value of a property: a list of <see cref="PropertySet"/>.</summary>
    PropertySetList,

    /// <summary>extension_value: another party's own type, kept as its bytes.</summary>
    Extension,
}

/// <summary>
/// A value as the wire carried it, before anyone knows its type: data messages do not name types, the birth does.
/// </summary>
/// <param name="Kind">Which field carried it.</param>
/// <param name="Bits">The bits of Int, Long, Boolean (0 or 1), Float and Double (as the bits of a double).</param>
/// <param name="Object">The text, bytes, data set, template or properties; the raw bytes of an extension.</param>
public readonly record struct WireValue(WireKind Kind, long Bits = 0, object? Object = null)
{
    /// <summary>The number of float_value and double_value.</summary>
    public double Number => BitConverter.Int64BitsToDouble(Bits);
}

/// <summary>One property of a metric, or of a property set.</summary>
/// <param name="Key">The property's name.</param>
/// <param name="Type">Its type; null when the message left it out, which data messages may.</param>
/// <param name="Value">The value as the wire carried it.</param>
/// <param name="IsNull">True when the property is said to have no value.</param>
public readonly record struct MetricProperty(string Key, DataType? Type, WireValue Value, bool IsNull = false)
{
    /// <summary>Fields that this version does not know, as they came; null when there are none. They are written again.</summary>
    public byte[]? Unknown { get; init; }

    /// <summary>A text property.</summary>
    public static MetricProperty Of(string key, string value) => new(key, DataType.String, new(WireKind.String, 0, value));

    /// <summary>A number.</summary>
    public static MetricProperty Of(string key, double value) => new(key, DataType.Double, new(WireKind.Double, BitConverter.DoubleToInt64Bits(value)));

    /// <summary>A truth value.</summary>
    public static MetricProperty Of(string key, bool value) => new(key, DataType.Boolean, new(WireKind.Boolean, value ? 1 : 0));

    /// <summary>The metric's quality. [tck-id-payloads-propertyset-quality-value-type]</summary>
    /// <param name="code">0, 192 or 500. [tck-id-payloads-propertyset-quality-value-value]</param>
    public static MetricProperty OfQuality(int code) => new(QualityKey, DataType.Int32, new(WireKind.Int, code));

    /// <summary>The key of the quality property.</summary>
    public const string QualityKey = "Quality";
}

/// <summary>A set of properties inside a property.</summary>
/// <param name="Properties">In wire order.</param>
public sealed record PropertySet(IReadOnlyList<MetricProperty> Properties)
{
    /// <summary>Fields that this version does not know, as they came; they are written again.</summary>
    public ReadOnlyMemory<byte> Unknown { get; init; }
}
