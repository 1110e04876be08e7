using System.Globalization;
using Uns.Connectors.OpcUa.Structures;
using Uns.Connectors.OpcUa.Wire;
using Uns.Tags;

namespace Uns.Connectors.OpcUa;

/// <summary>Turns OPC UA values into tag values and back. What does not fit is said, never cut.</summary>
internal static class UaConversion
{
    /// <summary>True for the types that a tag of this connector may have.</summary>
    public static bool IsSupported(DataType type) =>
        type is >= DataType.Int8 and <= DataType.Uuid or DataType.Bytes or >= DataType.Int8Array and <= DataType.DateTimeArray;

    /// <summary>The tag type that carries a built-in type; null where none does.</summary>
    public static DataType? TypeOf(UaType type, bool isArray)
    {
        DataType? scalar = type switch
        {
            UaType.Boolean => DataType.Boolean,
            UaType.SByte => DataType.Int8,
            UaType.Byte => DataType.UInt8,
            UaType.Int16 => DataType.Int16,
            UaType.UInt16 => DataType.UInt16,
            UaType.Int32 => DataType.Int32,
            UaType.UInt32 or UaType.StatusCode => DataType.UInt32,
            UaType.Int64 => DataType.Int64,
            UaType.UInt64 => DataType.UInt64,
            UaType.Float => DataType.Float,
            UaType.Double => DataType.Double,
            UaType.String or UaType.LocalizedText or UaType.XmlElement or UaType.QualifiedName or UaType.NodeId or UaType.ExpandedNodeId => DataType.String,
            UaType.Guid => DataType.Uuid,
            UaType.DateTime => DataType.DateTime,
            UaType.ByteString => DataType.Bytes,
            _ => null,
        };
        return !isArray ? scalar : scalar switch
        {
            DataType.Boolean => DataType.BooleanArray,
            DataType.String => DataType.StringArray,
            DataType.DateTime => DataType.DateTimeArray,
            >= DataType.Int8 and <= DataType.Double => scalar + (DataType.Int8Array - DataType.Int8),
            _ => null,
        };
    }

    /// <summary>The tag type that carries what a server describes: structures as JSON text, enumerations as their numbers; null where none does.</summary>
    public static DataType? TypeOf(UaShape? shape, bool isArray) => shape switch
    {
        BuiltInShape builtIn => TypeOf(builtIn.Type, isArray),
        EnumerationShape when !isArray => DataType.Int32,
        StructureShape => DataType.String,
        _ => null,
    };

    /// <summary>The value as the tag's own type.</summary>
    /// <returns>False, with why, when the server's value does not fit it without loss.</returns>
    public static bool TryConvert(UaVariant variant, DataType wanted, out TagValue value, out string fault)
    {
        fault = "";
        value = TagValue.Null(wanted);
        if (variant.Value is null)
        {
            return true;
        }

        value = variant.Value is object?[] elements ? Elements([.. elements.Select(Plain)], wanted) : Scalar(Plain(variant.Value)!, wanted);
        if (value.IsNull)
        {
            fault = $"the server's value is {(variant.Value is Array ? "an array of " : "")}{variant.Type}, which does not fit the tag's type {wanted}";
        }

        return !value.IsNull;
    }

    /// <summary>The tag's value as the type that the server's node has.</summary>
    /// <param name="value">The value.</param>
    /// <param name="type">The node's type.</param>
    /// <param name="isArray">True when the node holds an array.</param>
    /// <param name="item">The tag; only a scaled one is rounded to whole numbers.</param>
    /// <exception cref="WriteRefusedException">It does not fit.</exception>
    public static UaVariant ToVariant(TagValue value, UaType type, bool isArray, OpcUaItem item)
    {
        try
        {
            if (value.Object is Array elements and not byte[] || isArray)
            {
                return new UaVariant(type, (value.Object as Array ?? throw new InvalidCastException()).Cast<object>().Select(e => Element(e, type, item.IsScaled)).ToArray());
            }

            object plain = value.Type switch
            {
                DataType.Boolean => value.Truth,
                DataType.UInt64 => (ulong)value.Integer,
                DataType.Float or DataType.Double => value.Number,
                DataType.DateTime => value.Time,
                >= DataType.Int8 and <= DataType.UInt32 => value.Integer,
                _ => value.Object!,
            };
            return new UaVariant(type, Element(plain, type, item.IsScaled));
        }
        catch (Exception misfit) when (misfit is OverflowException or InvalidCastException or FormatException or NullReferenceException)
        {
            throw new WriteRefusedException($"'{item.Tag}' was not written: {value} does not fit the node's type {type}{(isArray ? " array" : "")}.");
        }
    }

