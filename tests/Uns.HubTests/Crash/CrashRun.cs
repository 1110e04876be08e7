using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using Uns.Mqtt.Packets;
using Uns.TestKit;

namespace Uns.HubTests.Crash;

/// <summary>Kills the broker at random moments under mixed load, starts it again on the same data and holds what came against what it acknowledged.</summary>
internal sealed class CrashRun : IAsyncDisposable
{
    /// <summary>Numbers from here on stand for wills.</summary>
    public const int FirstWill = 1000;

    private const int Kept = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly CrashLog _log = new();
    private readonly Random _random;
    private readonly string _weakness;
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("uns-crash-");
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _running = [];
    private readonly List<CrashPublisher> _publishers;
    private readonly List<CrashPublisher> _keepers;
    private readonly List<CrashSubscriber> _subscribers;
    private PeerProcess? _broker;
    private int _wills;

    /// <summary>A run that is not begun.</summary>
    /// <param name="seed">Draws the moments of death.</param>
    /// <param name="weakness">A fault that the broker is given on purpose; <c>none</c>: none.</param>
    public CrashRun(int seed, string weakness)
    {
        (_random, _weakness) = (new Random(seed), weakness);
        _publishers = [.. Enumerable.Range(0, 6).Select(i => new CrashPublisher(i, $"load/{i}", (QualityOfService)(1 + (i % 2)), 4, retain: false, _log))];
        _keepers = [.. Enumerable.Range(0, Kept).Select(i => new CrashPublisher(100 + i, $"kept/{i}", (QualityOfService)(1 + (i % 2)), 1, retain: true, _log))];
        _subscribers = [new("stays", QualityOfService.ExactlyOnce, _log), new("comes-and-goes", QualityOfService.ExactlyOnce, _log), new("at-least-once", QualityOfService.AtLeastOnce, _log)];
    }

    /// <summary>What the broker did that it must not.</summary>
    public IReadOnlyCollection<string> Violations => _log.Violations;

    /// <summary>The figures of the run, for people.</summary>
    public string Figures =>
        $"{_log.Cycle} deaths, {_publishers.Sum(p => p.Acknowledged.Count)} messages acknowledged of {_publishers.Sum(p => p.Begun)} begun, " +
        $"{_keepers.Sum(k => k.Acknowledged.Count)} retained acknowledged, {_wills} wills, {string.Join(", ", _subscribers.Select(s => $"{s.Name} got {s.Received}"))}, {Violations.Count} violations";

    /// <summary>Starts the broker and the load.</summary>
    public async Task BeginAsync()
    {
        await StartBrokerAsync();
        _running.AddRange(_subscribers.Select(s => s.RunAsync(_stop.Token)));
        await Task.WhenAll(_subscribers.Select(s => s.Subscribed)).WaitAsync(Patience);
        _running.AddRange(_publishers.Concat(_keepers).Select(p => p.RunAsync(_stop.Token)));
    }

    /// <summary>Lets the load run for a random while, kills the broker, starts it again and looks at the retained messages.</summary>
    public async Task CycleAsync()
    {
        using var life = new CancellationTokenSource(TimeSpan.FromMilliseconds(50 + _random.Next(750)));
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(40));
        try
        {
            while (await pace.WaitForNextTickAsync(life.Token))
            {
                if (_random.Next(5) == 0)
                {
                    _subscribers[1].BreakOff();
                }

                if (_random.Next(5) == 0)
                {
                    await DieWithWillAsync();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The moment has come.
        }

        // One client is there at the death itself: its connection ends with the broker, and its will is due afterwards.
        await using (await OpenWithWillAsync())
        {
            if (_random.Next(2) == 0)
            {
                await DieBehindALockAsync();
            }
            else
            {
                await _broker!.KillAsync();
            }
        }

        _log.Cycle++;
        var kept = _keepers.ConvertAll(k => k.LastAcknowledged);
        await _broker!.DisposeAsync();
        await StartBrokerAsync();
        await CheckKeptAsync(kept);
    }

    /// <summary>Ends the load, lets all arrive that is under way, and checks every acknowledged message with every subscriber.</summary>
    public async Task EndAsync()
    {
        foreach (var publisher in _publishers.Concat(_keepers))
        {
            publisher.IsOpen = false;
        }

        await SettleAsync(() => _publishers.Concat(_keepers).Sum(p => p.InFlight) is var open && open == 0 ? -1 : open);
        var due = _publishers.Sum(p => p.Acknowledged.Count);
        await SettleAsync(() => _subscribers.All(s => s.Received >= due) && Missing().Count == 0 ? -1 : _subscribers.Sum(s => s.Received));
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
        foreach (var missing in Missing())
        {
            _log.Violation(missing);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }

        _stop.Dispose();
        _data.Delete(recursive: true);
    }

    private List<string> Missing()
    {
        var missing = new List<string>();
        foreach (var subscriber in _subscribers)
        {
            foreach (var publisher in _publishers)
            {
                var begun = publisher.Begun;
                for (var n = 0; n < begun; n++)
                {
                    if (subscriber.Count(publisher.Number, n) == 0 && publisher.Acknowledged.Contains(n))
                    {
                        missing.Add($"{subscriber.Name} never got message {n} of publisher {publisher.Number} ({publisher.Qos}), which was acknowledged");
                    }
                }
            }
        }

        // A will is due once CONNACK came: each of these clients broke off behind it.
        missing.AddRange(
            from subscriber in _subscribers
            from n in Enumerable.Range(0, _wills)
            where subscriber.Count(FirstWill, n) == 0
            select $"{subscriber.Name} never got will {n}");
        return missing;
    }

    /// <summary>Waits until it is done (-1), or nothing moved for a quarter of a minute; a broker with a weakness is not waited for so long.</summary>
    private async Task SettleAsync(Func<long> progress)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        var (last, since) = (long.MinValue, Stopwatch.StartNew());
        while (progress() is var now && now != -1 && since.Elapsed < TimeSpan.FromSeconds(_weakness == "none" ? 15 : 5))
        {
            if (now != last)
            {
                (last, since) = (now, Stopwatch.StartNew());
            }

            await pace.WaitForNextTickAsync();
        }
    }

