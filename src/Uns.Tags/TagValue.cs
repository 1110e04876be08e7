using System.Globalization;

namespace Uns.Tags;

/// <summary>
/// One typed value: number, truth, text, time, bytes or array; or null, with its type still known.
/// Numbers are held without boxing; <see cref="IsNull"/> is never mixed up with zero.
/// </summary>
/// <remarks>Immutable. Arrays and byte strings handed in are owned by the value from then on.</remarks>
public readonly struct TagValue : IEquatable<TagValue>
{
    private readonly long _bits;
    private readonly object? _reference;
    private readonly bool _present;

    private TagValue(DataType type, long bits, object? reference, bool present)
    {
        Type = type;
        _bits = bits;
        _reference = reference;
        _present = present;
    }

    /// <summary>The value's type, also when it is null.</summary>
    public DataType Type { get; }

    /// <summary>True when there is no value. The default of this struct is a null of unknown type.</summary>
    public bool IsNull => !_present;

    /// <summary>A null of the given type.</summary>
    public static TagValue Null(DataType type) => new(type, 0, null, present: false);

    /// <summary>A truth value.</summary>
    public static TagValue Of(bool value) => new(DataType.Boolean, value ? 1 : 0, null, present: true);

    /// <summary>A single precision number.</summary>
    public static TagValue Of(float value) => new(DataType.Float, BitConverter.DoubleToInt64Bits(value), null, present: true);

    /// <summary>A double precision number.</summary>
    public static TagValue Of(double value) => new(DataType.Double, BitConverter.DoubleToInt64Bits(value), null, present: true);

    /// <summary>A text. <paramref name="type"/> is String, Text or Uuid.</summary>
    public static TagValue Of(string value, DataType type = DataType.String) => new(type, 0, value, present: true);

    /// <summary>A moment, UTC, to the millisecond.</summary>
    public static TagValue Of(DateTimeOffset value) => new(DataType.DateTime, value.ToUnixTimeMilliseconds(), null, present: true);

    /// <summary>A byte string. <paramref name="type"/> is Bytes or File.</summary>
    public static TagValue Of(byte[] value, DataType type = DataType.Bytes) => new(type, 0, value, present: true);

    /// <summary>A signed or unsigned integer of the given width; <paramref name="value"/> has been checked to fit.</summary>
    /// <param name="type">Int8 to Int64, UInt8 to UInt64 (whose upper half is given by its bit pattern), or DateTime in ms since 1970.</param>
    /// <param name="value">The number; for UInt64 its bit pattern.</param>
    public static TagValue OfInteger(DataType type, long value) => new(type, value, null, present: true);

    /// <summary>A number, truth value or time by its bits: those of <see cref="Integer"/>, or of a double for Float and Double.</summary>
    /// <param name="type">Int8 to DateTime, without String.</param>
    /// <param name="bits">The bits; they have been checked to fit.</param>
    public static TagValue OfBits(DataType type, long bits) => new(type, bits, null, present: true);

    /// <summary>An array or a composite value (data set, template).</summary>
    /// <param name="type">One of the array types, DataSet or Template.</param>
    /// <param name="value">
    /// For the array types <c>sbyte[]</c>, <c>short[]</c>, <c>int[]</c>, <c>long[]</c>, <c>byte[]</c>, <c>ushort[]</c>, <c>uint[]</c>,
    /// <c>ulong[]</c>, <c>float[]</c>, <c>double[]</c>, <c>bool[]</c>, <c>string[]</c> or <c>DateTimeOffset[]</c>.
    /// </param>
    public static TagValue OfObject(DataType type, object value) => new(type, 0, value, present: true);

    /// <summary>True for the eight integer types.</summary>
    public bool IsInteger => Type is >= DataType.Int8 and <= DataType.UInt64;

    /// <summary>True for integers, floats and doubles.</summary>
    public bool IsNumber => Type is >= DataType.Int8 and <= DataType.Double;

    /// <summary>The integer (UInt64: its bit pattern), the truth value as 0 or 1, or the DateTime as ms since 1970. Meaningless for other types.</summary>
    public long Integer => _bits;

    /// <summary>The number as a double; integers beyond 2^53 lose their last digits. NaN for what is no number, and for null.</summary>
    public double Number => !_present ? double.NaN : Type switch
    {
        DataType.Float or DataType.Double => BitConverter.Int64BitsToDouble(_bits),
        DataType.UInt64 => (ulong)_bits,
        >= DataType.Int8 and <= DataType.UInt32 => _bits,
        DataType.Boolean => _bits,
        _ => double.NaN,
    };

    /// <summary>The truth value. False for what is none.</summary>
    public bool Truth => Type == DataType.Boolean && _bits != 0;

    /// <summary>The text of String, Text and Uuid; null for other types and for null.</summary>
    public string? Text => _reference as string;

    /// <summary>The array, byte string or composite value; null for other types and for null.</summary>
    public object? Object => _reference;

    /// <summary>The moment of a DateTime value. Only for that type; values outside .NET's range are clipped to it.</summary>
    public DateTimeOffset Time => DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(_bits, -62135596800000, 253402300799999));

    /// <inheritdoc/>
    public bool Equals(TagValue other)
    {
        if (Type != other.Type || _present != other._present || _bits != other._bits)
        {
            return false;
        }

        return _reference is Array mine && other._reference is Array theirs
            ? System.Collections.StructuralComparisons.StructuralEqualityComparer.Equals(mine, theirs)
            : Equals(_reference, other._reference);
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is TagValue other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Type, _bits, _reference is string text ? text : null);

    /// <summary>Same type and same value. NaN equals NaN, so that an unchanged NaN is no change.</summary>
    public static bool operator ==(TagValue left, TagValue right) => left.Equals(right);

    /// <summary>Another type or another value.</summary>
    public static bool operator !=(TagValue left, TagValue right) => !left.Equals(right);

    /// <summary>The value as people read it: numbers in full, times as ISO 8601 UTC, arrays in brackets, <c>null</c>.</summary>
    public override string ToString()
    {
        if (!_present)
        {
            return "null";
        }

        return Type switch
        {
            DataType.Boolean => Truth ? "true" : "false",
            DataType.Float => ((float)Number).ToString("R", CultureInfo.InvariantCulture),
            DataType.Double => Number.ToString("R", CultureInfo.InvariantCulture),
            DataType.UInt64 => ((ulong)_bits).ToString(CultureInfo.InvariantCulture),
            DataType.DateTime => Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
            >= DataType.Int8 and <= DataType.UInt32 => _bits.ToString(CultureInfo.InvariantCulture),
            _ => _reference switch
            {
                string text => text,
                byte[] bytes when Type is DataType.Bytes or DataType.File => Convert.ToBase64String(bytes),
                Array array => "[" + string.Join(", ", array.Cast<object>()) + "]",
                { } other => other.ToString() ?? "",
                null => "",
            },
        };
    }
}
