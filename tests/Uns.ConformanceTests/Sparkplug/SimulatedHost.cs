using Uns.Mqtt.Client;
using Uns.Mqtt.Packets;
using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;

namespace Uns.ConformanceTests.Sparkplug;

/// <summary>A host application that says what a test tells it: STATE with any timestamp, commands, rebirth requests.</summary>
internal sealed class SimulatedHost(string hostId, MqttClient client)
{
    public string Topic { get; } = SparkplugTopic.OfState(hostId).ToString();

    public Task StateAsync(bool isOnline, DateTimeOffset timestamp) => StateAsync(HostState.Write(isOnline, timestamp));

    public async Task StateAsync(byte[] payload) => await client.PublishAsync(Topic, payload, QualityOfService.AtLeastOnce, retain: true);

    public Task AskRebirthAsync(EdgeNodeId node) => SendAsync(
        SparkplugTopic.OfNode(MessageVerb.NCmd, node), Metric.Of(EdgeNodeSession.RebirthName, TagValue.Of(true), TimeProvider.System.GetUtcNow()));

    public async Task SendAsync(SparkplugTopic topic, params Metric[] metrics) => await client.PublishAsync(
        topic.ToString(), PayloadWriter.Write(new SparkplugPayload { Timestamp = TimeProvider.System.GetUtcNow(), Metrics = metrics }));
}
