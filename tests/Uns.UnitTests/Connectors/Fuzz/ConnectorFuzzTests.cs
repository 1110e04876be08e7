using System.Text;
using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Connectors.Modbus.Wire;
using Uns.Connectors.S7;
using Uns.Connectors.S7.Wire;
using Uns.Connectors.Simulated;
using Uns.Connectors.TagFiles;
using Uns.Tags;

namespace Uns.UnitTests.Connectors.Fuzz;

/// <summary>A million spoilt inputs: each is read, or refused with words, and never thrown at. OPC UA has its own in <c>UaFuzzTests</c>.</summary>
public sealed class ConnectorFuzzTests
{
    private static readonly DataType[] Types = Enum.GetValues<DataType>();

    [Fact]
    public void Modbus_addresses_250_000()
    {
        var spoiler = new Spoiler(1);
        var good = Notations.Of("Modbus").Select(n => n.Written).ToList();
        var read = 0;
        for (var round = 0; round < 250_000; round++)
        {
            var text = spoiler.Text(good);
            var fault = ModbusAddressReader.Read(text, oneBased: round % 2 == 0, out var address);
            Assert.True(fault is null == address is not null, text);
            if (address is null)
            {
                Assert.StartsWith("is '", fault, StringComparison.Ordinal);
                continue;
            }

            read++;
            _ = address.RawType(Types[round % Types.Length]);
            // The canonical form is counted from one, and means the same.
            Assert.True(ModbusAddressReader.Read(address.ToString(), oneBased: true, out var again) is null && address == again, $"{text} -> {address} -> {again}");
        }

        Assert.InRange(read, 50_000, 240_000);
    }

    [Fact]
    public void S7_addresses_250_000()
    {
        var spoiler = new Spoiler(2);
        var good = Notations.Of("S7").Select(n => n.Written).ToList();
        var read = 0;
        for (var round = 0; round < 250_000; round++)
        {
            var text = spoiler.Text(good);
            var wanted = round % 3 == 0 ? Types[spoiler.Random.Next(Types.Length)] : DataType.Unknown;
            var fault = S7AddressReader.Read(text, wanted, out var address);
            Assert.True(fault is null == address is not null, text);
            if (address is null)
            {
                Assert.StartsWith("is '", fault, StringComparison.Ordinal);
                continue;
            }

            read++;
            Assert.True(S7AddressReader.Read(address.ToString(), DataType.Unknown, out var again) is null && address == again, $"{text} as {wanted} -> {address} -> {again}");
        }

        Assert.InRange(read, 30_000, 240_000);
    }

    [Fact]
    public void Signal_addresses_50_000()
    {
        var spoiler = new Spoiler(3);
        string[] good = ["sine(0, 100, 1m)", "walk(-20, 30, 10s, 7)", "counter(0, 1000, 5s)", "constant(1e3)", "memory(-0.25)", "square(0, 1, 00:00:10)"];
        for (var round = 0; round < 50_000; round++)
        {
            var text = spoiler.Text(good);
            var fault = SimulatedAddressReader.Read(text, out var address);
            Assert.True(fault is null == address is not null, text);
            Assert.True(address is null || (SimulatedAddressReader.Read(address.ToString(), out var again) is null && address == again), $"{text} -> {address}");
        }
    }