    private async Task StartBrokerAsync()
    {
        _broker = PeerProcess.Start("dotnet", BrokerHost.Program, _data.FullName, "0", "100000", _weakness);
        _log.Port = int.Parse((await _broker.ReadLineAsync(Patience))["READY ".Length..]);
    }

    /// <summary>
    /// Another program holds the store for a moment, and the broker dies before it gets it back: what came in between has no commit, so it must
    /// have no answer either. One subscriber is away, so that only the store could keep its copies.
    /// </summary>
    private async Task DieBehindALockAsync()
    {
        await using var other = new SqliteConnection($"Data Source={Path.Combine(_data.FullName, "hub.db")};Pooling=False");
        await other.OpenAsync();
        _subscribers[1].BreakOff();
        await using (other.BeginTransaction(deferred: false))
        {
            using var wait = new PeriodicTimer(TimeSpan.FromMilliseconds(20 + _random.Next(100)));
            await wait.WaitForNextTickAsync();
            await _broker!.KillAsync();
        }
    }

    /// <summary>A client that breaks off right after its connection stands, so that its will is due.</summary>
    private async Task DieWithWillAsync()
    {
        await using var client = await OpenWithWillAsync();
    }

    private async Task<NetworkStream> OpenWithWillAsync()
    {
        var payload = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(payload, FirstWill);
        BinaryPrimitives.WriteInt32BigEndian(payload.AsSpan(4), _wills++);
        var client = await OpenAsync(new ConnectPacket
        {
            ClientId = $"mortal-{_wills}",
            Will = new Will { Topic = "load/will", Payload = payload, Qos = QualityOfService.ExactlyOnce },
        });
        await client.ReadExactlyAsync(new byte[4]); // CONNACK.
        return client;
    }

    private async Task CheckKeptAsync(List<int> acknowledged)
    {
        await using var client = await OpenAsync(new ConnectPacket { ClientId = "looks" });
        var output = new ArrayBufferWriter<byte>();
        new SubscribePacket { PacketId = 1, Requests = [new("kept/#", QualityOfService.AtMostOnce)] }.Write(output, ProtocolVersion.V5);
        await client.WriteAsync(output.WrittenMemory);
        var found = new int[Kept];
        Array.Fill(found, -1);
        var (buffer, count) = (new byte[64 * 1024], 0);
        using var deadline = new CancellationTokenSource(_weakness == "none" ? Patience : TimeSpan.FromSeconds(5));
        try
        {
            while (Enumerable.Range(0, Kept).Any(i => found[i] < acknowledged[i]))
            {
                count += await client.ReadAtLeastAsync(buffer.AsMemory(count), 1, cancellationToken: deadline.Token);
                var used = 0;
                while (FixedHeader.Read(buffer.AsSpan(used, count - used), out var header, out _) == HeaderStatus.Complete && header.PacketBytes <= count - used)
                {
                    if (header.Type == PacketType.Publish)
                    {
                        PublishPacket.TryRead(header, buffer.AsSpan(used + header.HeaderBytes, header.PacketBytes - header.HeaderBytes), ProtocolVersion.V5, out var publish, out _);
                        ref var best = ref found[BinaryPrimitives.ReadInt32BigEndian(publish.Payload) - 100];
                        best = best < 0 ? BinaryPrimitives.ReadInt32BigEndian(publish.Payload[4..]) : best; // The retained one comes first.
                    }

                    used += header.PacketBytes;
                }

                buffer.AsSpan(used, count - used).CopyTo(buffer);
                count -= used;
            }
        }
        catch (OperationCanceledException)
        {
            _log.Violation($"the retained messages are {string.Join(' ', found)}; acknowledged were {string.Join(' ', acknowledged)}");
        }
    }

    private async Task<NetworkStream> OpenAsync(ConnectPacket connect)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _log.Port));
        var stream = new NetworkStream(socket, ownsSocket: true);
        var output = new ArrayBufferWriter<byte>();
        connect.Write(output);
        await stream.WriteAsync(output.WrittenMemory);
        return stream;
    }
}
