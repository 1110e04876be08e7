using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Tags;
using Uns.TestKit;
using Uns.TestKit.Devices;

namespace Uns.InteropTests;

/// <summary>Every framing and line of Modbus against servers that this project did not write.</summary>
public sealed class ModbusDialectTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly string[] Addresses = ["40011", "40021:FLOAT", "HR31:INT[3]", "40041:BCD", "00005", "C17[10]", "40051.6E"];

    [Theory]
    [InlineData("tcp", "Tcp")]
    [InlineData("rtu", "Rtu")]
    [InlineData("ascii", "Ascii")]
    public async Task Pymodbus_is_read_and_written_in_each_framing(string kind, string framing)
    {
        await using var peer = await PeerProcess.StartAsync("modbus_server.py", "0", kind);
        await ReadAndWriteAsync(peer, new() { ["Host"] = "127.0.0.1", ["Port"] = peer.Port, ["Framing"] = framing });
    }

    [Fact]
    public async Task Pymodbus_is_read_and_written_over_a_serial_line()
    {
        await using var peer = await PeerProcess.StartAsync("modbus_server.py", "0", "serial");
        var path = await peer.AskAsync("path");
        await ReadAndWriteAsync(peer, new() { ["Line"] = "Serial", ["SerialPort"] = path, ["Framing"] = "Rtu", ["BaudRate"] = 19200, ["Parity"] = "None" });
    }

    [Fact]
    public async Task A_device_that_dials_in_is_read_and_written()
    {
        await using var peer = await PeerProcess.StartAsync("modbus_server.py", "0", "rtu");
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        using var ending = new CancellationTokenSource();
        var modem = DialAsync(peer.Port, port, ending.Token);

        await ReadAndWriteAsync(peer, new() { ["Line"] = "Listen", ["Host"] = "127.0.0.1", ["Port"] = port, ["Framing"] = "Rtu", ["ConnectTimeout"] = "1m" });

        await ending.CancelAsync();
        await modem;
    }

    [Fact]
    public async Task Jsmodbus_is_read_and_written()
    {
        await using var peer = await PeerProcess.StartAsync("jsmodbus_server.js");
        await ReadAndWriteAsync(peer, new() { ["Host"] = "127.0.0.1", ["Port"] = peer.Port });
    }

    private static async Task ReadAndWriteAsync(PeerProcess peer, JsonObject settings)
    {
        settings["AnswerTimeout"] = "10s";
        var device = new DeviceOptions
        {
            Name = "oven",
            Protocol = "modbus",
            Settings = settings,
            Tags = [.. Addresses.Select((a, i) => new TagOptions { Name = $"tag{i}", Address = a, Writable = true })],
        };
        var kind = new ModbusKind();
        Assert.Empty(kind.Check(device));
        await using var connector = kind.Plan(device, TimeProvider.System).Connector;
        using var limit = new CancellationTokenSource(Deadline);
        await connector.ConnectAsync(limit.Token);
        await peer.AskAsync("set hr:10 65459");
        await peer.AskAsync("set co:4 1");

        TagValue[] values =
        [
            TagValue.OfInteger(DataType.UInt16, 4711), TagValue.Of(12.5f), TagValue.OfObject(DataType.Int16Array, new short[] { -1, 2, -3 }),
            TagValue.OfInteger(DataType.UInt16, 1234), TagValue.Of(false),
            TagValue.OfObject(DataType.BooleanArray, new[] { true, false, true, true, false, false, false, false, true, true }), TagValue.Of("Füller"),
        ];
        var before = await ReadAsync(connector, limit.Token);
        Assert.Equal("65459", before.Last(device.Tags[0].Name).Value.ToString());
        Assert.True(before.Last(device.Tags[4].Name).Value.Truth);
        for (var index = 0; index < values.Length; index++)
        {
            await connector.WriteAsync(device.Tags[index].Name, values[index], limit.Token);
        }

        var after = await ReadAsync(connector, limit.Token);
        for (var index = 0; index < values.Length; index++)
        {
            Assert.Equal(values[index], after.Last(device.Tags[index].Name).Value);
        }

        Assert.Equal("4711", await peer.AskAsync("get hr:10"));
        Assert.Equal("4660", await peer.AskAsync("get hr:40"));
        Assert.Equal("1", await peer.AskAsync("get co:24"));
        await connector.DisconnectAsync();
    }

    private static async Task<RecordingSink> ReadAsync(IConnector connector, CancellationToken cancellationToken)
    {
        var sink = new RecordingSink();
        await connector.ReadAsync(new(0, TimeSpan.FromSeconds(1)), sink, cancellationToken);
        Assert.All(sink.Samples, s => Assert.True(s.Quality == TagQuality.Good, $"{s.Tag}: {s.Reason}"));
        return sink;
    }

    // A cellular modem: dials the hub until it is let in, and joins that connection with the device's own.
    private static async Task DialAsync(int device, int hub, CancellationToken cancellationToken)
    {
        try
        {
            using var inner = new TcpClient();
            await inner.ConnectAsync(IPAddress.Loopback, device, cancellationToken);
            using var outer = await KnockAsync(hub, cancellationToken);
            await Task.WhenAny(
                inner.GetStream().CopyToAsync(outer.GetStream(), cancellationToken),
                outer.GetStream().CopyToAsync(inner.GetStream(), cancellationToken));
        }
        catch (Exception ended) when (ended is OperationCanceledException or IOException or SocketException)
        {
            // The test is over.
        }
    }

    private static async Task<TcpClient> KnockAsync(int hub, CancellationToken cancellationToken)
    {
        TcpClient? open = null;
        await Waiting.ReachAsync(async () => (open = await TryDialAsync(hub, cancellationToken)) is not null, cancellationToken);
        return open!;
    }

    // Null while the hub does not listen.
    private static async Task<TcpClient?> TryDialAsync(int hub, CancellationToken cancellationToken)
    {
        var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, hub, cancellationToken);
            return client;
        }
        catch (SocketException)
        {
            client.Dispose();
            return null;
        }
    }
}
