namespace Uns.Tags;

/// <summary>Arrays of values: their types, and how they are put together and taken apart.</summary>
public static class TagArray
{
    private static readonly (DataType Element, DataType Array)[] Pairs =
    [
        (DataType.Int8, DataType.Int8Array), (DataType.Int16, DataType.Int16Array), (DataType.Int32, DataType.Int32Array), (DataType.Int64, DataType.Int64Array),
        (DataType.UInt8, DataType.UInt8Array), (DataType.UInt16, DataType.UInt16Array), (DataType.UInt32, DataType.UInt32Array), (DataType.UInt64, DataType.UInt64Array),
        (DataType.Float, DataType.FloatArray), (DataType.Double, DataType.DoubleArray), (DataType.Boolean, DataType.BooleanArray),
        (DataType.String, DataType.StringArray), (DataType.DateTime, DataType.DateTimeArray),
    ];

    /// <summary>True for the types of an array.</summary>
    public static bool IsArray(DataType type) => type is >= DataType.Int8Array and <= DataType.DateTimeArray;

    /// <summary>The type of an array's elements; Unknown for what is no array.</summary>
    public static DataType ElementOf(DataType array) => Pairs.FirstOrDefault(p => p.Array == array).Element;

    /// <summary>The type of an array of such elements; Unknown for what does not come in arrays.</summary>
    public static DataType ArrayOf(DataType element) => element == DataType.Unknown ? DataType.Unknown : Pairs.FirstOrDefault(p => p.Element == element).Array;

    /// <summary>One value of many elements.</summary>
    /// <param name="array">The type of the whole.</param>
    /// <param name="elements">All of the array's element type, none of them null.</param>
    public static TagValue Join(DataType array, IReadOnlyList<TagValue> elements)
    {
        object made = array switch
        {
            DataType.Int8Array => elements.Select(v => (sbyte)v.Integer).ToArray(),
            DataType.Int16Array => elements.Select(v => (short)v.Integer).ToArray(),
            DataType.Int32Array => elements.Select(v => (int)v.Integer).ToArray(),
            DataType.Int64Array => elements.Select(v => v.Integer).ToArray(),
            DataType.UInt8Array => elements.Select(v => (byte)v.Integer).ToArray(),
            DataType.UInt16Array => elements.Select(v => (ushort)v.Integer).ToArray(),
            DataType.UInt32Array => elements.Select(v => (uint)v.Integer).ToArray(),
            DataType.UInt64Array => elements.Select(v => (ulong)v.Integer).ToArray(),
            DataType.FloatArray => elements.Select(v => (float)v.Number).ToArray(),
            DataType.DoubleArray => elements.Select(v => v.Number).ToArray(),
            DataType.StringArray => elements.Select(v => v.Text ?? "").ToArray(),
            DataType.DateTimeArray => elements.Select(v => v.Time).ToArray(),
            _ => elements.Select(v => v.Truth).ToArray(),
        };
        return TagValue.OfObject(array, made);
    }

    /// <summary>Every number in a value: the number itself, or the elements of an array of numbers; none for null and for what is no number.</summary>
    public static IEnumerable<TagValue> Numbers(TagValue value) =>
        value.IsNull ? [] : value.IsNumber ? [value] : Split(value).Where(element => element.IsNumber);

    /// <summary>True when every number in a value is finite; also for what is no number.</summary>
    public static bool IsFinite(in TagValue value) => value.Object switch
    {
        float[] numbers => Array.TrueForAll(numbers, float.IsFinite),
        double[] numbers => Array.TrueForAll(numbers, double.IsFinite),
        _ => value.IsNull || value.Type is not (DataType.Float or DataType.Double) || double.IsFinite(value.Number),
    };

    /// <summary>The elements of an array value; none for what is no array.</summary>
    public static IReadOnlyList<TagValue> Split(in TagValue value)
    {
        var element = ElementOf(value.Type);
        return value.Object switch
        {
            sbyte[] numbers => [.. numbers.Select(n => TagValue.OfInteger(element, n))],
            short[] numbers => [.. numbers.Select(n => TagValue.OfInteger(element, n))],
            int[] numbers => [.. numbers.Select(n => TagValue.OfInteger(element, n))],
            long[] numbers => [.. numbers.Select(n => TagValue.OfInteger(element, n))],
            byte[] numbers when element != DataType.Unknown => [.. numbers.Select(n => TagValue.OfInteger(element, n))],
            ushort[] numbers => [.. numbers.Select(n => TagValue.OfInteger(element, n))],
            uint[] numbers => [.. numbers.Select(n => TagValue.OfInteger(element, n))],
            ulong[] numbers => [.. numbers.Select(n => TagValue.OfInteger(element, (long)n))],
            float[] numbers => [.. numbers.Select(TagValue.Of)],
            double[] numbers => [.. numbers.Select(TagValue.Of)],
            bool[] truths => [.. truths.Select(TagValue.Of)],
            string[] texts => [.. texts.Select(t => TagValue.Of(t))],
            DateTimeOffset[] times => [.. times.Select(TagValue.Of)],
            _ => [],
        };
    }
}
