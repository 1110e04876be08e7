using Microsoft.Extensions.Logging;
using Uns.Mqtt.Client;
using Uns.Mqtt.Packets;
using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;

namespace Uns.Sparkplug.Check;

/// <summary>
/// Puts an edge node or a host to the test that speaks to the broker through a recorder: gives it cause to act, watches the
/// line, and judges every packet.
/// </summary>
/// <param name="broker">The broker itself.</param>
/// <param name="line">What the node or host is pointed at.</param>
/// <param name="length">How long the whole test lasts.</param>
/// <param name="clock">Time of all messages and waits.</param>
/// <param name="logger">Hears of connections that break.</param>
public sealed class LineProbe(MqttClientOptions broker, PacketRecorder line, TimeSpan length, TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan GapPatience = TimeSpan.FromSeconds(10); // Twice what hosts wait as they come.

    /// <summary>True to watch until the time is over, for what others bring about; false to end when all that is done here was answered.</summary>
    public bool WatchesOn { get; init; } = true;

    /// <summary>Tests the edge node that is born first on the line.</summary>
    /// <param name="node">The node; null: the first one that is born.</param>
    /// <param name="primaryHost">The node's primary host, which is played here; null: it has none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null when no node was born in time.</returns>
    public async Task<CheckReport?> EdgeAsync(EdgeNodeId? node, string? primaryHost, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(length, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        await using var host = await ConnectAsync("host", primaryHost is null ? null : Death(primaryHost), cancellationToken);
        if (primaryHost is not null)
        {
            await StateAsync(host, primaryHost, isOnline: true);
        }

        RecordedPacket? birth = null;
        try
        {
            birth = await BirthAsync(node, 0, either.Token);
            node = SparkplugTopic.TryParse(birth.Message!.Topic, out var topic) ? topic.Node : node;
            await SettleAsync(either.Token);
            var asked = line.Trace.Count;
            await SendAsync(host, SparkplugTopic.OfNode(MessageVerb.NCmd, node!.Value), Metric.Of(EdgeNodeSession.RebirthName, TagValue.Of(true), clock.GetUtcNow()));
            await BirthAsync(node, asked, either.Token);
            await SettleAsync(either.Token);
            if (primaryHost is not null)
            {
                await StateAsync(host, primaryHost, isOnline: false);
                await line.Trace.FindAsync(p => p.IsEnd, asked, either.Token);
                var left = line.Trace.Count;
                await StateAsync(host, primaryHost, isOnline: true);
                await BirthAsync(node, left, either.Token);
                await SettleAsync(either.Token);
            }

            // A broken line shows the will, the next bdSeq and the births of a new session.
            var cut = line.Trace.Count;
            line.Cut();
            await BirthAsync(node, cut, either.Token);
            await WatchAsync(either.Token); // Data, devices that come and go, a planned stop: what the user brings about.
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The time is over.
        }

        return birth is null ? null : Judge(node!.Value, primaryHost);
    }

    /// <summary>Tests a host.</summary>
    /// <param name="hostId">The host.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null when the host did not come in time.</returns>
    public async Task<CheckReport?> HostAsync(string hostId, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(length, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        var topic = SparkplugTopic.OfState(hostId).ToString();
        var node = new EdgeNodeId("check", $"E-{Guid.NewGuid():N}"[..14]);
        RecordedPacket? state = null;
        DateTimeOffset? gapSince = null;
        try
        {
            state = await line.Trace.FindAsync(p => p is { FromClient: true, Message: { } m } && m.Topic == topic, 0, either.Token);
            await SettleAsync(either.Token);
            await using var player = await ConnectAsync("node", null, either.Token);

            // A false death: older than the host's own word, so no new connection is due.
            await LieAsync(player, topic, either.Token);

            // A message is missing: once the reorder time is over the host has to ask for a rebirth.
            await SayAsync(player, node, MessageVerb.NBirth, seq: 0);
            await SayAsync(player, node, MessageVerb.NData, seq: 2);
            gapSince = clock.GetUtcNow();
            var ncmd = SparkplugTopic.OfNode(MessageVerb.NCmd, node).ToString();
            await line.Trace.FindAsync(p => p is { FromClient: true, Message: { } m } && m.Topic == ncmd, state.Index, either.Token);
            gapSince = null;
            await WatchAsync(either.Token); // Commands and a planned stop are the user's.
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The time is over.
        }

        if (state is null)
        {
            return null;
        }

        var report = HostRules.Judge(line.Trace.Packets(), hostId, end: clock.GetUtcNow());
        if (clock.GetUtcNow() - gapSince is { } waited && waited >= GapPatience)
        {
            // How long a host waits is its own setting, and whether it asks at all may be one.
            report.Should(
                false, $"A message was missing for {waited.TotalSeconds:0} seconds, and no rebirth was asked for.",
                "tck-id-operational-behavior-host-reordering-rebirth", "untagged-host-rebirth-on-gap");
        }

        return report;
    }

    private static async Task LieAsync(MqttClient player, string topic, CancellationToken cancellationToken)
    {
        try
        {
            await player.PublishAsync(topic, HostState.Write(isOnline: false, DateTimeOffset.UnixEpoch), QualityOfService.AtLeastOnce, retain: true, cancellationToken);
        }
        catch (MqttRefusedException)
        {
            // A broker that lets nobody speak in the host's name: there is nothing to answer then.
        }
    }

    private Task<RecordedPacket> BirthAsync(EdgeNodeId? node, int from, CancellationToken cancellationToken) => line.Trace.FindAsync(
        p => p is { FromClient: true, Message: { } m } && SparkplugTopic.TryParse(m.Topic, out var topic) && topic.Verb == MessageVerb.NBirth && (node is null || topic.Node == node),
        from,
        cancellationToken);

    private CheckReport Judge(EdgeNodeId node, string? primaryHost)
    {
        var report = new CheckReport();
        var rules = new EdgeNodeRules(node, report) { PrimaryHost = primaryHost };
        var payloads = new PayloadRules(report);
        var topics = new TopicRules(report);
        var wills = new Dictionary<int, string>();
        foreach (var packet in line.Trace.Packets())
        {
            rules.Take(packet);
            if (packet.Connect?.Will is { } will)
            {
                wills[packet.Connection] = will.Topic;
            }
            else if (packet.IsEnd && wills.Remove(packet.Connection, out var death))
            {
                topics.Take(death, packet.Connection); // The broker says it in the client's name.
            }

            if (packet is { FromClient: true, Message: { } message })
            {
                topics.Take(message.Topic, packet.Connection);
                if (SparkplugTopic.TryParse(message.Topic, out var topic))
                {
                    payloads.Take(topic, message.Payload, packet.At);
                }
            }
        }

        rules.End();
        return report;
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        await SettleAsync(cancellationToken);
        if (WatchesOn)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, clock, cancellationToken);
        }
    }

    private Task SettleAsync(CancellationToken cancellationToken) => Task.Delay(Settling, clock, cancellationToken);

    private Task<MqttClient> ConnectAsync(string role, Will? will, CancellationToken cancellationToken) => MqttClient.ConnectAsync(
        broker with { ClientId = $"check-{role}-{Guid.NewGuid():N}"[..22] }, _ => ValueTask.FromResult(will), clock, logger, cancellationToken);

    private Will Death(string hostId) => new()
    {
        Topic = SparkplugTopic.OfState(hostId).ToString(),
        Payload = HostState.Write(isOnline: false, clock.GetUtcNow()),
        Qos = QualityOfService.AtLeastOnce,
        Retain = true,
    };

    private async Task StateAsync(MqttClient host, string hostId, bool isOnline) => await host.PublishAsync(
        SparkplugTopic.OfState(hostId).ToString(), HostState.Write(isOnline, clock.GetUtcNow()), QualityOfService.AtLeastOnce, retain: true);

    private async Task SendAsync(MqttClient client, SparkplugTopic topic, params Metric[] metrics) => await client.PublishAsync(
        topic.ToString(), PayloadWriter.Write(new SparkplugPayload { Timestamp = clock.GetUtcNow(), Metrics = metrics }));

    private async Task SayAsync(MqttClient player, EdgeNodeId node, MessageVerb verb, int seq)
    {
        var now = clock.GetUtcNow();
        List<Metric> metrics = [Metric.Of("value", TagValue.Of((double)seq), now)];
        if (verb == MessageVerb.NBirth)
        {
            metrics.AddRange([Metric.Of(EdgeNodeSession.BdSeqName, TagValue.OfInteger(DataType.Int64, 0), now), Metric.Of(EdgeNodeSession.RebirthName, TagValue.Of(false), now)]);
        }

        await player.PublishAsync(SparkplugTopic.OfNode(verb, node).ToString(), PayloadWriter.Write(new SparkplugPayload { Timestamp = now, Seq = seq, Metrics = metrics }));
    }
}
