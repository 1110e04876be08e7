using Uns.Mqtt.Packets;

namespace Uns.HubTests.Soak;

/// <summary>
/// The churn: steady pairs, clients that come, go, are taken over and break off, subscriptions that come and go, and
/// consumers that stop reading. Everything it names comes from bounded sets but the ids of passing clients.
/// </summary>
internal sealed class SoakLoad(int port)
{
    private const int Pool = 200;
    private const int Pairs = 20;
    private const int Topics = 500;
    private static readonly byte[] Payload = new byte[200];
    private readonly Random _random = new(1);
    private long _opened;

    /// <summary>Connections opened so far.</summary>
    public long Opened => Interlocked.Read(ref _opened);

    /// <summary>Connections by which another was taken over.</summary>
    public long TakenOver { get; private set; }

    /// <summary>Runs until told to stop, then ends every session, so that the broker holds nothing of the load but retained messages.</summary>
    public async Task RunAsync(TimeSpan time)
    {
        using var stop = new CancellationTokenSource(time);
        await Task.WhenAll([.. Enumerable.Range(0, Pairs).Select(i => PairAsync(i, stop.Token)), ChurnAsync(stop.Token), SlowAsync(stop.Token)]);
        for (var i = 0; i < Pool; i++)
        {
            await using var last = await OpenAsync($"pool-{i}", []);
            await last.DisconnectAsync();
        }
    }

    private async Task PairAsync(int number, CancellationToken stop)
    {
        await using var reader = await OpenAsync($"reader-{number}", [$"pair/{number}/#"]);
        await using var writer = await OpenAsync($"writer-{number}", []);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        for (var n = 0; await TickAsync(pace, stop); n++)
        {
            for (var i = 0; i < 5; i++)
            {
                await writer.PublishAsync($"pair/{number}/{i}", Payload, (QualityOfService)(n % 3));
            }
        }

        await writer.DisconnectAsync();
        await reader.DisconnectAsync();
    }

    private async Task ChurnAsync(CancellationToken stop)
    {
        var open = new Dictionary<string, SoakClient>();
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (await TickAsync(pace, stop))
        {
            var id = _random.Next(10) == 0 ? $"passing-{Guid.NewGuid():N}" : $"pool-{_random.Next(Pool)}";
            var expiry = id[1] == 'o' ? (uint)_random.Next(2) * 3600 : 0;
            var client = await OpenAsync(id, [$"churn/{_random.Next(Topics)}", $"+/{_random.Next(Topics)}", $"$share/g{_random.Next(10)}/churn/#"], expiry, cleanStart: _random.Next(2) == 0);
            if (open.Remove(id, out var old))
            {
                TakenOver++;
                await old.DisposeAsync();
            }

            open.Add(id, client);
            for (var i = 0; i < 5; i++)
            {
                await client.PublishAsync($"churn/{_random.Next(Topics)}", Payload, (QualityOfService)_random.Next(3), retain: _random.Next(4) == 0);
            }

            if (open.Count > 100)
            {
                var (leaving, one) = open.ElementAt(_random.Next(open.Count));
                open.Remove(leaving);
                if (_random.Next(2) == 0)
                {
                    await one.DisconnectAsync();
                }

                await one.DisposeAsync();
            }
        }

        foreach (var client in open.Values)
        {
            await client.DisposeAsync();
        }
    }

    private async Task SlowAsync(CancellationToken stop)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(25));
        do
        {
            await using var deaf = await OpenAsync("slow", ["#"], isSlow: true);
            await using var late = await OpenAsync("slow-acks", ["pair/#"], 3600, isSlow: true);
            await TickAsync(pace, stop);
        }
        while (!stop.IsCancellationRequested);
        await using var last = await OpenAsync("slow-acks", []);
        await last.DisconnectAsync();
    }

    private async Task<SoakClient> OpenAsync(string id, IReadOnlyList<string> filters, uint expiry = 0, bool cleanStart = true, bool isSlow = false)
    {
        Interlocked.Increment(ref _opened);
        return await SoakClient.OpenAsync(
            port,
            new ConnectPacket
            {
                ClientId = id,
                CleanStart = cleanStart,
                Will = new Will { Topic = "churn/will", Payload = Payload, Qos = QualityOfService.AtLeastOnce },
                Properties = new Properties { SessionExpiryInterval = expiry, ReceiveMaximum = isSlow ? (ushort)20 : null },
            },
            filters,
            isSlow);
    }

    private static async Task<bool> TickAsync(PeriodicTimer pace, CancellationToken stop)
    {
        try
        {
            return await pace.WaitForNextTickAsync(stop);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
