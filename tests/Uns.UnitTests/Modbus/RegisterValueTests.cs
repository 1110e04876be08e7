using Uns.Connectors.Modbus;
using Uns.Tags;

namespace Uns.UnitTests.Modbus;

public sealed class RegisterValueTests
{
    [Theory]
    // 12345.678 as IEEE 754 single is 46 40 E6 B6.
    [InlineData(DataType.Float, ByteOrder.ABCD, "4640E6B6", "12345.678")]
    [InlineData(DataType.Float, ByteOrder.CDAB, "E6B64640", "12345.678")]
    [InlineData(DataType.Float, ByteOrder.BADC, "4046B6E6", "12345.678")]
    [InlineData(DataType.Float, ByteOrder.DCBA, "B6E64046", "12345.678")]
    [InlineData(DataType.Int32, ByteOrder.ABCD, "FFFE1DC0", "-123456")]
    [InlineData(DataType.Int32, ByteOrder.CDAB, "1DC0FFFE", "-123456")]
    [InlineData(DataType.UInt32, ByteOrder.DCBA, "78563412", "305419896")]
    [InlineData(DataType.UInt32, ByteOrder.BADC, "34127856", "305419896")]
    // 0x0102030405060708: the six practical 64-bit orders.
    [InlineData(DataType.Int64, ByteOrder.ABCD, "0102030405060708", "72623859790382856")]
    [InlineData(DataType.Int64, ByteOrder.BADC, "0201040306050807", "72623859790382856")]
    [InlineData(DataType.Int64, ByteOrder.CDAB, "0708050603040102", "72623859790382856")]
    [InlineData(DataType.Int64, ByteOrder.DCBA, "0807060504030201", "72623859790382856")]
    [InlineData(DataType.Int64, ByteOrder.CDABGHEF, "0304010207080506", "72623859790382856")]
    [InlineData(DataType.Int64, ByteOrder.EFGHABCD, "0506070801020304", "72623859790382856")]
    [InlineData(DataType.UInt64, ByteOrder.ABCD, "FFFFFFFFFFFFFFFF", "18446744073709551615")]
    [InlineData(DataType.Double, ByteOrder.ABCD, "40934A456D5CFAAD", "1234.5678")]
    [InlineData(DataType.Double, ByteOrder.CDAB, "FAAD6D5C4A454093", "1234.5678")]
    // One register is big endian whatever the device's order.
    [InlineData(DataType.Int16, ByteOrder.DCBA, "FFFE", "-2")]
    [InlineData(DataType.UInt16, ByteOrder.CDAB, "1234", "4660")]
    public void Values_are_cut_and_put_back_in_every_order(DataType type, ByteOrder order, string hex, string value)
    {
        var address = new ModbusAddress { Table = ModbusTable.HoldingRegister };

        var read = RegisterValue.Read(Convert.FromHexString(hex), address, type, order);

        Assert.Equal(value, read.ToString());
        Assert.Equal(type, read.Type);
        Assert.Null(RegisterValue.Write(read, address, type, order, out var bytes));
        Assert.Equal(hex, Convert.ToHexString(bytes));
    }

    [Fact]
    public void The_address_overrides_the_device()
    {
        var address = new ModbusAddress { Table = ModbusTable.HoldingRegister, Order = ByteOrder.BADC };

        Assert.Equal("513", RegisterValue.Read([0x01, 0x02], address, DataType.UInt16, ByteOrder.ABCD).ToString());
    }

    [Theory]
    [InlineData(null, 3, "416263000000")]
    [InlineData(TextLayout.HighByteFirst, 3, "416263000000")]
    [InlineData(TextLayout.LowByteFirst, 3, "624100630000")]
    [InlineData(TextLayout.HighByteOnly, 6, "410062006300000000000000")]
    [InlineData(TextLayout.LowByteOnly, 6, "004100620063000000000000")]
    public void Texts_end_at_the_first_zero_and_keep_their_layout(TextLayout? layout, int registers, string hex)
    {
        var address = new ModbusAddress { Table = ModbusTable.HoldingRegister, Length = 6, Text = layout };

        Assert.Equal(registers, RegisterValue.Width(DataType.String, address));
        Assert.Null(RegisterValue.Write(TagValue.Of("Abc"), address, DataType.String, ByteOrder.ABCD, out var bytes));
        Assert.Equal(hex, Convert.ToHexString(bytes));
        Assert.Equal("Abc", RegisterValue.Read(bytes, address, DataType.String, ByteOrder.ABCD).Text);
        Assert.NotNull(RegisterValue.Write(TagValue.Of("too long"), address, DataType.String, ByteOrder.ABCD, out _));
        Assert.NotNull(RegisterValue.Write(TagValue.Of("€"), address, DataType.String, ByteOrder.ABCD, out _));
    }

