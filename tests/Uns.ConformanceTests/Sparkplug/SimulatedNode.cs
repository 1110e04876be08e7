using Uns.Mqtt.Client;
using Uns.Mqtt.Packets;
using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;

namespace Uns.ConformanceTests.Sparkplug;

/// <summary>An edge node that says exactly what a test tells it, right or wrong, over a real connection.</summary>
internal sealed class SimulatedNode(EdgeNodeId id, MqttClient client)
{
    private int _seq;

    public EdgeNodeId Id => id;

    public MqttClient Client => client;

    public long BdSeq { get; private set; }

    /// <summary>Connects with an NDEATH as the will, as the standard wants it.</summary>
    public static async Task<SimulatedNode> ConnectAsync(EdgeNodeId id, MqttClientOptions broker, long bdSeq = 0)
    {
        var will = new Will
        {
            Topic = SparkplugTopic.OfNode(MessageVerb.NDeath, id).ToString(),
            Payload = PayloadWriter.Write(Death(bdSeq)),
            Qos = QualityOfService.AtLeastOnce,
        };
        var client = await MqttClient.ConnectAsync(
            broker with { ClientId = $"sim-{id.NodeId}" }, _ => ValueTask.FromResult<Will?>(will), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, default);
        return new SimulatedNode(id, client) { BdSeq = bdSeq };
    }

    public static SparkplugPayload Death(long bdSeq) => new() { Timestamp = TimeProvider.System.GetUtcNow(), Metrics = [Bd(bdSeq)] };

    public static Metric Bd(long bdSeq) => Metric.Of(EdgeNodeSession.BdSeqName, TagValue.OfInteger(DataType.Int64, bdSeq), TimeProvider.System.GetUtcNow());

    /// <summary>NBIRTH with seq 0, bdSeq, the rebirth metric and what is given.</summary>
    public Task BirthAsync(params Metric[] metrics)
    {
        _seq = 0;
        return SendAsync(MessageVerb.NBirth, null, [Bd(BdSeq), Metric.Of(EdgeNodeSession.RebirthName, TagValue.Of(false), TimeProvider.System.GetUtcNow()), .. metrics]);
    }

    /// <summary>A message of the node with the next seq.</summary>
    public Task SendAsync(MessageVerb verb, string? device, params Metric[] metrics) => SendAsync(verb, device, Next(), metrics);

    /// <summary>A message of the node with the seq given; null: none.</summary>
    public async Task SendAsync(MessageVerb verb, string? device, int? seq, params Metric[] metrics) => await SendAsync(
        device is null ? SparkplugTopic.OfNode(verb, id) : SparkplugTopic.OfDevice(verb, id, device),
        new SparkplugPayload { Timestamp = TimeProvider.System.GetUtcNow(), Seq = seq, Metrics = metrics });

    public async Task SendAsync(SparkplugTopic topic, SparkplugPayload payload) => await client.PublishAsync(topic.ToString(), PayloadWriter.Write(payload));

    /// <summary>Spends a seq without sending it: a message that was lost.</summary>
    public int Next()
    {
        var seq = _seq;
        _seq = (_seq + 1) % 256;
        return seq;
    }

    /// <summary>A double with the time of now.</summary>
    public static Metric Double(string name, double value) => Metric.Of(name, TagValue.Of(value), TimeProvider.System.GetUtcNow());
}
