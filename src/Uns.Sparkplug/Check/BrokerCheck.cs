using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Mqtt.Client;
using Uns.Mqtt.Packets;
using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;

namespace Uns.Sparkplug.Check;

/// <summary>
/// Puts any MQTT broker to the test: whether it is Sparkplug compliant, and whether it is Sparkplug aware. It speaks under a
/// group of its own, made up for each run, and takes away what it had the broker keep; only the certificates stay.
/// </summary>
/// <param name="broker">Where the broker is; the client id is made up.</param>
/// <param name="patience">Longest wait for each message. One that does not come costs as much.</param>
/// <param name="clock">Time of all messages and waits.</param>
/// <remarks>Sparkplug 3.0, 10.1.3 and 10.1.4.</remarks>
public sealed class BrokerCheck(MqttClientOptions broker, TimeSpan patience, TimeProvider clock)
{
    private const string Certificates = "$sparkplug/certificates/";

    private static readonly string[] Compliant =
        ["tck-id-conformance-mqtt-qos0", "tck-id-conformance-mqtt-qos1", "tck-id-conformance-mqtt-will-messages", "tck-id-conformance-mqtt-retained"];

    private readonly CheckReport _report = new();
    private readonly string _run = Guid.NewGuid().ToString("N")[..12];
    private int _clients;

    private EdgeNodeId Node => new($"check-{_run}", "E1");

    /// <summary>Runs all checks for a compliant broker, and with <paramref name="aware"/> those for an aware one.</summary>
    /// <exception cref="MqttException">The broker cannot be reached, or the connection broke.</exception>
    public async Task<CheckReport> RunAsync(bool aware, CancellationToken cancellationToken)
    {
        await QosAsync(cancellationToken);
        await RetainedAsync(cancellationToken);
        await WillAsync(cancellationToken);
        await GoodbyeAsync(cancellationToken);
        if (aware)
        {
            await AwareAsync(cancellationToken);
            var broken = Compliant.Where(id => _report[id].Verdict != CheckVerdict.Pass).ToList();
            _report.Must(broken.Count == 0, $"It is not even compliant: {string.Join(", ", broken)}.", "tck-id-conformance-mqtt-aware-basic");
        }

        return _report;
    }

    private async Task QosAsync(CancellationToken cancellationToken)
    {
        var topic = $"sparkplug-check/{_run}/data";
        await using var listener = await ConnectAsync(null, cancellationToken);
        await listener.SubscribeAsync([new(topic, QualityOfService.AtLeastOnce)], cancellationToken);
        await using var sender = await ConnectAsync(null, cancellationToken);
        foreach (var (qos, id) in new[] { (QualityOfService.AtMostOnce, Compliant[0]), (QualityOfService.AtLeastOnce, Compliant[1]) })
        {
            var payload = new[] { (byte)qos };
            await sender.PublishAsync(topic, payload, qos, cancellationToken: cancellationToken);
            var got = await NextAsync(listener, m => m.Payload.Span.SequenceEqual(payload), cancellationToken);
            _report.Must(got is { } message && message.Qos == qos, got is null ? $"A message with QoS {(int)qos} did not arrive." : $"A message with QoS {(int)qos} arrived with QoS {(int)got.Value.Qos}.", id);
        }
    }

    private async Task RetainedAsync(CancellationToken cancellationToken)
    {
        var topic = $"sparkplug-check/{_run}/retained";
        await using var sender = await ConnectAsync(null, cancellationToken);
        foreach (var payload in new byte[][] { [1], [2] })
        {
            await sender.PublishAsync(topic, payload, QualityOfService.AtLeastOnce, retain: true, cancellationToken);
        }

        var kept = await KeptAsync(topic, cancellationToken);
        _report.Must(kept is { Retain: true } && kept.Value.Payload.Span.SequenceEqual((byte[])[2]), "The last retained message did not come to a later subscriber, or without its flag.", Compliant[3]);
        await sender.PublishAsync(topic, ReadOnlyMemory<byte>.Empty, QualityOfService.AtLeastOnce, retain: true, cancellationToken);
        _report.Must(await KeptAsync(topic, cancellationToken) is null, "An empty retained message did not take the kept one away.", Compliant[3]);
    }

