using Uns.Tags;

namespace Uns.Sparkplug.Payloads;

/// <summary>Gives a wire value the type its birth named, and takes it away again for sending. Never wraps and never guesses.</summary>
/// <remarks>Sparkplug 3.0, chapter 6, data types. Pure; safe to call from many threads.</remarks>
public static class WireConversion
{
    /// <summary>Reads a wire value as a value of a known type.</summary>
    /// <param name="type">The type the birth named.</param>
    /// <param name="wire">The field that was on the wire.</param>
    /// <param name="value">The value, when true is returned; else a null of the type.</param>
    /// <param name="fault">What was found and what is wanted, when false is returned.</param>
    public static bool TryRead(DataType type, in WireValue wire, out TagValue value, out string fault)
    {
        value = TagValue.Null(type);
        fault = "";
        switch (type)
        {
            case >= DataType.Int8 and <= DataType.UInt64:
                return TryReadInteger(type, wire, ref value, ref fault);
            case DataType.DateTime when wire.Kind is WireKind.Long or WireKind.Int:
                value = TagValue.OfInteger(type, wire.Bits);
                return true;
            case DataType.Float when wire.Kind == WireKind.Float:
                value = TagValue.Of((float)wire.Number);
                return true;
            case DataType.Double when wire.Kind == WireKind.Double:
                value = TagValue.Of(wire.Number);
                return true;
            case DataType.Boolean when wire.Kind == WireKind.Boolean:
                value = TagValue.Of(wire.Bits != 0);
                return true;
            case DataType.String or DataType.Text or DataType.Uuid when wire.Object is string text:
                value = TagValue.Of(text, type);
                return true;
            case DataType.Bytes or DataType.File when wire is { Kind: WireKind.Bytes, Object: byte[] bytes }:
                value = TagValue.Of(bytes, type);
                return true;
            case DataType.DataSet when wire.Object is DataSet:
            case DataType.Template when wire.Object is Template:
                value = TagValue.OfObject(type, wire.Object);
                return true;
            case DataType.DataSet when wire.Kind == WireKind.DataSet:
                fault = "is a data set whose columns, types and cells do not agree in number or type.";
                return false;
            case >= DataType.Int8Array and <= DataType.DateTimeArray when wire is { Kind: WireKind.Bytes, Object: byte[] packed }:
                if (!ArrayBytes.TryRead(type, packed, out var array, out fault))
                {
                    return false;
                }

                value = TagValue.OfObject(type, array!);
                return true;
            case > DataType.DateTimeArray or DataType.Unknown or DataType.PropertySet or DataType.PropertySetList:
                fault = $"is of data type {(int)type}, which a metric cannot have.";
                return false;
            default:
                fault = wire.Kind == WireKind.None
                    ? $"has no value and does not say null; {type} was born."
                    : $"came as {wire.Kind}; {type} was born.";
                return false;
        }
    }

    /// <summary>Reads a number, truth value or time, without a word about what is wrong.</summary>
    /// <param name="type">The type the birth named.</param>
    /// <param name="kind">The field that was on the wire.</param>
    /// <param name="bits">Its bits.</param>
    /// <param name="value">The value, when true is returned.</param>
    /// <returns>False for every other type, and when the field does not fit: <see cref="TryRead"/> then says why.</returns>
    internal static bool TryReadScalar(DataType type, WireKind kind, long bits, out TagValue value)
    {
        var fits = type switch
        {
            DataType.Double => kind == WireKind.Double,
            DataType.Float => kind == WireKind.Float,
            DataType.Boolean => kind == WireKind.Boolean,
            DataType.Int64 or DataType.UInt64 or DataType.DateTime => kind is WireKind.Long or WireKind.Int,
            _ => kind is WireKind.Int or WireKind.Long && TryNarrow(type, ref bits),
        };
        value = fits ? TagValue.OfBits(type, bits) : default;
        return fits;
    }

    private static bool TryNarrow(DataType type, ref long bits)
    {
        if (type is < DataType.Int8 or > DataType.UInt32 || Narrow(type, bits) is not { } fits)
        {
            return false;
        }

        bits = fits;
        return true;
    }

