using Uns.Mqtt.Client;
using Uns.Mqtt.Packets;
using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.ConformanceTests.Sparkplug;

public sealed class EdgeNodeOverSocketTests : IAsyncLifetime
{
    private readonly Plant _plant = new();

    public async ValueTask InitializeAsync() => await _plant.StartAsync();

    public ValueTask DisposeAsync() => _plant.DisposeAsync();

    [Fact, Spec("tck-id-topics-nbirth-mqtt"), Spec("tck-id-payloads-nbirth-qos"), Spec("tck-id-payloads-nbirth-retain"), Spec("tck-id-topics-dbirth-mqtt")]
    [Spec("tck-id-topics-ddata-mqtt"), Spec("tck-id-payloads-ddata-qos"), Spec("tck-id-payloads-ddata-retain"), Spec("tck-id-principles-birth-certificates-order")]
    [Spec("tck-id-message-flow-edge-node-birth-publish-nbirth-qos"), Spec("tck-id-message-flow-device-birth-publish-dbirth-qos")]
    public async Task A_node_is_born_with_its_devices_and_sends_data_unretained_with_qos_0()
    {
        var listener = await _plant.ListenAsync();
        var (node, _) = _plant.RunEdgeNode();
        var first = await listener.NextAsync(_ => true);
        Assert.Equal("spBv1.0/Plant/NBIRTH/Line 1", first.Topic);
        Assert.Equal((QualityOfService.AtMostOnce, false), (first.Qos, first.Retain));
        var (birth, device) = await listener.NextAsync(MessageVerb.DBirth);
        Assert.Equal((QualityOfService.AtMostOnce, false, 1), (birth.Qos, birth.Retain, device.Seq!.Value));
        node.Offer("D", Plant.Level(1));
        node.Offer("D", Plant.Level(2));
        var (message, data) = await listener.NextAsync(MessageVerb.DData);
        Assert.Equal((QualityOfService.AtMostOnce, false, 2), (message.Qos, message.Retain, data.Seq!.Value));
        Assert.Equal([1.0, 2.0], data.Metrics.Select(m => m.Value.Number)); // One poll, one message.
    }

    [Theory, Spec("tck-id-operational-behavior-edge-node-intentional-disconnect-ndeath"), Spec("tck-id-payloads-ndeath-will-message-publisher-disconnect-mqtt50")]
    [Spec("tck-id-payloads-ndeath-will-message-publisher-disconnect-mqtt311"), Spec("tck-id-payloads-ndeath-bdseq"), Spec("tck-id-payloads-ndeath-will-message-publisher")]
    [Spec("tck-id-message-flow-edge-node-birth-publish-will-message-will-retained")]
    [InlineData(ProtocolVersion.V5, 2)]   // Said, and sent by the broker as the will too.
    [InlineData(ProtocolVersion.V311, 1)] // Said; a plain goodbye drops the will.
    public async Task A_planned_stop_says_the_death_with_the_number_of_the_birth(ProtocolVersion version, int deaths)
    {
        var listener = await _plant.ListenAsync();
        var (_, stopAsync) = _plant.RunEdgeNode(version);
        var (_, birth) = await listener.NextAsync(MessageVerb.NBirth);
        await listener.NextAsync(MessageVerb.DBirth);
        await stopAsync();
        for (var i = 0; i < deaths; i++)
        {
            var (message, death) = await listener.NextAsync(MessageVerb.NDeath);
            Assert.False(message.Retain);
            Assert.Null(death.Seq);
            Assert.Equal(birth.Metrics.Single(m => m.Name == "bdSeq").Value.Bits, Assert.Single(death.Metrics).Value.Bits);
        }

        await listener.Client.PublishAsync("spBv1.0/STATE/end", new byte[] { 1 });
        var next = await listener.NextAsync(_ => true);
        Assert.Equal("spBv1.0/STATE/end", next.Topic); // No further death.
    }