    private async Task WillAsync(CancellationToken cancellationToken)
    {
        foreach (var (topic, retain) in new[] { ($"sparkplug-check/{_run}/state", true), ($"sparkplug-check/{_run}/death", false) })
        {
            await using var listener = await ConnectAsync(null, cancellationToken);
            await listener.SubscribeAsync([new(topic, QualityOfService.AtLeastOnce)], cancellationToken);
            var payload = HostState.Write(isOnline: false, clock.GetUtcNow());
            var leaving = await ConnectAsync(new Will { Topic = topic, Payload = payload, Qos = QualityOfService.AtLeastOnce, Retain = retain }, cancellationToken);
            await leaving.DisposeAsync(); // No goodbye.
            var will = await NextAsync(listener, m => m.Payload.Span.SequenceEqual(payload), cancellationToken);
            _report.Must(will is { Qos: QualityOfService.AtLeastOnce }, will is null ? "A will did not come when its connection was cut." : "A will of QoS 1 came with QoS 0.", Compliant[2]);
            var kept = await KeptAsync(topic, cancellationToken);
            _report.Must(kept is not null == retain, retain ? "A retained will was not kept." : "A will that was not to be retained was kept.", Compliant[2]);
            if (kept is not null)
            {
                await using var cleaner = await ConnectAsync(null, cancellationToken);
                await cleaner.PublishAsync(topic, ReadOnlyMemory<byte>.Empty, QualityOfService.AtLeastOnce, retain: true, cancellationToken);
            }
        }
    }

    private async Task GoodbyeAsync(CancellationToken cancellationToken)
    {
        var topic = $"sparkplug-check/{_run}/goodbye";
        await using var listener = await ConnectAsync(null, cancellationToken);
        await listener.SubscribeAsync([new(topic, QualityOfService.AtLeastOnce)], cancellationToken);
        await using var leaving = await ConnectAsync(new Will { Topic = topic, Payload = [9], Qos = QualityOfService.AtLeastOnce }, cancellationToken);
        await leaving.DisconnectAsync();

        // What the broker does about the goodbye it has done before it takes a later connection's message.
        await using var sender = await ConnectAsync(null, cancellationToken);
        await sender.PublishAsync(topic, new byte[] { 1 }, QualityOfService.AtLeastOnce, cancellationToken: cancellationToken);
        var next = await NextAsync(listener, _ => true, cancellationToken);
        _report.Must(next is { } message && message.Payload.Span[0] == 1, "A will came after a DISCONNECT.", "untagged-broker-will-suppressed-by-disconnect");
    }

    private async Task AwareAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var death = SparkplugTopic.OfNode(MessageVerb.NDeath, Node).ToString();
        var old = now.AddHours(-1);
        var deathPayload = PayloadWriter.Write(new SparkplugPayload { Timestamp = old, Metrics = [BdSeq(old)] });
        await using var listener = await ConnectAsync(null, cancellationToken);
        await listener.SubscribeAsync([new(death, QualityOfService.AtLeastOnce)], cancellationToken);
        var node = await ConnectAsync(new Will { Topic = death, Payload = deathPayload, Qos = QualityOfService.AtLeastOnce }, cancellationToken);
        var births = new List<(string Topic, byte[] Payload, string TopicRule, string RetainRule)>();
        foreach (var value in new[] { 1, 2 }) // The second ones take the place of the first.
        {
            births =
            [
                (
                    SparkplugTopic.OfNode(MessageVerb.NBirth, Node).ToString(), Birth(now, value, 0),
                    "tck-id-conformance-mqtt-aware-nbirth-mqtt-topic", "tck-id-conformance-mqtt-aware-nbirth-mqtt-retain"),
                (
                    SparkplugTopic.OfDevice(MessageVerb.DBirth, Node, "D1").ToString(), Birth(now, value, 1),
                    "tck-id-conformance-mqtt-aware-dbirth-mqtt-topic", "tck-id-conformance-mqtt-aware-dbirth-mqtt-retain"),
            ];
            foreach (var birth in births)
            {
                await node.PublishAsync(birth.Topic, birth.Payload, cancellationToken: cancellationToken);
            }
        }

