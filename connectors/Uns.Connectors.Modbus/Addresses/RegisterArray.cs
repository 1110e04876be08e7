using Uns.Tags;

namespace Uns.Connectors.Modbus;

/// <summary>Arrays of registers or bits: their types, and how they are put together and taken apart.</summary>
internal static class RegisterArray
{
    /// <summary>True for the types of an array.</summary>
    public static bool IsArray(DataType type) => type is >= DataType.Int8Array and <= DataType.DateTimeArray;

    /// <summary>The type of an array's elements.</summary>
    public static DataType ElementOf(DataType array) => array switch
    {
        DataType.Int16Array => DataType.Int16,
        DataType.Int32Array => DataType.Int32,
        DataType.Int64Array => DataType.Int64,
        DataType.UInt16Array => DataType.UInt16,
        DataType.UInt32Array => DataType.UInt32,
        DataType.UInt64Array => DataType.UInt64,
        DataType.FloatArray => DataType.Float,
        DataType.DoubleArray => DataType.Double,
        DataType.BooleanArray => DataType.Boolean,
        _ => DataType.Unknown,
    };

    /// <summary>The type of an array of such elements; Unknown for what is not laid down in arrays here.</summary>
    public static DataType ArrayOf(DataType element) => element switch
    {
        DataType.Int16 => DataType.Int16Array,
        DataType.Int32 => DataType.Int32Array,
        DataType.Int64 => DataType.Int64Array,
        DataType.UInt16 => DataType.UInt16Array,
        DataType.UInt32 => DataType.UInt32Array,
        DataType.UInt64 => DataType.UInt64Array,
        DataType.Float => DataType.FloatArray,
        DataType.Double => DataType.DoubleArray,
        DataType.Boolean => DataType.BooleanArray,
        _ => DataType.Unknown,
    };

    /// <summary>One value of the elements, which are all of one type and none of them null.</summary>
    public static TagValue Join(DataType array, ReadOnlySpan<TagValue> elements)
    {
        object made = array switch
        {
            DataType.Int16Array => Make(elements, v => (short)v.Integer),
            DataType.Int32Array => Make(elements, v => (int)v.Integer),
            DataType.Int64Array => Make(elements, v => v.Integer),
            DataType.UInt16Array => Make(elements, v => (ushort)v.Integer),
            DataType.UInt32Array => Make(elements, v => (uint)v.Integer),
            DataType.UInt64Array => Make(elements, v => (ulong)v.Integer),
            DataType.FloatArray => Make(elements, v => (float)v.Number),
            DataType.DoubleArray => Make(elements, v => v.Number),
            _ => Make(elements, v => v.Truth),
        };
        return TagValue.OfObject(array, made);
    }

    /// <summary>The elements of an array value.</summary>
    public static TagValue[] Split(in TagValue value) => value.Object switch
    {
        short[] numbers => [.. numbers.Select(n => TagValue.OfInteger(DataType.Int16, n))],
        int[] numbers => [.. numbers.Select(n => TagValue.OfInteger(DataType.Int32, n))],
        long[] numbers => [.. numbers.Select(n => TagValue.OfInteger(DataType.Int64, n))],
        ushort[] numbers => [.. numbers.Select(n => TagValue.OfInteger(DataType.UInt16, n))],
        uint[] numbers => [.. numbers.Select(n => TagValue.OfInteger(DataType.UInt32, n))],
        ulong[] numbers => [.. numbers.Select(n => TagValue.OfInteger(DataType.UInt64, (long)n))],
        float[] numbers => [.. numbers.Select(TagValue.Of)],
        double[] numbers => [.. numbers.Select(TagValue.Of)],
        bool[] truths => [.. truths.Select(TagValue.Of)],
        _ => [],
    };

    private static T[] Make<T>(ReadOnlySpan<TagValue> elements, Func<TagValue, T> part)
    {
        var made = new T[elements.Length];
        for (var index = 0; index < made.Length; index++)
        {
            made[index] = part(elements[index]);
        }

        return made;
    }
}
