using Uns.Sparkplug.Payloads;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.UnitTests.Sparkplug.Payloads;

public sealed class ArrayAndNumberTests
{
    // Sparkplug 3.0, chapter 6: the examples of the array types.
    public static TheoryData<DataType, Array, string> Arrays => new()
    {
        { DataType.Int8Array, new sbyte[] { -23, 123 }, "E97B" },
        { DataType.Int16Array, new short[] { -30000, 30000 }, "D08A3075" },
        { DataType.Int32Array, new[] { -1, 315338746 }, "FFFFFFFFFAAFCB12" },
        { DataType.Int32Array, new[] { 123456789, 987654321 }, "15CD5B07B168DE3A" },
        { DataType.Int64Array, new[] { -4270929666821191986, -3601064768563266876 }, "CE0672AC189CBAC4C4BA9C18AC7206CE" },
        { DataType.UInt8Array, new byte[] { 23, 250 }, "17FA" },
        { DataType.UInt16Array, new ushort[] { 30, 52360 }, "1E0088CC" },
        { DataType.UInt32Array, new uint[] { 52, 3293969225 }, "3400000049FB55C4" },
        { DataType.UInt64Array, new ulong[] { 52, 16444743074749521625 }, "3400000000000000D99E02D1B27637E4" },
        { DataType.FloatArray, new[] { 1.23f, 89.341f }, "A4709D3F98AEB242" },
        { DataType.DoubleArray, new[] { 12.354213, 1022.9123213 }, "D7A205685BB528408E171C6F4CF78F40" },
        { DataType.BooleanArray, new[] { false, false, true, true, false, true, false, false, true, true, false, true }, "0C00000034D0" },
        { DataType.StringArray, new[] { "ABC", "hello" }, "41424300" + "68656C6C6F00" },
        {
            DataType.DateTimeArray,
            new[] { DateTimeOffset.FromUnixTimeMilliseconds(1256102875335), DateTimeOffset.FromUnixTimeMilliseconds(1656107875000) },
            "C7D0907524010000B8BAB89781010000"
        },
        { DataType.Int16Array, Array.Empty<short>(), "" },
        { DataType.BooleanArray, Array.Empty<bool>(), "00000000" },
        { DataType.StringArray, Array.Empty<string>(), "" },
    };

    [Theory, MemberData(nameof(Arrays)), Spec("tck-id-payloads-metric-datatype-value-type")]
    public void An_array_is_packed_as_the_standard_shows(DataType type, Array array, string hex)
    {
        var value = TagValue.OfObject(type, array);
        var wire = WireConversion.ToWire(value);
        Assert.Equal(hex, Convert.ToHexString((byte[])wire.Object!));
        Assert.True(WireConversion.TryRead(type, wire, out var read, out _));
        Assert.Equal(value, read);
    }

    [Theory]
    [InlineData(DataType.Int16Array, "D08A30")]
    [InlineData(DataType.DoubleArray, "00")]
    [InlineData(DataType.BooleanArray, "0C0000")]
    [InlineData(DataType.BooleanArray, "1100000034D0")]
    [InlineData(DataType.BooleanArray, "FFFFFFFF00")]
    public void Bytes_that_do_not_fit_the_layout_are_a_fault(DataType type, string hex)
    {
        Assert.False(WireConversion.TryRead(type, new(WireKind.Bytes, 0, Convert.FromHexString(hex)), out var value, out var fault));
        Assert.True(value.IsNull);
        Assert.NotEmpty(fault);
    }

    [Fact]
    public void A_last_text_without_its_end_is_kept_and_a_text_with_an_end_inside_is_refused()
    {
        Assert.True(WireConversion.TryRead(DataType.StringArray, new(WireKind.Bytes, 0, "AB\0C"u8.ToArray()), out var value, out _));
        Assert.Equal<string[]>(["AB", "C"], (string[])value.Object!);
        Assert.Throws<ArgumentException>(() => WireConversion.ToWire(TagValue.OfObject(DataType.StringArray, new[] { "a\0b" })));
    }

    [Theory]
    [InlineData(DataType.Int8, WireKind.Int, 0xFFFFFFFF, -1)]
    [InlineData(DataType.Int8, WireKind.Int, 0xFF, -1)] // written by Tahu's Python
    [InlineData(DataType.Int16, WireKind.Int, 0xFFFF, -1)]
    [InlineData(DataType.Int16, WireKind.Int, 0xFFFF8000, short.MinValue)]
    [InlineData(DataType.Int32, WireKind.Int, 4294967284, -12)]
    [InlineData(DataType.Int32, WireKind.Long, -12, -12)]
    [InlineData(DataType.Int64, WireKind.Long, -1, -1)]
    [InlineData(DataType.Int64, WireKind.Int, 7, 7)]
    [InlineData(DataType.UInt32, WireKind.Int, 0xFFFFFFFF, 0xFFFFFFFF)]
    [InlineData(DataType.UInt32, WireKind.Long, 0xFFFFFFFF, 0xFFFFFFFF)] // written by Tahu's Java
    [InlineData(DataType.UInt8, WireKind.Long, 255, 255)]
    [InlineData(DataType.UInt64, WireKind.Long, -1, -1)] // the bit pattern of 18446744073709551615
    public void Integers_are_read_in_every_encoding_met(DataType type, WireKind kind, long bits, long expected)
    {
        Assert.True(WireConversion.TryRead(type, new(kind, bits), out var value, out _));
        Assert.Equal(TagValue.OfInteger(type, expected), value);
    }

    [Theory]
    [InlineData(DataType.Int8, WireKind.Int, 300)]
    [InlineData(DataType.Int8, WireKind.Int, 0xFFFFFF00)]
    [InlineData(DataType.Int16, WireKind.Long, 70000)]
    [InlineData(DataType.UInt8, WireKind.Int, 256)]
    [InlineData(DataType.UInt32, WireKind.Long, 4294967296)]
    [InlineData(DataType.UInt32, WireKind.Long, -1)]
    [InlineData(DataType.Int32, WireKind.Double, 1)]
    [InlineData(DataType.Double, WireKind.Int, 1)]
    [InlineData(DataType.Boolean, WireKind.Int, 1)]
    [InlineData(DataType.String, WireKind.Int, 1)]
    [InlineData(DataType.Int32, WireKind.None, 0)]
    [InlineData((DataType)99, WireKind.Int, 0)]
    [InlineData(DataType.Unknown, WireKind.Int, 0)]
    [InlineData(DataType.DataSet, WireKind.DataSet, 0)]
    public void What_does_not_fit_the_birth_is_a_fault_and_never_wraps(DataType type, WireKind kind, long bits)
    {
        Assert.False(WireConversion.TryRead(type, new(kind, bits), out var value, out var fault));
        Assert.True(value.IsNull);
        Assert.NotEmpty(fault);
    }
}