        await node.PublishAsync($"sparkplug-check/{_run}/fence", new byte[] { 1 }, QualityOfService.AtLeastOnce, cancellationToken: cancellationToken); // Acknowledged behind the births.
        foreach (var (topic, payload, topicRule, retainRule) in births)
        {
            var kept = await KeptAsync(Certificates + topic, cancellationToken);
            var nothing = $"Nothing is kept on {Certificates}{topic}: the broker is not Sparkplug aware.";
            _report.Must(kept is not null, nothing, "tck-id-conformance-mqtt-aware-store", topicRule);
            _report.Must(kept is { Retain: true }, kept is null ? nothing : $"The certificate on {Certificates}{topic} came without the retain flag.", retainRule);
            _report.Must(
                kept is { } message && message.Payload.Span.SequenceEqual(payload), kept is null ? nothing : $"What is kept on {Certificates}{topic} is not the last birth byte for byte.",
                "tck-id-conformance-mqtt-aware-store", "untagged-aware-latest-birth");
        }

        await node.DisposeAsync();
        JudgeDeath(await NextAsync(listener, _ => true, cancellationToken), old);
    }

    private void JudgeDeath(MqttMessage? death, DateTimeOffset old)
    {
        const string Id = "tck-id-conformance-mqtt-aware-ndeath-timestamp";
        DateTimeOffset? time;
        try
        {
            time = death is { } message ? PayloadReader.Read(message.Payload.Span).Timestamp : null;
        }
        catch (SparkplugFormatException)
        {
            time = null;
        }

        var isNow = time is { } said && (clock.GetUtcNow() - said).Duration() < TimeSpan.FromSeconds(60);
        var isOld = time?.ToUnixTimeMilliseconds() == old.ToUnixTimeMilliseconds();
        if (isOld)
        {
            _report.Should(false, "The NDEATH came with the time of the CONNECT, which is allowed: the broker does not stamp it.", Id);
        }
        else
        {
            _report.Must(isNow, $"The NDEATH came with the time {time:O}, which is neither the CONNECT's nor that of its delivery.", Id);
        }
    }

    private static Metric BdSeq(DateTimeOffset at) => Metric.Of(EdgeNodeSession.BdSeqName, TagValue.OfInteger(DataType.Int64, 0), at);

    private static byte[] Birth(DateTimeOffset at, int value, int seq) =>
    [
        .. PayloadWriter.Write(new SparkplugPayload
        {
            Timestamp = at,
            Seq = seq,
            Metrics = [BdSeq(at), Metric.Of(EdgeNodeSession.RebirthName, TagValue.Of(false), at), Metric.Of("value", TagValue.OfInteger(DataType.Int32, value), at)],
        }),
        0xD2, 0x09, 0x02, 0x68, 0x69, // Field 154, which the schema leaves to extensions.
    ];

    private Task<MqttClient> ConnectAsync(Will? will, CancellationToken cancellationToken) => MqttClient.ConnectAsync(
        broker with { ClientId = $"check-{_run}-{++_clients}" }, _ => ValueTask.FromResult(will), clock, NullLogger.Instance, cancellationToken);

    /// <summary>What the broker keeps on a topic, as a new subscriber gets it; null: nothing.</summary>
    private async Task<MqttMessage?> KeptAsync(string topic, CancellationToken cancellationToken)
    {
        await using var late = await ConnectAsync(null, cancellationToken);
        try
        {
            await late.SubscribeAsync([new(topic, QualityOfService.AtLeastOnce)], cancellationToken);
        }
        catch (MqttRefusedException)
        {
            return null;
        }

        return await NextAsync(late, m => m.Topic == topic, cancellationToken);
    }

    private async Task<MqttMessage?> NextAsync(MqttClient client, Func<MqttMessage, bool> wanted, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            while (true)
            {
                var message = await client.Messages.ReadAsync(either.Token);
                if (wanted(message))
                {
                    return message;
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        catch (ChannelClosedException closed)
        {
            throw closed.InnerException as MqttException ?? new MqttConnectionLostException("The broker closed the connection.", closed);
        }
    }
}
