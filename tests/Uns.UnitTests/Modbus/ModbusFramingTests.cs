using System.Text;
using Uns.Connectors.Modbus.Wire;

namespace Uns.UnitTests.Modbus;

/// <summary>RTU and ASCII around a PDU.</summary>
public sealed class ModbusFramingTests
{
    private static readonly byte[] Request = ModbusPdu.Read(Uns.Connectors.Modbus.ModbusTable.HoldingRegister, 0, 2);

    [Fact]
    public void An_RTU_request_carries_the_CRC_of_the_standard()
    {
        var bytes = new byte[16];
        // Modbus over Serial Line V1.02, appendix: 02 07 has the CRC 41 12.
        var length = new RtuFraming().Write(bytes, 0, 2, [7]);
        Assert.Equal("02074112", Convert.ToHexString(bytes.AsSpan(0, length)));
    }

    [Fact]
    public void An_ASCII_request_carries_the_LRC()
    {
        var bytes = new byte[64];
        var length = new AsciiFraming().Write(bytes, 0, 0xF7, [3, 0x13, 0x89, 0, 0x0A]);
        Assert.Equal(":F7031389000A60\r\n", Encoding.ASCII.GetString(bytes, 0, length));
    }

    [Theory]
    [InlineData("rtu")]
    [InlineData("ascii")]
    public void A_frame_cut_anywhere_is_incomplete_and_whole_at_its_end(string kind)
    {
        var framing = Make(kind);
        var frame = Frame(framing, 1, [3, 4, 0, 1, 0, 2]);
        var pdu = new byte[ModbusFrame.MaximumPdu];
        for (var length = 0; length < frame.Length; length++)
        {
            Assert.Equal(FrameFound.Incomplete, framing.Read(frame.AsSpan(0, length), 1, Request, pdu, out _, out _));
        }

        Assert.Equal(FrameFound.Whole, framing.Read(frame, 1, Request, pdu, out var found, out _));
        Assert.Equal((6, frame.Length), (found.PduLength, found.Length));
        Assert.Equal("030400010002", Convert.ToHexString(pdu.AsSpan(0, 6)));
    }

    [Theory]
    [InlineData("rtu")]
    [InlineData("ascii")]
    public void What_stands_before_the_answer_is_stepped_over(string kind)
    {
        var framing = Make(kind);
        var answer = Frame(framing, 1, [3, 4, 0, 1, 0, 2]);
        byte[][] noises = [[0], [0xFF, 0, 0xFF], [1], Frame(framing, 2, [3, 4, 9, 9, 9, 9]), Frame(framing, 1, [4, 4, 9, 9, 9, 9]), answer[..3], "::"u8.ToArray()];
        foreach (var noise in noises.Append(noises[1]))
        {
            // A cut frame hides the one after it in RTU, where length is all there is: it is waited for in vain, never mistaken.
            var pdu = new byte[ModbusFrame.MaximumPdu];
            var state = framing.Read([.. noise, .. answer], 1, Request, pdu, out var found, out _);
            if (state == FrameFound.Whole)
            {
                Assert.Equal("030400010002", Convert.ToHexString(pdu.AsSpan(0, found.PduLength)));
                Assert.Equal(noise.Length + answer.Length, found.Length);
            }
            else
            {
                Assert.Equal("rtu", kind);
                Assert.Equal(answer[..3], noise);
            }
        }
    }

    [Theory]
    [InlineData("rtu")]
    [InlineData("ascii")]
    public void A_refusal_is_an_answer(string kind)
    {
        var framing = Make(kind);
        var pdu = new byte[ModbusFrame.MaximumPdu];
        Assert.Equal(FrameFound.Whole, framing.Read(Frame(framing, 1, [0x83, 2]), 1, Request, pdu, out var found, out _));
        Assert.Equal((2, 0x83, 2), (found.PduLength, pdu[0], pdu[1]));
    }

    [Theory]
    [InlineData("rtu")]
    [InlineData("ascii")]
    public void A_garbled_answer_is_never_taken(string kind)
    {
        var framing = Make(kind);
        var good = Frame(framing, 1, [3, 4, 0, 1, 0, 2]);
        var random = new Random(3);
        var pdu = new byte[ModbusFrame.MaximumPdu];
        for (var round = 0; round < 1_000_000; round++)
        {
            var bytes = (byte[])good.Clone();
            // An LRC finds any one flipped bit; a CRC any three.
            for (var flips = kind == "ascii" ? 1 : 1 + random.Next(3); flips > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            }

            if (framing.Read(bytes, 1, Request, pdu, out var found, out _) == FrameFound.Whole)
            {
                // The same bit twice, or another case of a hexadecimal digit, changes nothing.
                Assert.Equal("030400010002", Convert.ToHexString(pdu.AsSpan(0, found.PduLength)));
            }
        }
    }

    [Fact]
    public void Hostile_bytes_never_throw()
    {
        var random = new Random(11);
        var bytes = new byte[600];
        var pdu = new byte[ModbusFrame.MaximumPdu];
        IModbusFraming[] framings = [new RtuFraming(), new AsciiFraming(), new MbapFraming()];
        byte[][] requests = [Request, [6, 0, 1, 0, 1], ModbusPdu.IdentifyFrom(0), ModbusPdu.MaskOneBit(4, 1, true)];
        for (var round = 0; round < 300_000; round++)
        {
            random.NextBytes(bytes);
            var request = requests[round % 4];
            bytes[0] = round % 2 == 0 ? (byte)1 : (byte)':';
            bytes[1] = request[0];
            if (framings[round % 3].Read(bytes.AsSpan(0, random.Next(bytes.Length)), 1, request, pdu, out var found, out _) == FrameFound.Whole)
            {
                _ = ModbusPdu.Check(request, pdu.AsSpan(0, found.PduLength), out _);
            }
        }
    }

    [Fact]
    public void An_identification_has_the_length_of_its_objects()
    {
        byte[] answer = [0x2B, 0x0E, 1, 1, 0, 0, 2, 0, 3, (byte)'A', (byte)'B', (byte)'C', 1, 1, (byte)'1'];
        for (var length = 0; length < answer.Length; length++)
        {
            Assert.True(ModbusPdu.LengthOf(ModbusPdu.IdentifyFrom(0), answer.AsSpan(0, length)) is null or > 0);
        }

        Assert.Equal(answer.Length, ModbusPdu.LengthOf(ModbusPdu.IdentifyFrom(0), answer));
        Assert.Null(ModbusPdu.Check(ModbusPdu.IdentifyFrom(0), answer, out _));
    }

    private static IModbusFraming Make(string kind) => kind == "rtu" ? new RtuFraming() : new AsciiFraming();

    private static byte[] Frame(IModbusFraming framing, byte unit, byte[] pdu)
    {
        var bytes = new byte[framing.MaximumBytes];
        return bytes[..framing.Write(bytes, 0, unit, pdu)];
    }
}
