using Uns.Connectors.S7;
using Uns.Tags;

namespace Uns.UnitTests.S7;

public sealed class S7ValueTests
{
    [Theory]
    [InlineData("BYTE", "FF", "255")]
    [InlineData("SINT", "FF", "-1")]
    [InlineData("USINT", "80", "128")]
    [InlineData("INT", "FFFE", "-2")]
    [InlineData("WORD", "FFFE", "65534")]
    [InlineData("DINT", "FFFFFFFE", "-2")]
    [InlineData("UDINT", "FFFFFFFE", "4294967294")]
    [InlineData("LINT", "FFFFFFFFFFFFFFFE", "-2")]
    [InlineData("ULINT", "FFFFFFFFFFFFFFFE", "18446744073709551614")]
    [InlineData("REAL", "4640E6B6", "12345.678")]
    [InlineData("LREAL", "40934A456D5CFAAD", "1234.5678")]
    [InlineData("CHAR", "41", "A")]
    [InlineData("WCHAR", "20AC", "€")]
    [InlineData("TIME", "000005DC", "1500")]
    [InlineData("DATE", "335C", "2025-12-31T00:00:00.000Z")]
    [InlineData("DT", "2512312359589874", "2025-12-31T23:59:58.987Z")]
    [InlineData("DTL", "07E90C1F04173B3A3AD46CC0", "2025-12-31T23:59:58.987Z")]
    [InlineData("LTIME", "0000000059682F00", "1500000000")]
    [InlineData("LTOD", "0000000059682F00", "1500000000")]
    [InlineData("LDT", "16C5FC70A61F0000", "2022-01-01T00:00:00.000Z")]
    [InlineData("S5TIME", "0127", "1270")]
    [InlineData("S5TIME", "1100", "10000")]
    [InlineData("S5TIME", "3999", "9990000")]
    [InlineData("S5TIME", "0000", "0")]
    [InlineData("INT[3]", "FFFE00020003", "[-2, 2, 3]")]
    [InlineData("REAL[2]", "3FC0000040000000", "[1.5, 2]")]
    [InlineData("S5TIME[2]", "01270001", "[1270, 10]")]
    [InlineData("STRING(5)", "0503416263", "Abc")]
    [InlineData("WSTRING(3)", "0003000220AC0041", "€A")]
    public void Values_are_cut_and_put_back(string type, string hex, string value)
    {
        Assert.Null(S7AddressReader.Read($"DB1.0:{type}", DataType.Unknown, out var address));
        var bytes = new byte[address!.Width];
        Convert.FromHexString(hex).CopyTo(bytes, 0);

        Assert.Null(S7Value.Read(bytes, address, out var read));
        Assert.Equal(value, read.ToString());
        Assert.Null(S7Value.Write(read, address, out var written));
        Assert.Equal(hex, Convert.ToHexString(written));
    }

    [Theory]
    [InlineData("DT", "2A12312359589874")]
    [InlineData("DT", "2513312359589874")]
    [InlineData("DTL", "07E90D1F04173B3A3AD46CC0")]
    [InlineData("DTL", "000000000000000000000000")]
    [InlineData("S5TIME", "4127")]
    [InlineData("S5TIME", "012A")]
    [InlineData("S5TIME[2]", "0127012A")]
    [InlineData("STRING(5)", "05064142630000")]
    [InlineData("WSTRING(1)", "000100020000")]
    public void Bytes_that_make_no_value_say_why(string type, string hex)
    {
        Assert.Null(S7AddressReader.Read($"DB1.0:{type}", DataType.Unknown, out var address));

        Assert.NotNull(S7Value.Read(Convert.FromHexString(hex), address!, out var value));
        Assert.True(value.IsNull);
    }

    [Theory]
    [InlineData("STRING(2)", "abc")]
    [InlineData("STRING(2)", "€")]
    [InlineData("CHAR", "ab")]
    public void Texts_that_do_not_fit_are_refused(string type, string text)
    {
        Assert.Null(S7AddressReader.Read($"DB1.0:{type}", DataType.Unknown, out var address));

        Assert.NotNull(S7Value.Write(TagValue.Of(text), address!, out _));
    }

    [Fact]
    public void Random_bytes_never_throw()
    {
        var random = new Random(9);
        foreach (var type in Enum.GetValues<S7Type>())
        {
            var address = new S7Address(S7Area.DataBlock, 1, 0, 3, type, type is S7Type.String or S7Type.WString ? 10 : 0);
            var bytes = new byte[address.Width];
            for (var round = 0; round < 20_000; round++)
            {
                random.NextBytes(bytes);
                _ = S7Value.Read(bytes, address, out _);
            }
        }
    }

    [Theory]
    [InlineData(9991)]
    [InlineData(100_500)]
    [InlineData(10_000_000)]
    [InlineData(-10)]
    public void A_time_that_three_digits_do_not_hold_is_refused(long milliseconds)
    {
        Assert.Null(S7AddressReader.Read("DB1.0:S5TIME", DataType.Unknown, out var address));
        Assert.NotNull(S7Value.Write(TagValue.OfInteger(DataType.Int32, milliseconds), address!, out _));
    }

    [Theory]
    [InlineData("LDT", DataType.DateTime, 9_223_372_036_854, "7FFFFFFFFFF42980")] // the last millisecond
    [InlineData("LDT", DataType.DateTime, 9_223_372_036_855, null)]
    [InlineData("LDT", DataType.DateTime, 253_402_300_799_999, null)] // the year 9999
    [InlineData("LDT", DataType.DateTime, -1, null)]
    [InlineData("TOD", DataType.UInt32, 86_399_999, "05265BFF")]
    [InlineData("TOD", DataType.UInt32, 86_400_000, null)]
    [InlineData("TOD", DataType.UInt32, 4_294_967_295, null)]
    [InlineData("LTOD", DataType.UInt64, 86_399_999_999_999, "00004E94914EFFFF")]
    [InlineData("LTOD", DataType.UInt64, 86_400_000_000_000, null)]
    [InlineData("LTOD", DataType.UInt64, -1, null)]
    public void A_moment_beyond_what_its_type_holds_is_refused(string type, DataType tagType, long number, string? hex)
    {
        Assert.Null(S7AddressReader.Read($"DB1.0:{type}", DataType.Unknown, out var address));
        Assert.Equal(tagType, address!.TagType);

        var fault = S7Value.Write(TagValue.OfInteger(tagType, number), address, out var bytes);

        Assert.Equal(hex is null, fault is not null);
        Assert.Equal(hex, fault is null ? Convert.ToHexString(bytes) : null);
    }

    [Fact]
    public void Bits_of_an_array_lie_one_behind_the_other()
    {
        Assert.Null(S7AddressReader.Read("DB1.DBX0.6:BOOL[4]", DataType.Unknown, out var address));
        Assert.Equal(2, address!.Width);
        Assert.Null(S7Value.Read([0b0100_0000, 0b0000_0010], address, out var value));
        Assert.Equal("[True, False, False, True]", value.ToString());
        Assert.Null(S7Value.Write(value, address, out var bytes));
        Assert.Equal([0b0100_0000, 0b0000_0010], bytes);
    }
}