    private static object Element(object value, UaType type, bool isScaled) => type switch
    {
        UaType.Boolean => (bool)value,
        >= UaType.SByte and <= UaType.UInt64 when !isScaled && !IsWhole(value) => throw new InvalidCastException(),
        UaType.SByte => Convert.ToSByte(value, CultureInfo.InvariantCulture),
        UaType.Byte => Convert.ToByte(value, CultureInfo.InvariantCulture),
        UaType.Int16 => Convert.ToInt16(value, CultureInfo.InvariantCulture),
        UaType.UInt16 => Convert.ToUInt16(value, CultureInfo.InvariantCulture),
        UaType.Int32 => Convert.ToInt32(value, CultureInfo.InvariantCulture),
        UaType.UInt32 => Convert.ToUInt32(value, CultureInfo.InvariantCulture),
        UaType.Int64 => Convert.ToInt64(value, CultureInfo.InvariantCulture),
        UaType.UInt64 => Convert.ToUInt64(value, CultureInfo.InvariantCulture),
        UaType.Float => Single(Convert.ToDouble(value, CultureInfo.InvariantCulture)),
        UaType.Double when Convert.ToDouble(value, CultureInfo.InvariantCulture) is var number => double.IsFinite(number) ? number : throw new OverflowException(),
        UaType.Guid => Guid.Parse((string)value),
        UaType.DateTime => (DateTimeOffset)value,
        UaType.ByteString => (byte[])value,
        UaType.String or UaType.LocalizedText or UaType.XmlElement => (string)value,
        _ => throw new InvalidCastException(),
    };

    private static bool IsWhole(object value) => value is not (float or double) || double.IsInteger(Convert.ToDouble(value, CultureInfo.InvariantCulture));

    // Its last digits may go, but not all of it: neither to infinity nor to nothing.
    private static float Single(double number) =>
        float.IsFinite((float)number) && ((float)number != 0 || number == 0) ? (float)number : throw new OverflowException();

    // Of a name that belongs to a namespace, a tag carries the name.
    private static object? Plain(object? value) => value is UaName name ? name.Name ?? "" : value;

    // Null when it does not fit.
    private static TagValue Scalar(object value, DataType wanted)
    {
        switch (wanted)
        {
            case DataType.Boolean:
                return value is bool truth ? TagValue.Of(truth) : TagValue.Null(wanted);
            case DataType.String or DataType.Text or DataType.Uuid:
                return value is string or Guid or NodeId ? TagValue.Of(value.ToString()!, wanted) : TagValue.Null(wanted);
            case DataType.DateTime:
                return value is DateTimeOffset time ? TagValue.Of(time) : TagValue.Null(wanted);
            case DataType.Bytes:
                return value is byte[] bytes ? TagValue.Of(bytes) : TagValue.Null(wanted);
            case DataType.Double when value is not (bool or string):
                return TryNumber(value, out var number) ? TagValue.Of(number) : TagValue.Null(wanted);
            case DataType.Float when value is not (bool or string):
                return TryNumber(value, out var single) && (!double.IsFinite(single) || float.IsFinite((float)single)) ? TagValue.Of((float)single) : TagValue.Null(wanted);
            default:
                return Integer(value, wanted);
        }
    }

    private static TagValue Integer(object value, DataType wanted)
    {
        if (value is ulong unsigned)
        {
            return wanted == DataType.UInt64 || (unsigned <= long.MaxValue && Fits(wanted, (long)unsigned)) ? TagValue.OfInteger(wanted, (long)unsigned) : TagValue.Null(wanted);
        }

        if (value is not (sbyte or byte or short or ushort or int or uint or long))
        {
            return TagValue.Null(wanted);
        }

        var whole = Convert.ToInt64(value, CultureInfo.InvariantCulture);
        return Fits(wanted, whole) ? TagValue.OfInteger(wanted, whole) : TagValue.Null(wanted);
    }

    private static bool Fits(DataType wanted, long whole)
    {
        if (wanted == DataType.UInt64)
        {
            return whole >= 0;
        }

        if (wanted is < DataType.Int8 or > DataType.UInt32)
        {
            return false;
        }

        var (low, high) = TagNumber.Range(wanted);
        return whole >= low && whole <= high;
    }

    private static bool TryNumber(object value, out double number)
    {
        var isNumber = value is sbyte or byte or short or ushort or int or uint or long or ulong or float or double;
        number = isNumber ? Convert.ToDouble(value, CultureInfo.InvariantCulture) : 0;
        return isNumber;
    }

    private static TagValue Elements(object?[] elements, DataType wanted)
    {
        Array? array = wanted switch
        {
            DataType.Int8Array => Every<sbyte>(elements),
            DataType.Int16Array => Every<short>(elements),
            DataType.Int32Array => Every<int>(elements),
            DataType.Int64Array => Every<long>(elements),
            DataType.UInt8Array => Every<byte>(elements),
            DataType.UInt16Array => Every<ushort>(elements),
            DataType.UInt32Array => Every<uint>(elements),
            DataType.UInt64Array => Every<ulong>(elements),
            DataType.FloatArray => Every<float>(elements),
            DataType.DoubleArray => Every<double>(elements),
            DataType.BooleanArray => Every<bool>(elements),
            DataType.StringArray => Every<string>(elements),
            DataType.DateTimeArray => Every<DateTimeOffset>(elements),
            _ => null,
        };
        return array is null ? TagValue.Null(wanted) : TagValue.OfObject(wanted, array);
    }

    private static T[]? Every<T>(object?[] elements) => elements.All(e => e is T) ? [.. elements.Cast<T>()] : null;
}
