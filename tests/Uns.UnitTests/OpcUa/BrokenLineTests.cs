using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Connectors;
using Uns.Connectors.OpcUa;
using Uns.Connectors.OpcUa.Security;
using Uns.Connectors.OpcUa.Wire;
using Uns.Tags;
using Uns.TestKit.Devices;

namespace Uns.UnitTests.OpcUa;

/// <summary>Runs by itself: it looks at the files and the memory of the whole process.</summary>
[CollectionDefinition(nameof(AloneInTheProcess), DisableParallelization = true)]
public sealed class AloneInTheProcess;

/// <summary>Lines that are cut, again and again.</summary>
/// <remarks>Reconnects by <c>UNS_RECONNECTS</c> (200 unless set; <c>tests/run --nightly</c> gives 10,000).</remarks>
[Collection(nameof(AloneInTheProcess))]
public sealed class BrokenLineTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly int Reconnects = int.Parse(Environment.GetEnvironmentVariable("UNS_RECONNECTS") ?? "200", CultureInfo.InvariantCulture);

    private readonly OpcUaSimulator _server = new(
        [.. Enumerable.Range(0, 3).Select(i => new SimulatedVariable($"N{i}", DataType.Int32, new Signal(SignalShape.Constant, i + 7, i + 7, TimeSpan.FromSeconds(1))))], TimeProvider.System);

    private readonly BadUaLine _line = new(4715);

    public async ValueTask InitializeAsync()
    {
        await _server.StartAsync();
        _line.Target = _server.EndPoint;
    }

    public async ValueTask DisposeAsync()
    {
        await _line.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_reset_at_every_byte_of_a_conversation_gives_no_wrong_value(bool ofAnswers)
    {
        await ReadAsync();
        var (bytes, broken) = (ofAnswers ? _line.Answered : _line.Asked, 0);
        Assert.InRange(bytes, 500, 10_000);
        for (var cut = 0; cut < bytes; cut++)
        {
            (_line.CutAnswersAfter, _line.CutQuestionsAfter) = (ofAnswers ? cut : null, ofAnswers ? null : cut);
            try
            {
                await ReadAsync();
            }
            catch (ConnectorException)
            {
                broken++;
            }
        }

        (_line.CutAnswersAfter, _line.CutQuestionsAfter) = (null, null);
        await ReadAsync();
        Assert.True(broken > bytes / 2, $"{broken} of {bytes} conversations were broken.");
    }

    [Fact]
    public async Task Once_the_line_is_well_the_next_attempt_brings_every_value()
    {
        var (kind, device) = Device();
        var sink = new RecordingSink();
        var worker = new ConnectorWorker("plc", kind.Plan(device, TimeProvider.System), device.Tags, sink, TimeProvider.System, NullLogger<ConnectorWorker>.Instance);
        using var stop = new CancellationTokenSource();
        var running = worker.RunAsync(stop.Token);
        await sink.WaitForAsync(s => s.Tag == "N2" && s.Quality == TagQuality.Good);
        _line.CutAnswersAfter = 300; // Channel and session begin, then the line breaks.
        _server.DropConnections();
        using var deadline = new CancellationTokenSource(Patience);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (worker.Status.Failures < 3)
        {
            await pace.WaitForNextTickAsync(deadline.Token);
        }

        sink.Clear();
        _line.CutAnswersAfter = null;
        var before = _line.Connections;
        foreach (var tag in device.Tags)
        {
            await sink.WaitForAsync(s => s.Tag == tag.Name && s.Quality == TagQuality.Good);
        }

        Assert.InRange(_line.Connections - before, 0, 1);
        Assert.All(sink.Samples.Where(s => s.Quality == TagQuality.Good), s => Assert.Equal(7 + (s.Tag[1] - '0'), s.Value.Integer));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task Sockets_and_memory_stay_flat_over_many_reconnects()
    {
        var (kind, device) = Device();
        await using var connector = kind.Plan(device, TimeProvider.System).Connector;
        await ReconnectAsync(connector, 150); // Pools, caches, and the server's table of sessions, fill first.
        var (files, memory) = Held();
        await ReconnectAsync(connector, Reconnects);
        var (filesThen, memoryThen) = Held();
        TestContext.Current.TestOutputHelper?.WriteLine($"{Reconnects} reconnects: {files} files became {filesThen}, {memory / 1024} KiB became {memoryThen / 1024} KiB.");
        Assert.True(filesThen - files <= 8, $"{files} files became {filesThen} over {Reconnects} reconnects.");
        Assert.True(memoryThen - memory <= 4 << 20, $"{memory / 1024} KiB became {memoryThen / 1024} KiB over {Reconnects} reconnects.");
    }

    // Every third connection is cut somewhere in its conversation.
    private async Task ReconnectAsync(IConnector connector, int times)
    {
        var random = new Random(4716);
        for (var round = 0; round < times; round++)
        {
            _line.CutAnswersAfter = round % 3 == 2 ? random.Next(1000) : null;
            try
            {
                await connector.ConnectAsync(default);
                var sink = new RecordingSink();
                await connector.ReadAsync(new(0, TimeSpan.FromSeconds(1)), sink, default);
                Assert.Equal([7, 8, 9], sink.Samples.Select(s => (int)s.Value.Integer));
            }
            catch (ConnectorException) when (_line.CutAnswersAfter is not null)
            {
                // As it was to be.
            }

            await connector.DisconnectAsync();
        }
    }

    private static (int Files, long Bytes) Held()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var bytes = GC.GetTotalMemory(forceFullCollection: true);
        return (OperatingSystem.IsLinux() ? Directory.GetFileSystemEntries("/proc/self/fd").Length : 0, bytes);
    }

    // One conversation from greeting to goodbye; the values are right, or it breaks.
    private async Task ReadAsync()
    {
        var channel = new UaChannel(new DeviceEndPoint("127.0.0.1", new Uri(_line.Url).Port), _line.Url, UaSecurity.None(), Patience, TimeProvider.System);
        await using var session = new UaSession(channel, _line.Url, Patience);
        await session.OpenAsync(UaUser.Anonymous, TimeSpan.FromMinutes(1), CancellationToken.None);
        var values = await session.ReadAsync([.. Enumerable.Range(0, 3).Select(i => new NodeId(2, IdKind.String, 0, $"N{i}"))], UaAttribute.Value, CancellationToken.None);
        Assert.Equal([7, 8, 9], values.Select(v => (int)v.Value.Value!));
    }

    private (OpcUaKind Kind, DeviceOptions Device) Device() => (new OpcUaKind(), new DeviceOptions
    {
        Name = "plc",
        Protocol = "opcua",
        Settings = new JsonObject { ["Endpoint"] = _line.Url, ["AnswerTimeout"] = "60s", ["KeepAlive"] = "1s" },
        Tags = [.. Enumerable.Range(0, 3).Select(i => new TagOptions { Name = $"N{i}", Address = $"nsu=urn:uns:simulator;s=N{i}", DataType = DataType.Int32, Period = TimeSpan.FromMilliseconds(100) })],
    });
}