    /// <summary>The field that carries a value. A null becomes no field: the metric says <c>is_null</c>.</summary>
    /// <param name="value">The value.</param>
    /// <param name="uint32AsLong">True: UInt32 in long_value, where Eclipse Tahu's Java and JavaScript readers look for it.</param>
    /// <exception cref="ArgumentException">The value's object is not what its type wants.</exception>
    /// <remarks>[tck-id-payloads-metric-datatype-value-type]</remarks>
    public static WireValue ToWire(TagValue value, bool uint32AsLong = false)
    {
        if (value.IsNull)
        {
            return default;
        }

        if (uint32AsLong && value.Type == DataType.UInt32)
        {
            return new(WireKind.Long, value.Integer);
        }

        return value.Type switch
        {
            // Signed integers are sign-extended to 32 bits; UInt32 travels in int_value, as the specification says.
            DataType.Int8 or DataType.Int16 or DataType.Int32 => new(WireKind.Int, (uint)(int)value.Integer),
            DataType.UInt8 or DataType.UInt16 or DataType.UInt32 => new(WireKind.Int, value.Integer),
            DataType.Int64 or DataType.UInt64 or DataType.DateTime => new(WireKind.Long, value.Integer),
            DataType.Float => new(WireKind.Float, BitConverter.DoubleToInt64Bits(value.Number)),
            DataType.Double => new(WireKind.Double, BitConverter.DoubleToInt64Bits(value.Number)),
            DataType.Boolean => new(WireKind.Boolean, value.Truth ? 1 : 0),
            DataType.String or DataType.Text or DataType.Uuid => new(WireKind.String, 0, value.Text ?? ""),
            DataType.Bytes or DataType.File => new(WireKind.Bytes, 0, value.Object as byte[] ?? []),
            DataType.DataSet => new(WireKind.DataSet, 0, value.Object as DataSet ?? throw Wrong(value)),
            DataType.Template => new(WireKind.Template, 0, value.Object as Template ?? throw Wrong(value)),
            >= DataType.Int8Array and <= DataType.DateTimeArray => new(WireKind.Bytes, 0, ArrayBytes.Write(value.Type, value.Object)),
            _ => throw Wrong(value),
        };
    }

    private static bool TryReadInteger(DataType type, in WireValue wire, ref TagValue value, ref string fault)
    {
        if (wire.Kind is not (WireKind.Int or WireKind.Long))
        {
            fault = wire.Kind == WireKind.None
                ? $"has no value and does not say null; {type} was born."
                : $"came as {wire.Kind}; {type} was born.";
            return false;
        }

        // The neighbouring field is accepted when the number fits: writers differ on UInt32 and on small types.
        var bits = wire.Bits;
        if (Narrow(type, bits) is not { } fits)
        {
            fault = $"is {(ulong)bits}, which {type} cannot hold.";
            return false;
        }

        value = TagValue.OfInteger(type, fits);
        return true;
    }

    private static long? Narrow(DataType type, long bits) => type switch
    {
        DataType.Int8 => Signed(bits, 8),
        DataType.Int16 => Signed(bits, 16),
        DataType.Int32 => Signed(bits, 32),
        DataType.UInt8 => Unsigned(bits, 8),
        DataType.UInt16 => Unsigned(bits, 16),
        DataType.UInt32 => Unsigned(bits, 32),
        _ => bits,
    };

    // Three encodings of a negative number are met: its own width, sign-extended to 32 bits, and to 64 bits.
    private static long? Signed(long bits, int width)
    {
        var half = 1L << (width - 1);
        if (bits >= 0 && bits < half * 2)
        {
            return bits < half ? bits : bits - (half * 2);
        }

        var extended = bits is >= 0 and <= uint.MaxValue ? (int)(uint)bits : bits;
        return extended >= -half && extended < 0 ? extended : null;
    }

    private static long? Unsigned(long bits, int width) => bits >= 0 && bits < 1L << width ? bits : null;

    private static ArgumentException Wrong(TagValue value) =>
        new($"A value of type {value.Type} holds {value.Object?.GetType().Name ?? "nothing"}, which cannot be sent.", nameof(value));
}
