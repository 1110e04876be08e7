using System.Text.Json.Nodes;
using Uns.Connectors;
using Uns.Connectors.OpcUa;
using Uns.Connectors.OpcUa.Wire;
using Uns.Tags;
using Uns.TestKit.Devices;

namespace Uns.UnitTests.OpcUa;

/// <summary>Tags whose node ids are gone, or mean something else, after a server was started anew.</summary>
public sealed class NodeBindingTests
{
    private const string SpeedPath = "/nsu=urn:uns:simulator;Line1/nsu=urn:uns:simulator;Speed";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private static readonly SimulatedVariable Speed = Constant("Line1/Speed", DataType.Double, 10);

    [Theory]
    [InlineData("/nsu=urn:plant;Line1/nsu=urn:plant;Speed", "/nsu=urn:plant;Line1/nsu=urn:plant;Speed")]
    [InlineData("/0:Objects/2:Line1/2:Speed", "/2:Line1/2:Speed")]
    [InlineData("/0:Root/0:Objects/2:Line1", "/2:Line1")]
    [InlineData("/Objects/Server/ServerStatus", "/Server/ServerStatus")]
    [InlineData("/2:a&/b/2:c&:d", "/2:a&/b/2:c:d")]
    [InlineData("/nsu=http:&/&/vendor&/ua;Motor 1", "/nsu=http:&/&/vendor&/ua;Motor 1")]
    [InlineData("/2:a;b", "/2:a;b")]
    [InlineData("/2:a:b", "/2:a:b")]
    public void Every_notation_of_a_browse_path_is_read(string written, string canonical)
    {
        Assert.True(BrowsePath.TryParse(written, out var path, out var fault), fault);
        Assert.Equal(canonical, path.ToString());
        Assert.True(BrowsePath.TryParse(canonical, out var again, out _));
        Assert.Equal(path.Steps, again.Steps);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Line1")]
    [InlineData("/")]
    [InlineData("/Objects")]
    [InlineData("/2:")]
    [InlineData("/a//b")]
    [InlineData("/nsu=urn:plant")]
    [InlineData("/nsu=;a")]
    public void What_is_no_browse_path_is_refused(string written)
    {
        Assert.False(BrowsePath.TryParse(written, out _, out var fault));
        Assert.StartsWith($"is '{written}'", fault);
    }

    [Fact]
    public void Any_names_come_back_from_a_browse_path_and_spoilt_paths_do_no_harm()
    {
        const string Letters = "ab/&:;=. nsu0123#!<>ü";
        var random = new Random(4717);
        string Text(int least) => new([.. Enumerable.Range(0, random.Next(least, 12)).Select(_ => Letters[random.Next(Letters.Length)])]);
        for (var round = 0; round < 100_000; round++)
        {
            var written = new BrowsePath([.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => new BrowseStep(0, "urn:" + Text(0), Text(1)))]);
            Assert.True(BrowsePath.TryParse(written.ToString(), out var read, out var fault), fault);
            Assert.Equal(written.Steps, read.Steps);
            if (BrowsePath.TryParse("/" + Text(0), out var odd, out _))
            {
                Assert.All(odd.Steps, s => Assert.NotEmpty(s.Name));
            }
        }
    }

    [Fact]
    public async Task A_tag_whose_node_id_is_gone_resumes_by_its_browse_path_and_says_so()
    {
        await using var line = new BadUaLine(1);
        await using var run = new Lives(line, Tag("s=Line1.Speed", SpeedPath));
        await run.LiveAsync([Speed], expected: 10);
        var born = await run.LiveAsync([Constant("Line1/Speed", DataType.Double, 11, "i=4711")], expected: 11);
        var moved = Assert.Single(run.Traffic.Read().Rebindings);
        Assert.Equal(("Speed", "nsu=urn:uns:simulator;s=Line1.Speed", "nsu=urn:uns:simulator;i=4711"), (moved.Tag, moved.From, moved.To));
        Assert.True(moved.At <= born);
        Assert.Contains("1 tag is read by browse path", Assert.Single(run.Traffic.Read().Remarks));

        // With its old id again, the address counts, and nothing is left to say.
        await run.LiveAsync([Constant("Line1/Speed", DataType.Double, 12)], expected: 12);
        Assert.Single(run.Traffic.Read().Rebindings);
        Assert.Empty(run.Traffic.Read().Remarks);
    }

    [Fact]
    public async Task An_id_that_another_node_has_taken_is_not_read_by_mistake()
    {
        await using var line = new BadUaLine(1);
        await using var run = new Lives(line, Tag("i=1", SpeedPath));
        await run.LiveAsync([Constant("Line1/Speed", DataType.Double, 10, "i=1"), Constant("Line1/Pressure", DataType.Double, 99, "i=2")], expected: 10);
        await run.LiveAsync([Constant("Line1/Pressure", DataType.Double, 99, "i=1"), Constant("Line1/Speed", DataType.Double, 11, "i=2")], expected: 11);
        Assert.DoesNotContain(run.Samples, s => s.Value.Number == 99);
        Assert.Equal("nsu=urn:uns:simulator;i=2", Assert.Single(run.Traffic.Read().Rebindings).To);
    }