    [Theory]
    [InlineData("tcp")]
    [InlineData("rtu")]
    [InlineData("ascii")]
    public void Modbus_frames_70_000(string kind)
    {
        IModbusFraming framing = kind switch { "rtu" => new RtuFraming(), "ascii" => new AsciiFraming(), _ => new MbapFraming() };
        var spoiler = new Spoiler(4);
        var memory = new ModbusMemory([], ByteOrder.ABCD);
        var (frame, pdu) = (new byte[framing.MaximumBytes], new byte[ModbusFrame.MaximumPdu]);
        byte[][] requests =
        [
            ModbusPdu.Read(ModbusTable.HoldingRegister, 10, 5), ModbusPdu.Read(ModbusTable.Coil, 3, 20), ModbusPdu.WriteOneRegister(1, [1, 2]), ModbusPdu.WriteManyRegisters(1, new byte[8]),
            ModbusPdu.MaskOneBit(4, 3, value: true), ModbusPdu.WriteThenRead(1, 2, 1, new byte[4]), ModbusPdu.IdentifyFrom(0), ModbusPdu.WriteManyCoils(9, [true, false, true]),
        ];
        var whole = 0;
        for (var round = 0; round < 70_000; round++)
        {
            var request = requests[round % requests.Length];
            var answer = memory.Answer(spoiler.Random.Next(20) == 0 ? spoiler.Bytes(request) is { Length: > 0 } odd ? odd : request : request, null, _ => true);
            var bytes = spoiler.Bytes(frame[..framing.Write(frame, 7, 1, answer)]);
            var found = framing.Read(bytes, 1, request, pdu, out var taken, out var fault);
            Assert.True(found != FrameFound.Broken || fault is not null);
            Assert.InRange(taken.Length, 0, bytes.Length);
            if (found == FrameFound.Whole)
            {
                whole++;
                if (ModbusPdu.Check(request, pdu.AsSpan(0, taken.PduLength), out var exception) is null && exception == 0 && request[0] == ModbusPdu.Identify)
                {
                    _ = new ModbusIdentity().Take(pdu.AsSpan(2, taken.PduLength - 2));
                }
            }

            _ = ModbusFrameText.Of(bytes, isRequest: round % 2 == 0, kind switch { "rtu" => ModbusFramingKind.Rtu, "ascii" => ModbusFramingKind.Ascii, _ => ModbusFramingKind.Tcp });
        }

        Assert.InRange(whole, 10_000, 70_000);
    }

    [Fact]
    public void S7_messages_150_000()
    {
        var spoiler = new Spoiler(5);
        var memory = new S7Memory([new("DB1.DBD0:REAL", DataType.Unknown, null), new("DB1.DBW100", DataType.Unknown, null)]);
        var services = new SimulatedServices([(1, 102)], "secret");
        byte[][] jobs =
        [
            S7Pdu.Setup(480), S7Pdu.Read([new(S7Area.DataBlock, 1, 0, 20), new(S7Area.DataBlock, 9, 0, 2), new(S7Area.Merker, 0, 3, 1, 5)]),
            S7Pdu.Write([(new(S7Area.DataBlock, 1, 0, 3), new byte[3]), (new(S7Area.Timer, 0, 2, 2), new byte[2])]),
            S7Service.Ask(S7Service.Blocks, S7Blocks.CountAll, []), S7Service.Ask(S7Service.Blocks, S7Blocks.ListOne, S7Blocks.KindAsked((byte)'A')),
            S7Service.Ask(S7Service.Blocks, S7Blocks.Describe, S7Blocks.BlockAsked((byte)'A', 1)), S7Service.Ask(S7Service.Lists, S7Szl.ReadList, S7Szl.Asked(S7Szl.Component)),
            S7Service.Ask(S7Service.Clock, S7Clock.ReadFunction, []), S7Service.Ask(S7Service.Security, S7Password.Enter, S7Password.Encode("x")),
        ];
        var (whole, good) = (0, 0);
        for (var round = 0; round < 150_000; round++)
        {
            var job = jobs[round % jobs.Length];
            var answer = job[1] == S7Pdu.UserData ? services.Answer(job, new S7Session(), 240, DateTimeOffset.UnixEpoch) : memory.Answer(job, 480, null);
            var bytes = spoiler.Bytes(Cotp.Wrap(answer));
            _ = S7FrameText.Of(bytes, bytes.Length);
            if (!Cotp.TryRead(bytes, out var frame, out _))
            {
                continue;
            }

            whole++;
            var message = bytes.AsMemory(frame.Start, frame.Length - frame.Start);
            var wrong = job[1] == S7Pdu.UserData
                ? S7Service.Check(message.Span, job) : S7Pdu.CheckAck(message.Span, 0, job[S7Pdu.JobHeaderBytes], out _);
            if (wrong is not null)
            {
                continue;
            }

            good++;
            Take(job, message);
        }

        Assert.InRange(whole, 50_000, 150_000);
        Assert.InRange(good, 20_000, 150_000);
    }