    [Fact, Spec("tck-id-topics-nbirth-bdseq-increment"), Spec("tck-id-payloads-ndeath-will-message-qos"), Spec("tck-id-message-flow-edge-node-birth-publish-will-message")]
    public async Task A_connection_that_is_taken_away_gives_the_will_and_the_next_birth_counts_on()
    {
        var listener = await _plant.ListenAsync();
        var (node, _) = _plant.RunEdgeNode();
        var (_, first) = await listener.NextAsync(MessageVerb.NBirth);
        await listener.NextAsync(MessageVerb.DBirth);

        // Another client of the same name: the broker drops the node's connection, as a broken line would.
        await using (await _plant.ConnectAsync("edge"))
        {
            node.Offer("D", Plant.Level(7)); // Waits for the birth, or is lost on the way and is in the birth all the same.
            var (message, death) = await listener.NextAsync(MessageVerb.NDeath);
            Assert.Equal(QualityOfService.AtLeastOnce, message.Qos);
            Assert.Equal(0, Assert.Single(death.Metrics).Value.Bits);
        }

        var (_, second) = await listener.NextAsync(MessageVerb.NBirth);
        Assert.Equal((0L, 1L), (BdSeq(first), BdSeq(second)));
        Assert.Equal(0, second.Seq);
        var (_, device) = await listener.NextAsync(MessageVerb.DBirth);
        Assert.Equal(7, device.Metrics.Single(m => m.Name == "level").Value.Number);
    }

    [Fact, Spec("tck-id-operational-behavior-data-commands-rebirth-action-2"), Spec("tck-id-operational-behavior-data-commands-rebirth-action-3")]
    [Spec("tck-id-message-flow-edge-node-ncmd-subscribe")]
    public async Task A_rebirth_request_is_answered_with_the_whole_birth_and_the_same_number()
    {
        var listener = await _plant.ListenAsync();
        _plant.RunEdgeNode();
        await listener.NextAsync(MessageVerb.DBirth);
        var request = HostSession.Rebirth(Plant.Id, TimeProvider.System.GetUtcNow());
        await listener.Client.PublishAsync(request.Topic.ToString(), PayloadWriter.Write(request.Payload));
        var (_, birth) = await listener.NextAsync(MessageVerb.NBirth);
        Assert.Equal((0, 0L), (birth.Seq!.Value, BdSeq(birth)));
        var (_, device) = await listener.NextAsync(MessageVerb.DBirth);
        Assert.Equal(1, device.Seq);
    }

    [Fact, Spec("tck-id-message-flow-device-dcmd-subscribe")]
    public async Task Commands_reach_the_writer_and_those_that_do_not_fit_are_refused()
    {
        var listener = await _plant.ListenAsync();
        var (node, _) = _plant.RunEdgeNode();
        var written = new TaskCompletionSource<(string, string, TagValue)>();
        node.OnCommand = (device, tag, value, _) =>
        {
            written.TrySetResult((device, tag, value));
            return Task.CompletedTask;
        };
        await listener.NextAsync(MessageVerb.DBirth);
        await SendAsync(listener.Client, "D", Metric.Of("count", TagValue.OfInteger(DataType.Int32, 1)));  // read-only
        await SendAsync(listener.Client, "D", Metric.Of("level", TagValue.Of(11.0)));                      // out of range
        await SendAsync(listener.Client, "D", Metric.Of("level", TagValue.Of("x")));                       // another type
        await SendAsync(listener.Client, "D", Metric.Of("nothing", TagValue.Of(1.0)));                     // no such tag
        await SendAsync(listener.Client, "X", Metric.Of("level", TagValue.Of(1.0)));                       // no such device
        await listener.Client.PublishAsync("spBv1.0/Plant/DCMD/Line 1/D", new byte[] { 0xFF });            // no payload
        await SendAsync(listener.Client, "D", Metric.Of("level", TagValue.Of(9.5)));
        Assert.Equal(("D", "level", TagValue.Of(9.5)), await written.Task.WaitAsync(Plant.Deadline));
        Assert.Equal(6, node.Status.CommandsRefused);
    }

    private static long BdSeq(SparkplugPayload payload) => payload.Metrics.Single(m => m.Name == EdgeNodeSession.BdSeqName).Value.Bits;

    private static async Task SendAsync(MqttClient client, string device, Metric metric) => await client.PublishAsync(
        SparkplugTopic.OfDevice(MessageVerb.DCmd, Plant.Id, device).ToString(),
        PayloadWriter.Write(new SparkplugPayload { Timestamp = TimeProvider.System.GetUtcNow(), Metrics = [metric] }));
}
