using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Connectors;
using Uns.Connectors.S7;
using Uns.Connectors.S7.Wire;
using Uns.Tags;
using Uns.TestKit.Devices;

namespace Uns.UnitTests.S7;

/// <summary>Several writes in one message.</summary>
public sealed class S7WriteTests : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);
    private readonly List<IAsyncDisposable> _open = [];
    private readonly CancellationTokenSource _stop = new(TimeSpan.FromMinutes(5));

    [Theory]
    [InlineData(240)]
    [InlineData(480)]
    [InlineData(960)]
    public async Task Values_of_every_length_arrive_whole_in_as_few_messages_as_fit(int pduBytes)
    {
        var simulator = await SimulateAsync();
        simulator.PduBytes = pduBytes;
        simulator.SetBlock(1, new byte[4000]);
        string[] addresses =
        [
            .. Enumerable.Range(0, 30).Select(i => $"DB1.DBB{i}:USINT"),
            .. Enumerable.Range(0, 30).Select(i => $"DB1.DBX{100 + (i / 8)}.{i % 8}"),
            .. Enumerable.Range(0, 30).Select(i => $"DB1.DBD{200 + (i * 4)}:DINT"),
            "T7", "C8", "DB1.DBB1000:STRING(20)",
            .. Enumerable.Range(0, 5).Select(i => $"DB1.DBB{1100 + (i * 80)}:BYTE[{75 + i}]"),
            "DB1.DBW2000:INT[500]",
        ];
        var messages = new List<int>();
        simulator.FaultFor = job =>
        {
            messages.Add(job.Span[S7Pdu.JobHeaderBytes] == S7Pdu.WriteFunction ? job.Length : 0);
            return null;
        };
        var plan = Plan(simulator, addresses);
        var connector = plan.Connector;
        await connector.ConnectAsync(_stop.Token);
        messages.Clear();

        foreach (var part in addresses.Chunk(connector.MostWritesAtOnce))
        {
            var writes = part.Select(a => new TagWrite(a, ValueOf(a, plan))).ToList();
            await connector.WriteManyAsync(writes, _stop.Token);
            Assert.All(writes, w => Assert.True(w.IsConfirmed, w.Refusal?.Message));
        }

        Assert.All(messages, m => Assert.InRange(m, 0, pduBytes));
        // 99 tags: thirty times less than one message each, but for the long array and the text.
        Assert.InRange(messages.Count, 5, 26);
        var sink = new RecordingSink();
        foreach (var group in plan.Groups)
        {
            await connector.ReadAsync(group, sink, _stop.Token);
        }

        Assert.All(addresses, a => Assert.Equal(ValueOf(a, plan), sink.Last(a).Value));
    }

    [Fact]
    public async Task Writes_to_the_same_bytes_keep_their_order_and_a_refused_one_leaves_the_others_alone()
    {
        var simulator = await SimulateAsync();
        simulator.SetBlock(1, new byte[20]);
        var connector = await ConnectAsync(simulator, "DB1.DBW0", "DB1.DBB1", "DB1.DBX0.0", "DB1.DBX0.1", "DB9.DBW0", "DB1.DBW4");
        var jobs = simulator.Jobs;
        TagWrite[] writes =
        [
            new("DB1.DBW0", Word(0x1234)), new("DB1.DBB1", TagValue.OfInteger(DataType.UInt8, 0x99)), new("DB1.DBX0.0", TagValue.Of(true)),
            new("DB1.DBX0.1", TagValue.Of(false)), new("DB9.DBW0", Word(1)), new("DB1.DBW4", Word(0xABCD)), new("DB1.DBW4", Word(0xBEEF)),
        ];

        await connector.WriteManyAsync(writes, _stop.Token);

        Assert.Equal("11990000BEEF", Convert.ToHexString(simulator.Block(1).AsSpan(0, 6)));
        Assert.Equal([true, true, true, true, false, true, true], writes.Select(w => w.IsConfirmed));
        Assert.Contains("'DB9.DBW0'", writes[4].Refusal?.Message, StringComparison.Ordinal);
        // The word, then its byte and bits with the others, then the word that is written twice.
        Assert.Equal(3, simulator.Jobs - jobs);
    }

    [Fact]
    public async Task A_connection_lost_on_the_way_leaves_the_fate_of_what_was_not_confirmed_unknown()
    {
        var simulator = await SimulateAsync();
        simulator.SetBlock(1, new byte[20]);
        var connector = await ConnectAsync(simulator, "DB1.DBW0", "DB1.DBW4");
        var writes = new TagWrite[] { new("DB1.DBW0", Word(1)), new("DB1.DBW0", Word(2)), new("DB1.DBW4", Word(3)) };
        var jobs = 0;
        simulator.FaultFor = _ => ++jobs == 2 ? new(Disconnects: true) : null;

        await Assert.ThrowsAsync<ConnectorException>(() => connector.WriteManyAsync(writes, _stop.Token));

        Assert.Equal([true, false, false], writes.Select(w => w.IsConfirmed));
        Assert.All(writes, w => Assert.Null(w.Refusal));
        Assert.Equal("0001", Convert.ToHexString(simulator.Block(1).AsSpan(0, 2)));
    }

    [Fact]
    public async Task Under_a_worker_the_writes_that_wait_leave_together()
    {
        var simulator = await SimulateAsync();
        simulator.SetBlock(1, new byte[100]);
        var addresses = Enumerable.Range(0, 20).Select(i => $"DB1.DBW{i * 4}").ToArray();
        var device = Device(simulator, addresses);
        using var free = new SemaphoreSlim(0);
        using var reading = new SemaphoreSlim(0);
        var (held, written) = (0, new List<int>());
        simulator.FaultFor = job =>
        {
            var function = job.Span[S7Pdu.JobHeaderBytes];
            if (function == S7Pdu.WriteFunction)
            {
                written.Add(job.Span[S7Pdu.JobHeaderBytes + 1]);
            }
            else if (function == S7Pdu.ReadFunction && held++ == 0)
            {
                // The first read is under way until all writes wait.
                reading.Release();
                free.Wait(Deadline, _stop.Token);
            }

            return null;
        };
        var worker = new ConnectorWorker(device.Name, new S7Kind().Plan(device, TimeProvider.System), device.Tags, new RecordingSink(), TimeProvider.System, NullLogger<ConnectorWorker>.Instance);
        var running = worker.RunAsync(_stop.Token);
        await reading.WaitAsync(Deadline, _stop.Token);

        var writes = addresses.Select((a, i) => worker.WriteAsync(a, Word(i + 1), _stop.Token)).ToList();
        writes.Add(worker.WriteAsync("DB2.DBW0", Word(1), _stop.Token));
        free.Release();
        await Task.WhenAll(writes.Take(20)).WaitAsync(Deadline);
        var refused = await Assert.ThrowsAsync<WriteRefusedException>(() => writes[20].WaitAsync(Deadline));

        Assert.Contains("DB2.DBW0", refused.Message, StringComparison.Ordinal);
        Assert.Equal([20, 1], written);
        Assert.Equal(Enumerable.Range(1, 20), Enumerable.Range(0, 20).Select(i => (int)simulator.Block(1)[(i * 4) + 1]));
        await _stop.CancelAsync();
        await running.ContinueWith(_ => { }, TaskScheduler.Default).WaitAsync(Deadline);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var open in Enumerable.Reverse(_open))
        {
            await open.DisposeAsync();
        }

        _stop.Dispose();
    }

    // Another value at each address.
    private static TagValue ValueOf(string address, ConnectorPlan plan)
    {
        var type = plan.RawTypes[plan.Numbers.Find(address)];
        var seed = address.Sum(c => c) % 90;
        return type switch
        {
            DataType.Boolean => TagValue.Of(seed % 2 == 0),
            DataType.String => TagValue.Of($"text {seed}"),
            DataType.Int32 when address[0] == 'T' => TagValue.OfInteger(type, seed * 10),
            DataType.UInt8Array => TagValue.OfObject(type, Enumerable.Range(seed, plan.Tags.Count > 0 ? int.Parse(address[(address.IndexOf('[', StringComparison.Ordinal) + 1)..^1]) : 0).Select(n => (byte)n).ToArray()),
            DataType.Int16Array => TagValue.OfObject(type, Enumerable.Range(seed, 500).Select(n => (short)n).ToArray()),
            _ => TagValue.OfInteger(type, seed),
        };
    }

    private static TagValue Word(int value) => TagValue.OfInteger(DataType.UInt16, value);

    private async Task<S7Simulator> SimulateAsync()
    {
        var simulator = new S7Simulator([], TimeProvider.System);
        _open.Add(simulator);
        await simulator.StartAsync();
        return simulator;
    }

    private ConnectorPlan Plan(S7Simulator simulator, params string[] addresses)
    {
        var plan = new S7Kind().Plan(Device(simulator, addresses), TimeProvider.System);
        _open.Add(plan.Connector);
        return plan;
    }

    private async Task<IConnector> ConnectAsync(S7Simulator simulator, params string[] addresses)
    {
        var connector = Plan(simulator, addresses).Connector;
        await connector.ConnectAsync(_stop.Token);
        return connector;
    }

    private static DeviceOptions Device(S7Simulator simulator, string[] addresses) => new()
    {
        Name = "cpu",
        Protocol = "s7",
        Settings = new JsonObject { ["Host"] = "127.0.0.1", ["Port"] = simulator.EndPoint.Port, ["AnswerTimeout"] = "30s" },
        Tags = [.. addresses.Append("DB2.DBW0").Distinct().Select(a => new TagOptions { Name = a, Address = a, Writable = true })],
    };
}