    [Fact]
    public async Task A_node_that_only_moved_keeps_its_id()
    {
        await using var line = new BadUaLine(1);
        await using var run = new Lives(line, Tag("i=1", SpeedPath));
        await run.LiveAsync([Constant("Line1/Speed", DataType.Double, 10, "i=1")], expected: 10);
        await run.LiveAsync([Constant("Line2/Speed", DataType.Double, 11, "i=1"), Constant("Line1/Speed", DataType.Double, 99, "i=2")], expected: 11);
        Assert.Empty(run.Traffic.Read().Rebindings);
    }

    [Theory]
    [InlineData("Line1/Speed", DataType.Int32, "a value of another type (Int32; the tag is Double)")]
    [InlineData("Line1/Speed", DataType.String, "a value of another type (String; the tag is Double)")]
    [InlineData("Line1/Speed/Inner", DataType.Double, "no variable")]
    public async Task A_node_of_another_type_is_never_bound(string path, DataType type, string reason)
    {
        await using var line = new BadUaLine(1);
        await using var run = new Lives(line, Tag("i=1", SpeedPath));
        await run.LiveAsync([Constant("Line1/Speed", DataType.Double, 10, "i=1")], expected: 10);
        var bad = await run.LiveBadAsync([Constant(path, type, 99, "i=4711")]);
        Assert.Contains("its node id is gone", bad.Reason);
        Assert.Contains(reason, bad.Reason);
        Assert.Empty(run.Traffic.Read().Rebindings);
    }

    [Fact]
    public async Task A_path_alone_is_an_address_and_browsing_gives_it()
    {
        await using var line = new BadUaLine(1);
        await using var run = new Lives(line, Tag(SpeedPath, ""));
        await run.LiveAsync([Speed], expected: 10);
        await run.LiveAsync([Constant("Line1/Speed", DataType.Double, 11, "g=9f8e3c1a-0000-0000-0000-000000000001")], expected: 11);
        Assert.Empty(run.Traffic.Read().Rebindings);

        await using var server = new OpcUaSimulator([Speed], TimeProvider.System);
        await server.StartAsync();
        line.Target = server.EndPoint;
        var browser = new DeviceBrowser(TimeProvider.System);
        var folder = Assert.Single(await browser.BrowseAsync(run.Kind, run.Device, null, default), e => e.Name == "Line1");
        var variable = Assert.Single(await browser.BrowseAsync(run.Kind, run.Device, folder.Id, default));
        Assert.True(BrowsePath.TryParse(folder.Step + variable.Step, out var browsed, out _));
        Assert.True(BrowsePath.TryParse(SpeedPath, out var saved, out _));
        Assert.Equal(saved.Steps, browsed.Steps);
    }

    private static TagOptions Tag(string address, string path) => new()
    {
        Name = "Speed",
        Address = address.StartsWith('/') ? address : $"nsu=urn:uns:simulator;{address}",
        BrowsePath = path,
        DataType = DataType.Double,
        Period = TimeSpan.FromMilliseconds(100),
    };

    private static SimulatedVariable Constant(string path, DataType type, double value, string? id = null) =>
        new(path, type, new Signal(SignalShape.Constant, value, value, TimeSpan.FromSeconds(1))) { Id = id };

    /// <summary>One connector and the lives of its server, one after the other at one address.</summary>
    private sealed class Lives : IAsyncDisposable
    {
        private readonly BadUaLine _line;
        private readonly IConnector _connector;
        private readonly List<TagSample> _samples = [];

        public Lives(BadUaLine line, TagOptions tag)
        {
            _line = line;
            Device = new() { Name = "plc", Protocol = "opcua", Settings = new JsonObject { ["Endpoint"] = line.Url, ["KeepAlive"] = "1s", ["AnswerTimeout"] = "30s" }, Tags = [tag] };
            Assert.Empty(Kind.Check(Device));
            var plan = Kind.Plan(Device, TimeProvider.System);
            (_connector, Traffic) = (plan.Connector, plan.Traffic);
        }

        public OpcUaKind Kind { get; } = new();

        public DeviceOptions Device { get; }

        public DeviceTraffic Traffic { get; }

        public IReadOnlyList<TagSample> Samples => _samples;

        public async Task<DateTimeOffset> LiveAsync(IReadOnlyList<SimulatedVariable> variables, double expected)
        {
            await LiveAsync(variables, s => s.Quality == TagQuality.Good && s.Value.Number == expected);
            return DateTimeOffset.UtcNow;
        }

        public Task<TagSample> LiveBadAsync(IReadOnlyList<SimulatedVariable> variables) => LiveAsync(variables, s => s.Quality == TagQuality.Bad);

        public ValueTask DisposeAsync() => _connector.DisposeAsync();

        private async Task<TagSample> LiveAsync(IReadOnlyList<SimulatedVariable> variables, Func<TagSample, bool> fits)
        {
            await using var server = new OpcUaSimulator(variables, TimeProvider.System);
            await server.StartAsync();
            _line.Target = server.EndPoint;
            var sink = new RecordingSink();
            using var limit = new CancellationTokenSource(Patience);
            await _connector.ConnectAsync(limit.Token);
            var listening = _connector.ListenAsync(sink, limit.Token);
            var sample = await sink.WaitForAsync(fits);
            await server.DisposeAsync();
            await Assert.ThrowsAsync<ConnectorException>(() => listening);
            await _connector.DisconnectAsync();
            _samples.AddRange(sink.Samples);
            return sample;
        }
    }
}
