using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Uns.Connectors;
using Uns.Connectors.OpcUa;
using Uns.Connectors.OpcUa.Security;
using Uns.Connectors.OpcUa.Wire;
using Uns.Tags;
using Uns.TestKit.Devices;

namespace Uns.UnitTests.OpcUa;

/// <summary>The client over bad lines and before servers that come and go: no wrong value, and no tag that stays away.</summary>
public sealed class BadLineTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task No_wrong_value_in_100_000_reads_over_a_bad_line()
    {
        const int Nodes = 200;
        const int AtOnce = 50;
        const int Wanted = 100_000;
        var clock = TimeProvider.System;
        await using var server = new OpcUaSimulator([.. Enumerable.Range(0, Nodes).Select(i => new SimulatedVariable($"N{i}", DataType.Int32, new Signal(SignalShape.Constant, i, i, TimeSpan.FromSeconds(1))))], clock);
        await server.StartAsync();
        await using var line = new BadUaLine(4711) { Target = server.EndPoint, OneIn = 40 };
        var port = new Uri(line.Url).Port;
        var random = new Random(4712);
        var (right, wrong, broken) = (0, new ConcurrentBag<string>(), 0);
        while (right < Wanted)
        {
            var channel = new UaChannel(new DeviceEndPoint("127.0.0.1", port), line.Url, UaSecurity.None(), TimeSpan.FromMilliseconds(500), clock);
            await using var session = new UaSession(channel, line.Url, TimeSpan.FromMilliseconds(500));
            try
            {
                await session.OpenAsync(UaUser.Anonymous, TimeSpan.FromMinutes(1), CancellationToken.None);
                while (right < Wanted)
                {
                    // Three under way at once: an answer that meets another request would be seen.
                    var asked = Enumerable.Range(0, 3).Select(_ => Enumerable.Range(0, AtOnce).Select(_ => random.Next(Nodes)).ToArray()).ToArray();
                    var answers = await Task.WhenAll(asked.Select(a => session.ReadAsync([.. a.Select(i => new NodeId(2, IdKind.String, 0, $"N{i}"))], UaAttribute.Value, CancellationToken.None)));
                    foreach (var (wanted, value) in asked.Zip(answers).SelectMany(p => p.First.Zip(p.Second)))
                    {
                        if (value.Value.Value is int came && came == wanted)
                        {
                            right++;
                        }
                        else
                        {
                            wrong.Add($"{wanted}: {value}");
                        }
                    }
                }
            }
            catch (ConnectorException)
            {
                broken++; // Told as such, which is all that a bad line may do.
            }
        }

        Assert.Empty(wrong);
        Assert.True(line.Faults > 20 && broken > 5, $"{line.Faults} faults, {broken} connections broken: the line was too good");
    }

    [Fact]
    public async Task A_server_restarted_50_times_with_other_namespace_indexes_gets_every_tag_back()
    {
        const int Restarts = 50;
        string[] names = [.. Enumerable.Range(0, 20).Select(i => $"T{i}")];
        await using var line = new BadUaLine(1);
        var kind = new OpcUaKind();
        var device = new DeviceOptions
        {
            Name = "plc",
            Protocol = "opcua",
            Settings = new JsonObject { ["Endpoint"] = line.Url, ["KeepAlive"] = "1s", ["AnswerTimeout"] = "30s" },
            Tags = [.. names.Select(n => new TagOptions { Name = n, Address = $"nsu=urn:uns:simulator;s={n}", DataType = DataType.Int32, Period = TimeSpan.FromMilliseconds(100) })],
        };
        await using var connector = kind.Plan(device, TimeProvider.System).Connector;
        var resumed = 0;
        for (var restart = 0; restart <= Restarts; restart++)
        {
            // Each life of the server holds other values, behind another number of namespaces.
            var life = restart;
            await using var server = new OpcUaSimulator(
                names.Select((n, i) => new SimulatedVariable(n, DataType.Int32, new Signal(SignalShape.Constant, (life * 100) + i, (life * 100) + i, TimeSpan.FromSeconds(1)))),
                TimeProvider.System, namespacesBefore: [.. Enumerable.Range(0, life % 3).Select(i => $"urn:other:{i}")]);
            await server.StartAsync();
            line.Target = server.EndPoint;
            var sink = new RecordingSink();
            using var limit = new CancellationTokenSource(Patience);
            await connector.ConnectAsync(limit.Token);
            var listening = connector.ListenAsync(sink, limit.Token);
            for (var i = 0; i < names.Length; i++)
            {
                var sample = await sink.WaitForAsync(s => s.Tag == names[i] && s.Quality == TagQuality.Good);
                Assert.Equal((life * 100) + i, sample.Value.Integer);
                resumed += restart > 0 ? 1 : 0;
            }

            await server.DisposeAsync();
            await Assert.ThrowsAsync<ConnectorException>(() => listening);
            await connector.DisconnectAsync();
            Assert.All(sink.Samples, s => Assert.Equal(life, s.Value.Integer / 100));
        }

        Assert.Equal(Restarts * names.Length, resumed);
    }

    [Fact]
    public async Task After_a_broken_connection_the_subscription_is_taken_over_and_nothing_is_missed()
    {
        await using var server = new OpcUaSimulator([new("Setting", DataType.Int32, null)], TimeProvider.System);
        await server.StartAsync();
        await using var line = new BadUaLine(1) { Target = server.EndPoint };
        var device = new DeviceOptions
        {
            Name = "plc",
            Protocol = "opcua",
            Settings = new JsonObject { ["Endpoint"] = line.Url, ["AnswerTimeout"] = "30s" },
            Tags = [new() { Name = "Setting", Address = "nsu=urn:uns:simulator;s=Setting", DataType = DataType.Int32, Period = TimeSpan.FromMilliseconds(40) }],
        };
        var kind = new OpcUaKind();
        await using var connector = kind.Plan(device, TimeProvider.System).Connector;
        var channel = new UaChannel(new DeviceEndPoint("127.0.0.1", server.EndPoint.Port), server.EndpointUrl, UaSecurity.None(), Patience, TimeProvider.System);
        await using var other = new UaSession(channel, server.EndpointUrl, Patience);
        using var limit = new CancellationTokenSource(Patience);
        var sink = new RecordingSink();
        await connector.ConnectAsync(limit.Token);
        var listening = connector.ListenAsync(sink, limit.Token);
        await sink.WaitForAsync(s => s.Value.Integer == 0);
        server.DropConnections();
        await Assert.ThrowsAsync<ConnectorException>(() => listening);
        await connector.DisconnectAsync();

        // While nobody listens the value changes twice; the queue of the item keeps both.
        await other.OpenAsync(UaUser.Anonymous, TimeSpan.FromMinutes(1), limit.Token);
        foreach (var value in (int[])[7, 8])
        {
            Assert.Equal(0u, await other.WriteAsync(new NodeId(2, IdKind.String, 0, "Setting"), new(UaType.Int32, value), limit.Token));
            await SampledAsync(other, limit.Token);
        }

        sink.Clear();
        await connector.ConnectAsync(limit.Token);
        listening = connector.ListenAsync(sink, limit.Token);
        await sink.WaitForAsync(s => s.Value.Integer == 8);
        Assert.Contains(sink.Samples, s => s.Value.Integer == 7);
        await limit.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => listening);
        await connector.DisconnectAsync();
    }

    // Another item that samples as fast as the one under test has been looked at anew, several times over.
    private static async Task SampledAsync(UaSession session, CancellationToken cancellationToken)
    {
        var (subscription, _) = await session.SubscribeAsync(TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(100), cancellationToken);
        for (var message = 0; message < 3; message++)
        {
            await session.PublishAsync([], Patience, cancellationToken);
        }

        await session.UnsubscribeAsync(subscription, cancellationToken);
    }
}
