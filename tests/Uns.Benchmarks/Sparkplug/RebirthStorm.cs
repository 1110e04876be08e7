using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Mqtt.Broker;
using Uns.Mqtt.Client;
using Uns.Mqtt.Packets;
using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Topics;
using Uns.Tags;
using Uns.Tree;

namespace Uns.Benchmarks.Sparkplug;

/// <summary>A host that knows nothing of a plant that runs: every edge node has a connection of its own, and all must be born again.</summary>
/// <remarks>Budget: 500 nodes within a minute, each asked once per window of five seconds at most.</remarks>
internal static class RebirthStorm
{
    private const int Nodes = 500;
    private const int Metrics = 20;
    private static readonly TimeSpan DataEach = TimeSpan.FromSeconds(1);

    /// <summary>Measures once and prints one line of a table.</summary>
    public static async Task RunAsync()
    {
        await using var broker = new MqttBroker(new() { Address = IPAddress.Loopback, Port = 0 }, null, TimeProvider.System, NullLogger<MqttBroker>.Instance);
        await broker.StartAsync();
        var line = new MqttClientOptions { Host = "127.0.0.1", Port = broker.EndPoint.Port };
        await using var listener = await MqttClient.ConnectAsync(line with { ClientId = "listener" }, null, TimeProvider.System, NullLogger.Instance, default);
        await listener.SubscribeAsync([new SubscriptionRequest("spBv1.0/+/NBIRTH/#"), new SubscriptionRequest("spBv1.0/+/NCMD/#")], default);
        var heard = new Heard();
        _ = heard.ListenAsync(listener);
        using var stop = new CancellationTokenSource();
        var plant = Enumerable.Range(0, Nodes).Select(n => RunNodeAsync(line, n, stop.Token)).ToList();
        await UntilAsync(() => heard.Births.Count == Nodes);

        var tree = new UnsTree(TimeProvider.System);
        var host = new HostApplication(new() { HostId = "late" }, line with { ClientId = "late" }, tree, TimeProvider.System, NullLogger<HostApplication>.Instance);
        var begun = Stopwatch.GetTimestamp();
        plant.Add(host.RunAsync(stop.Token));
        await UntilAsync(() => host.Nodes() is { Count: Nodes } nodes && nodes.All(n => n is { AwaitsBirth: false, IsOnline: true }));
        var taken = Stopwatch.GetElapsedTime(begun);
        var (most, busiest) = heard.Commands();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {Nodes} | {taken.TotalSeconds:0.0} | {most} | {busiest} | {heard.Births.Values.Max() - 1} |"));
        await stop.CancelAsync();
        await Task.WhenAll(plant).ContinueWith(_ => { }, TaskScheduler.Default);
    }

    private static async Task RunNodeAsync(MqttClientOptions line, int number, CancellationToken cancellationToken)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"node{number}");
        var node = new EdgeNodePublisher(new EdgeNodeOptions { GroupId = "plant", NodeId = name, StartWithin = TimeSpan.Zero }, [line with { ClientId = name }], new CountedConnects(), null, TimeProvider.System, NullLogger<EdgeNodePublisher>.Instance);
        node.SetNode([.. Enumerable.Range(0, Metrics).Select(m => new TagDefinition { Name = $"m{m}", DataType = DataType.Double })]);
        var running = node.RunAsync(cancellationToken);
        for (var value = 0; !cancellationToken.IsCancellationRequested; value++)
        {
            for (var m = 0; m < Metrics; m++)
            {
                node.OfferToNode(new TagSample($"m{m}", TagValue.Of(value + 0.5), TagQuality.Good, TimeProvider.System.GetUtcNow()));
            }

            await Task.Delay(DataEach, TimeProvider.System, cancellationToken).ContinueWith(_ => { }, TaskScheduler.Default);
        }

        await running;
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        while (!isSo())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    /// <summary>Births and commands, as a bystander at the broker hears them.</summary>
    private sealed class Heard
    {
        private readonly List<(long At, string Node)> _commands = [];

        public System.Collections.Concurrent.ConcurrentDictionary<string, int> Births { get; } = new(StringComparer.Ordinal);

        public async Task ListenAsync(MqttClient listener)
        {
            await foreach (var message in listener.Messages.ReadAllAsync())
            {
                var node = message.Topic.Split('/')[^1];
                if (message.Topic.Contains("/NBIRTH/", StringComparison.Ordinal))
                {
                    Births.AddOrUpdate(node, 1, (_, births) => births + 1);
                }
                else
                {
                    lock (_commands)
                    {
                        _commands.Add((Stopwatch.GetTimestamp(), node));
                    }
                }
            }
        }

        /// <summary>Most requests to one node within five seconds, and most to all within one.</summary>
        public (int ToOne, int InASecond) Commands()
        {
            lock (_commands)
            {
                int Most(IEnumerable<long> times, TimeSpan window) => times.Select(t => times.Count(u => u >= t && Stopwatch.GetElapsedTime(t, u) < window)).DefaultIfEmpty().Max();
                return (_commands.GroupBy(c => c.Node).Max(g => Most([.. g.Select(c => c.At)], TimeSpan.FromSeconds(5))), Most([.. _commands.Select(c => c.At)], TimeSpan.FromSeconds(1)));
            }
        }
    }
}
