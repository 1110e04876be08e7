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
        Assert.Equal(hex, Convert.ToHexString(RegisterValue.Write(read, address, type, order)!));
    }

    [Fact]
    public void The_address_overrides_the_device()
    {
        var address = new ModbusAddress { Table = ModbusTable.HoldingRegister, Order = ByteOrder.BADC };

        Assert.Equal("513", RegisterValue.Read([0x01, 0x02], address, DataType.UInt16, ByteOrder.ABCD).ToString());
    }

    [Theory]
    [InlineData(false, "416263")]
    [InlineData(true, "62410063")]
    public void Texts_end_at_the_first_zero_and_keep_their_order(bool lowFirst, string start)
    {
        var address = new ModbusAddress { Table = ModbusTable.HoldingRegister, TextLength = 6, TextLowByteFirst = lowFirst };
        var bytes = RegisterValue.Write(TagValue.Of("Abc"), address, DataType.String, ByteOrder.ABCD)!;

        Assert.StartsWith(start, Convert.ToHexString(bytes), StringComparison.Ordinal);
        Assert.Equal("Abc", RegisterValue.Read(bytes, address, DataType.String, ByteOrder.ABCD).Text);
        Assert.Null(RegisterValue.Write(TagValue.Of("too long"), address, DataType.String, ByteOrder.ABCD));
        Assert.Null(RegisterValue.Write(TagValue.Of("€"), address, DataType.String, ByteOrder.ABCD));
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
            var bytes = new byte[RegisterValue.Width(type, 0) * 2];
            random.NextBytes(bytes);
            var value = RegisterValue.Read(bytes, address, type, order);
            Assert.Equal(bytes, RegisterValue.Write(value, address, type, order));
        }
    }
}
