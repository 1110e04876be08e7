using System.Buffers.Binary;
using System.Text.Json.Nodes;
using Uns.Connectors;
using Uns.Connectors.S7;
using Uns.Connectors.S7.Wire;
using Uns.Tags;
using Uns.TestKit;
using Uns.TestKit.Devices;

namespace Uns.UnitTests.S7;

/// <summary>What a CPU tells beside its values: blocks, clock; and its password.</summary>
public sealed class S7ServiceTests : IAsyncDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 4, 12, 0, 0, 250, TimeSpan.Zero);
    private readonly List<IAsyncDisposable> _open = [];
    private readonly CancellationTokenSource _stop = new(TimeSpan.FromMinutes(5));

    [Theory]
    [InlineData("blocks", "320700000000000800040001120411430100" + "0A000000")]
    [InlineData("data blocks", "320700000000000800060001120411430200" + "FF0900023041")]
    [InlineData("more", "320700000000000C000400011208124302052300" + "0000" + "0A000000")]
    [InlineData("DB 1234", "3207000000000008000C0001120411430300" + "FF09000830413031323334" + "41")]
    [InlineData("clock", "320700000000000800040001120411470100" + "0A000000")]
    [InlineData("list", "320700000000000800080001120411440100" + "FF09000400110000")]
    [InlineData("password", "3207000000000008000C0001120411450100" + "FF090008" + "0110071172640711")]
    public void Requests_are_those_of_the_protocol(string what, string hex)
    {
        var request = what switch
        {
            "blocks" => S7Service.Ask(S7Service.Blocks, S7Blocks.CountAll, []),
            "data blocks" => S7Service.Ask(S7Service.Blocks, S7Blocks.ListOne, S7Blocks.KindAsked(S7Blocks.LetterOf("db")!.Value)),
            "more" => S7Service.AskNext(S7Service.Blocks, S7Blocks.ListOne, new(5, 0x23, IsLast: false, 0, 0xFF, default)),
            "DB 1234" => S7Service.Ask(S7Service.Blocks, S7Blocks.Describe, S7Blocks.BlockAsked((byte)'A', 1234)),
            "clock" => S7Service.Ask(S7Service.Clock, S7Clock.ReadFunction, []),
            "list" => S7Service.Ask(S7Service.Lists, S7Szl.ReadList, S7Szl.Asked(S7Szl.Module)),
            _ => S7Service.Ask(S7Service.Security, S7Password.Enter, S7Password.Encode("TEST")),
        };

        Assert.Equal(hex, Convert.ToHexString(request));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("12345678")]
    [InlineData("päß wort")]
    public void A_password_survives_its_coding(string password) =>
        Assert.Equal(password, S7Password.Decode(S7Password.Encode(password)));

    [Theory]
    [InlineData(240)]
    [InlineData(960)]
    public async Task All_blocks_are_listed_however_many_messages_that_takes(int pduBytes)
    {
        var simulator = await SimulateAsync();
        simulator.PduBytes = pduBytes;
        for (var number = 1; number <= 500; number++)
        {
            simulator.SetBlock(number * 3, new byte[number]);
        }

        var (kind, connector) = (new S7Kind(), await ConnectAsync(simulator, "{}"));
        var blocks = await kind.ListBlocksAsync(connector, _stop.Token);

        Assert.Equal(new DeviceBlock("OB", 1, "STL"), blocks[0]);
        Assert.Equal(Enumerable.Range(1, 500).Select(n => new DeviceBlock("DB", n * 3, "DB")), blocks.Skip(1));
    }

    [Fact]
    public async Task A_block_is_described_and_one_that_is_not_there_is_none()
    {
        var simulator = await SimulateAsync();
        simulator.SetBlock(65535, new byte[321]);
        var (kind, connector) = (new S7Kind(), await ConnectAsync(simulator, "{}"));

        var facts = await kind.DescribeBlockAsync(connector, "db", 65535, _stop.Token);

        Assert.Equal(
            new DeviceBlockFacts(new("DB", 65535, "DB"), 321, 413, "1.2", "Uns", "Demo", "Data", new(2026, 1, 2, 3, 4, 5), new(2026, 1, 2), 0x1234),
            facts);
        Assert.Null(await kind.DescribeBlockAsync(connector, "DB", 1, _stop.Token));
        Assert.Null(await kind.DescribeBlockAsync(connector, "XY", 1, _stop.Token));
        Assert.Equal("Main", (await kind.DescribeBlockAsync(connector, "OB", 1, _stop.Token))?.Name);
    }

    [Fact]
    public async Task A_clock_is_read_to_the_millisecond()
    {
        var simulator = await SimulateAsync();
        var shown = await new S7Kind().ReadClockAsync(await ConnectAsync(simulator, "{}"), _stop.Token);

        Assert.Equal(Noon.UtcDateTime, shown);
        Assert.Equal(DateTimeKind.Unspecified, shown?.Kind);
    }

    [Theory]
    [InlineData("secret", "secret", null)]
    [InlineData("", "secret", null)] // It has none: nothing is wrong.
    [InlineData("secret", "wrong", "the password is wrong")]
    public async Task A_password_opens_a_protected_CPU_and_is_not_kept_among_the_frames(string set, string given, string? refusal)
    {
        var simulator = await SimulateAsync();
        simulator.Password = set;
        simulator.SetBlock(1, [0, 42]);
        var device = Device(simulator, new JsonObject { ["Password"] = given });
        var kind = new S7Kind();
        var plan = kind.Plan(device, TimeProvider.System);
        _open.Add(plan.Connector);
        if (refusal is null)
        {
            await plan.Connector.ConnectAsync(_stop.Token);
            var sink = new RecordingSink();
            await plan.Connector.ReadAsync(plan.Groups[0], sink, _stop.Token);
            Assert.Equal("42", sink.Last("word").Value.ToString());
        }
        else
        {
            var refused = await Assert.ThrowsAsync<ConnectorException>(() => plan.Connector.ConnectAsync(_stop.Token));
            Assert.Contains(refusal, refused.Message, StringComparison.Ordinal);
            Assert.True(refused.RetryNotBefore >= TimeSpan.FromSeconds(60), "A CPU locks itself when it is asked too often.");
        }

        var secret = Convert.ToHexString(S7Password.Encode(given));
        var frames = plan.Traffic.Frames();
        Assert.DoesNotContain(frames, f => Convert.ToHexString(f.Bytes.Span).Contains(secret, StringComparison.Ordinal));
        Assert.Contains(frames, f => kind.Explain(device, f)!.Contains("enter the password", StringComparison.Ordinal));
        Assert.DoesNotContain("secret", DeviceSecrets.Hide(device, kind.Fields).Settings.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_protected_CPU_without_a_password_says_what_to_give()
    {
        var simulator = await SimulateAsync();
        simulator.Password = "secret";
        simulator.SetBlock(1, [0, 42]);
        var connector = await ConnectAsync(simulator, "{}");

        var refused = await Assert.ThrowsAsync<ConnectorException>(() => connector.ReadAsync(new(0, TimeSpan.FromSeconds(1)), new RecordingSink(), _stop.Token));

        Assert.Contains("give it as Password", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5, 0x84)] // another group
    [InlineData(6, 2)] // another service
    public void An_answer_to_another_service_is_never_taken(int at, byte value)
    {
        var request = S7Service.Ask(S7Service.Clock, S7Clock.ReadFunction, []);
        var answer = new SimulatedServices([], "").Answer(request, new S7Session(), 240, Noon);
        Assert.Null(S7Service.Check(answer, request));

        answer[S7Pdu.JobHeaderBytes + at] = value;

        Assert.NotNull(S7Service.Check(answer, request));
    }

    [Fact]
    public void Hostile_answers_never_throw()
    {
        var random = new Random(6);
        var bytes = new byte[160];
        var request = S7Service.Ask(S7Service.Blocks, S7Blocks.Describe, S7Blocks.BlockAsked((byte)'A', 1));
        for (var round = 0; round < 100_000; round++)
        {
            random.NextBytes(bytes);
            (bytes[1], bytes[4], bytes[5], bytes[6], bytes[7]) = (7, 0, 0, 0, (byte)random.Next(0, 24));
            (bytes[15], bytes[16]) = (0x83, 3);
            var answer = bytes.AsMemory(0, random.Next(10, bytes.Length));
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(8), (ushort)Math.Max(0, answer.Length - 10 - bytes[7]));
            if (S7Service.Check(answer.Span, request) is null)
            {
                var content = S7Service.Read(answer).Content;
                _ = S7Szl.Facts(S7Szl.Module, S7Szl.Records(content.Span)).Count();
                _ = S7Szl.Facts(S7Szl.Component, S7Szl.Records(content.Span)).Count();
                _ = S7Blocks.KindsThere(content.Span).SelectMany(k => S7Blocks.Listed(k, content)).Count();
                _ = S7Blocks.Description((byte)'A', content.Span);
                _ = S7Clock.Read(content.Span);
            }

            _ = S7FrameText.Of(bytes, bytes.Length);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var open in Enumerable.Reverse(_open))
        {
            await open.DisposeAsync();
        }

        _stop.Dispose();
    }

    private async Task<S7Simulator> SimulateAsync()
    {
        var simulator = new S7Simulator([], new ManualClock(Noon));
        _open.Add(simulator);
        await simulator.StartAsync();
        return simulator;
    }

    private async Task<IConnector> ConnectAsync(S7Simulator simulator, string settings)
    {
        var connector = new S7Kind().Plan(Device(simulator, JsonNode.Parse(settings)!.AsObject()), TimeProvider.System).Connector;
        _open.Add(connector);
        await connector.ConnectAsync(_stop.Token);
        return connector;
    }

    private static DeviceOptions Device(S7Simulator simulator, JsonObject settings)
    {
        (settings["Host"], settings["Port"], settings["AnswerTimeout"]) = ("127.0.0.1", simulator.EndPoint.Port, "30s");
        return new DeviceOptions { Name = "cpu", Protocol = "s7", Settings = settings, Tags = [new() { Name = "word", Address = "DB1.DBW0", Writable = true }] };
    }
}
