namespace Uns.Tags;

/// <summary>Moves numbers between types without ever wrapping, cutting or guessing.</summary>
public static class TagNumber
{
    /// <summary>The lowest and highest number of an integer type of at most 32 bits, or of Int64.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The type is none of those.</exception>
    public static (long Low, long High) Range(DataType type) => type switch
    {
        DataType.Int8 => (sbyte.MinValue, sbyte.MaxValue),
        DataType.Int16 => (short.MinValue, short.MaxValue),
        DataType.Int32 => (int.MinValue, int.MaxValue),
        DataType.Int64 => (long.MinValue, long.MaxValue),
        DataType.UInt8 => (0, byte.MaxValue),
        DataType.UInt16 => (0, ushort.MaxValue),
        DataType.UInt32 => (0, uint.MaxValue),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not an integer type that fits 64 signed bits."),
    };

    /// <summary>Makes a value of a numeric type from a double. Integers are rounded to the nearest, halves to even.</summary>
    /// <returns>False when the number is not finite (integers only) or outside the type's range.</returns>
    public static bool TryMake(DataType type, double number, out TagValue value)
    {
        value = TagValue.Null(type);
        switch (type)
        {
            case DataType.Double:
                value = TagValue.Of(number);
                return true;
            case DataType.Float:
                value = TagValue.Of((float)number);
                return double.IsFinite(number) == float.IsFinite((float)number);
            case DataType.Boolean:
                value = TagValue.Of(number != 0);
                return !double.IsNaN(number);
            case DataType.UInt64:
                number = Math.Round(number);
                if (!(number >= 0 && number < 18446744073709551616.0))
                {
                    return false;
                }

                value = TagValue.OfInteger(type, (long)(ulong)number);
                return true;
            case DataType.Int64:
                number = Math.Round(number);
                if (!(number >= -9223372036854775808.0 && number < 9223372036854775808.0))
                {
                    return false;
                }

                value = TagValue.OfInteger(type, (long)number);
                return true;
            case >= DataType.Int8 and <= DataType.UInt32:
                number = Math.Round(number);
                var (low, high) = Range(type);
                if (!(number >= low && number <= high))
                {
                    return false;
                }

                value = TagValue.OfInteger(type, (long)number);
                return true;
            default:
                return false;
        }
    }
}