    [Fact]
    public void Tag_files_and_block_sources_40_000()
    {
        var spoiler = new Spoiler(6);
        string[] good =
        [
            "Tag Name,Address,Data Type,Respect Data Type,Client Access,Scan Rate,Scaling,Raw Low,Raw High\n\"Oven.T\",400011,Word,1,RO,500,Linear,0,27648\nB,400021[3],\"Word Array\",1,R/W,100,,,\n",
            "# version=1\nPath,Name,Owner,TagType,DataType,Value,Enabled,AccessRights,OPCServer,OPCItemPath\nLine1/,Speed,,0,4,,True,1,Ignition OPC-UA Server,[Press]HRF100\n",
            "{\"name\":\"a\",\"tagType\":\"Folder\",\"tags\":[{\"name\":\"b\",\"tagType\":\"AtomicTag\",\"valueSource\":\"opc\",\"dataType\":\"Int4\",\"opcItemPath\":\"ns=1;s=[D]HR1\"}]}",
            "group;name;address;attribute;type;description;decimal;precision;bias\ng;n;1!400001#LL;Read|Write;FLOAT;x;1;2;0\n",
            "Name,Path,Data Type,Logical Address,Comment,Hmi Visible,Hmi Accessible,Hmi Writeable\nPump,Default,Bool,%I0.0,c,True,True,True\n",
            "[{\"EndpointUrl\":\"opc.tcp://h:4840\",\"OpcNodes\":[{\"Id\":\"ns=2;s=a;b\",\"OpcSamplingInterval\":500,\"DisplayName\":\"x\"}]}]",
            "DATA_BLOCK \"Pump\"\nSTRUCT\n a : Array[0..3] of Int; // x\n b : Struct\n  c : String[10];\n  d : Bool;\n END_STRUCT;\nEND_STRUCT;\nBEGIN\nEND_DATA_BLOCK\n",
            "path,name,device,address,data_type\na/b,c,d,HR1,Int16\n",
        ];
        for (var round = 0; round < 40_000; round++)
        {
            var reading = TagFileReader.Read(Encoding.UTF8.GetBytes(spoiler.Text(good)));
            Assert.True(reading.Fault is not null || reading.Rows is not null);
        }
    }

    [Fact]
    public void Values_of_random_bytes_100_000()
    {
        var spoiler = new Spoiler(7);
        var modbus = Notations.Of("Modbus").Select(n => ModbusAddressReader.Read(n.Written, oneBased: true, out var a) is null ? a : null).OfType<ModbusAddress>().Where(a => !a.Table.IsBits()).ToList();
        var s7 = Notations.Of("S7").Select(n => S7AddressReader.Read(n.Written, n.Type, out var a) is null ? a : null).OfType<S7Address>().ToList();
        for (var round = 0; round < 50_000; round++)
        {
            var register = modbus[round % modbus.Count];
            var type = register.RawType(DataType.Unknown);
            var registers = new byte[RegisterValue.Width(type, register) * 2];
            spoiler.Random.NextBytes(registers);
            _ = RegisterValue.Read(registers, register, type, (ByteOrder)(round % 6)).ToString();

            var address = s7[round % s7.Count];
            var bytes = new byte[address.Width];
            spoiler.Random.NextBytes(bytes);
            Assert.True(S7Value.Read(bytes, address, out var value) is not null || !value.IsNull, $"{address}: {Convert.ToHexString(bytes)}");
        }
    }

    private static void Take(byte[] job, ReadOnlyMemory<byte> message)
    {
        if (job[1] == S7Pdu.UserData)
        {
            var content = S7Service.Read(message).Content;
            _ = S7Szl.Facts(S7Szl.Component, S7Szl.Records(content.Span)).Count() + S7Blocks.KindsThere(content.Span).SelectMany(k => S7Blocks.Listed(k, content)).Count();
            _ = (S7Blocks.Description((byte)'A', content.Span), S7Clock.Read(content.Span));
            return;
        }

        _ = S7Pdu.AgreedPdu(message.Span);
        var data = message.Span[Math.Min(message.Length, S7Pdu.AckHeaderBytes + 2)..];
        for (var item = 0; item < 5 && S7Pdu.TryTakeItem(ref data, out _, out var bytes); item++)
        {
            Assert.InRange(bytes.Length, 0, message.Length);
        }
    }
}