    [Theory]
    [InlineData(DataType.UInt16, ByteOrder.ABCD, "1234", 1234)]
    [InlineData(DataType.UInt32, ByteOrder.ABCD, "12345678", 12345678)]
    [InlineData(DataType.UInt32, ByteOrder.CDAB, "56781234", 12345678)]
    [InlineData(DataType.UInt32, ByteOrder.ABCD, "00009999", 9999)]
    public void Digits_in_four_bits_each_are_read_and_written(DataType type, ByteOrder order, string hex, long number)
    {
        var address = new ModbusAddress { Table = ModbusTable.HoldingRegister, IsBcd = true };

        Assert.Equal(number, RegisterValue.Read(Convert.FromHexString(hex), address, type, order).Integer);
        Assert.Null(RegisterValue.Write(TagValue.OfInteger(type, number), address, type, order, out var bytes));
        Assert.Equal(hex, Convert.ToHexString(bytes));
    }

    [Theory]
    [InlineData("123A")]
    [InlineData("F000")]
    public void What_is_no_digit_is_no_number(string hex) =>
        Assert.True(RegisterValue.Read(Convert.FromHexString(hex), new ModbusAddress { IsBcd = true }, DataType.UInt16, ByteOrder.ABCD).IsNull);

    [Fact]
    public void A_number_of_too_many_digits_is_refused() =>
        Assert.Equal("is 10000: 4 BCD digits hold 0 to 9999.", RegisterValue.Write(TagValue.OfInteger(DataType.UInt16, 10000), new ModbusAddress { IsBcd = true }, DataType.UInt16, ByteOrder.ABCD, out _));

    [Theory]
    [InlineData(DataType.Int16Array, "FFFE00020003", "[-2, 2, 3]")]
    [InlineData(DataType.UInt32Array, "000100020000000300000004", "[65538, 3, 4]")]
    [InlineData(DataType.FloatArray, "3FC000004000000040400000", "[1.5, 2, 3]")]
    [InlineData(DataType.Int64Array, "FFFFFFFFFFFFFFFF00000000000000020000000000000003", "[-1, 2, 3]")]
    public void Arrays_are_cut_and_put_back(DataType type, string hex, string value)
    {
        var address = new ModbusAddress { Table = ModbusTable.HoldingRegister, Length = 3 };

        var read = RegisterValue.Read(Convert.FromHexString(hex), address, type, ByteOrder.ABCD);

        Assert.Equal(value, read.ToString());
        Assert.Null(RegisterValue.Write(read, address, type, ByteOrder.ABCD, out var bytes));
        Assert.Equal(hex, Convert.ToHexString(bytes));
        Assert.Equal("has 3 elements: give 4.", RegisterValue.Write(read, address with { Length = 4 }, type, ByteOrder.ABCD, out _));
    }

    [Fact]
    public void Random_bits_survive_every_type_and_order()
    {
        var random = new Random(7);
        DataType[] types = [DataType.Int16, DataType.UInt16, DataType.Int32, DataType.UInt32, DataType.Int64, DataType.UInt64, DataType.Double];
        var address = new ModbusAddress { Table = ModbusTable.HoldingRegister };
        for (var round = 0; round < 200_000; round++)
        {
            var type = types[round % types.Length];
            var order = (ByteOrder)(round % 6);
            var bytes = new byte[RegisterValue.Width(type, address) * 2];
            random.NextBytes(bytes);
            var value = RegisterValue.Read(bytes, address, type, order);
            Assert.Null(RegisterValue.Write(value, address, type, order, out var written));
            Assert.Equal(bytes, written);
        }
    }
}
