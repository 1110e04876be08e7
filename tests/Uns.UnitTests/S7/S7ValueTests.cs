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
}
