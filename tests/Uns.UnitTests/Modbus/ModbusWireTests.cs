using Uns.Connectors.Modbus;
using Uns.Connectors.Modbus.Wire;

namespace Uns.UnitTests.Modbus;

public sealed class ModbusWireTests
{
    [Theory]
    // The examples of Modbus Application Protocol V1.1b3, chapter 6.
    [InlineData("0100130013")]
    [InlineData("030 06B0003")]
    [InlineData("0500ACFF00")]
    [InlineData("0600010003")]
    [InlineData("10000100020400 0A0102")]
    [InlineData("16000400F20025")]
    public void Requests_are_those_of_the_standard(string hex)
    {
        var wanted = hex.Replace(" ", "", StringComparison.Ordinal);
        var made = wanted[..2] switch
        {
            "01" => ModbusPdu.Read(ModbusTable.Coil, 0x13, 0x13),
            "03" => ModbusPdu.Read(ModbusTable.HoldingRegister, 0x6B, 3),
            "05" => ModbusPdu.WriteOneCoil(0xAC, true),
            "06" => ModbusPdu.WriteOneRegister(1, [0, 3]),
            "10" => ModbusPdu.WriteManyRegisters(1, [0, 0x0A, 1, 2]),
            _ => [0x16, 0, 4, 0, 0xF2, 0, 0x25],
        };
        Assert.Equal(wanted, Convert.ToHexString(made));
    }

    [Theory]
    [InlineData(3, true, "0016 0004 FFF7 0008")]
    [InlineData(0, false, "0016 0004 FFFE 0000")]
    public void One_bit_is_masked_without_touching_the_others(int bit, bool value, string hex)
    {
        Assert.Equal(hex.Replace(" ", "", StringComparison.Ordinal)[2..], Convert.ToHexString(ModbusPdu.MaskOneBit(4, bit, value)));
    }

    [Fact]
    public void Many_coils_are_packed_least_significant_bit_first() =>
        Assert.Equal("0F0013000A02CD01", Convert.ToHexString(ModbusPdu.WriteManyCoils(0x13, [true, false, true, true, false, false, true, true, true, false])));

    [Fact]
    public void A_frame_cut_anywhere_is_incomplete_and_whole_at_its_end()
    {
        var frame = Convert.FromHexString("00010000000701030400010002");
        for (var length = 0; length < frame.Length; length++)
        {
            Assert.Equal(FrameFound.Incomplete, ModbusFrame.Read(frame.AsSpan(0, length), out _, out _));
        }

        Assert.Equal(FrameFound.Whole, ModbusFrame.Read(frame, out var found, out _));
        Assert.Equal((1, 1, 6), (found.Transaction, found.Unit, found.PduLength));
        Assert.Equal(FrameFound.Whole, ModbusFrame.Read([.. frame, 0, 2], out found, out _));
        Assert.Equal(frame.Length, found.Length);
    }

    [Theory]
    [InlineData("00010001000701")] // protocol id
    [InlineData("000100000000")]   // length 0
    [InlineData("00010000000101")] // no function
    [InlineData("0001000000FF01")] // 255
    [InlineData("00010000FFFF01")] // 65535
    public void A_header_that_is_no_Modbus_is_broken(string hex)
    {
        Assert.Equal(FrameFound.Broken, ModbusFrame.Read(Convert.FromHexString(hex), out _, out var fault));
        Assert.NotNull(fault);
    }

    [Theory]
    [InlineData("0300000002", "03040001 0002", 0, true)]
    [InlineData("0300000002", "8302", 2, true)]
    [InlineData("0300000002", "03020001", 0, false)]       // too few
    [InlineData("0300000002", "0304000100020003", 0, false)] // too many
    [InlineData("0300000002", "04040001 0002", 0, false)]  // another function
    [InlineData("0300000002", "8402", 0, false)]
    [InlineData("0300000002", "83", 0, false)]
    [InlineData("0300000002", "8300", 0, false)]
    [InlineData("0300000002", "", 0, false)]
    [InlineData("010000000A", "0102FF03", 0, true)]
    [InlineData("0600010003", "0600010003", 0, true)]
    [InlineData("0600010003", "0600010004", 0, false)]     // another value confirmed
    [InlineData("1000010002040000 0000", "1000010002", 0, true)]
    [InlineData("1000010002040000 0000", "1000010001", 0, false)]
    public void An_answer_must_fit_its_request(string request, string answer, byte exception, bool fits)
    {
        var wrong = ModbusPdu.Check(Bytes(request), Bytes(answer), out var found);

        Assert.Equal(fits, wrong is null);
        Assert.Equal(exception, found);
    }

    [Fact]
    public void Hostile_bytes_never_throw()
    {
        var random = new Random(11);
        var bytes = new byte[300];
        for (var round = 0; round < 100_000; round++)
        {
            random.NextBytes(bytes);
            bytes[2] = bytes[3] = 0;
            bytes[4] = (byte)(round % 2);
            var length = random.Next(bytes.Length);
            if (ModbusFrame.Read(bytes.AsSpan(0, length), out var frame, out _) == FrameFound.Whole)
            {
                _ = ModbusPdu.Check([3, 0, 0, 0, 2], bytes.AsSpan(frame.PduStart, frame.PduLength), out _);
            }
        }
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
