using Uns.Mqtt.Client;
using Uns.Mqtt.Packets;
using Uns.Sparkplug.Check;
using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.ConformanceTests.Sparkplug;

/// <summary>Our edge node in the stories of the standard; the rules judge every packet that passed between it and the broker.</summary>
public sealed class EdgeNodeTests : IAsyncLifetime
{
    private readonly Plant _plant = new();

    public async ValueTask InitializeAsync() => await _plant.StartAsync();

    public ValueTask DisposeAsync() => _plant.DisposeAsync();

    [Fact]
    [Spec("tck-id-principles-birth-certificates-order"), Spec("tck-id-topics-nbirth-topic"), Spec("tck-id-topics-nbirth-mqtt"), Spec("tck-id-topics-nbirth-seq-num")]
    [Spec("tck-id-topics-nbirth-timestamp"), Spec("tck-id-topics-nbirth-metrics"), Spec("tck-id-topics-nbirth-bdseq-included")]
    [Spec("tck-id-topics-nbirth-bdseq-matching"), Spec("tck-id-topics-nbirth-rebirth-metric"), Spec("tck-id-topics-dbirth-topic"), Spec("tck-id-topics-dbirth-mqtt")]
    [Spec("tck-id-topics-dbirth-seq"), Spec("tck-id-topics-dbirth-timestamp"), Spec("tck-id-topics-dbirth-metrics"), Spec("tck-id-case-sensitivity-metric-names")]
    [Spec("tck-id-message-flow-edge-node-ncmd-subscribe"), Spec("tck-id-message-flow-edge-node-birth-publish-connect")]
    [Spec("tck-id-message-flow-edge-node-birth-publish-nbirth-topic"), Spec("tck-id-message-flow-edge-node-birth-publish-nbirth-payload")]
    [Spec("tck-id-message-flow-edge-node-birth-publish-nbirth-payload-bdSeq"), Spec("tck-id-message-flow-edge-node-birth-publish-nbirth-qos")]
    [Spec("tck-id-message-flow-edge-node-birth-publish-nbirth-retained"), Spec("tck-id-message-flow-edge-node-birth-publish-nbirth-payload-seq")]
    [Spec("tck-id-message-flow-device-dcmd-subscribe"), Spec("tck-id-message-flow-device-birth-publish-nbirth-wait")]
    [Spec("tck-id-message-flow-device-birth-publish-dbirth-topic"), Spec("tck-id-message-flow-device-birth-publish-dbirth-match-edge-node-topic")]
    [Spec("tck-id-message-flow-device-birth-publish-dbirth-payload"), Spec("tck-id-message-flow-device-birth-publish-dbirth-qos")]
    [Spec("tck-id-message-flow-device-birth-publish-dbirth-retained"), Spec("tck-id-message-flow-device-birth-publish-dbirth-payload-seq")]
    [Spec("tck-id-operational-behavior-data-publish-nbirth-values"), Spec("tck-id-operational-behavior-data-publish-nbirth-order")]
    [Spec("tck-id-operational-behavior-data-publish-dbirth-values"), Spec("tck-id-operational-behavior-data-publish-dbirth-order")]
    [Spec("tck-id-operational-behavior-data-commands-rebirth-name"), Spec("tck-id-operational-behavior-data-commands-rebirth-name-aliases")]
    [Spec("tck-id-operational-behavior-data-commands-rebirth-datatype"), Spec("tck-id-operational-behavior-data-commands-rebirth-value")]
    [Spec("tck-id-payloads-sequence-num-always-included"), Spec("tck-id-payloads-sequence-num-req-nbirth"), Spec("tck-id-payloads-sequence-num-incrementing")]
    [Spec("tck-id-payloads-nbirth-timestamp"), Spec("tck-id-payloads-nbirth-edge-node-descriptor"), Spec("tck-id-payloads-nbirth-seq")]
    [Spec("tck-id-payloads-nbirth-bdseq"), Spec("tck-id-payloads-nbirth-bdseq-repeat"), Spec("tck-id-payloads-nbirth-rebirth-req"), Spec("tck-id-payloads-nbirth-qos")]
    [Spec("tck-id-payloads-nbirth-retain"), Spec("tck-id-payloads-dbirth-timestamp"), Spec("tck-id-payloads-dbirth-seq"), Spec("tck-id-payloads-dbirth-seq-inc")]
    [Spec("tck-id-payloads-dbirth-order"), Spec("tck-id-payloads-dbirth-qos"), Spec("tck-id-payloads-dbirth-retain"), Spec("untagged-edge-nbirth-after-session")]
    [Spec("untagged-utc-clocks"), Spec("untagged-all-clients-clean-session")]
    public async Task A_node_is_born_with_its_device()
    {
        _plant.RunEdgeNode();
        await SaidAsync(MessageVerb.DBirth);
        Proof.Holds(Judge());
    }

    [Fact]
    [Spec("tck-id-principles-persistence-clean-session-50"), Spec("tck-id-message-flow-edge-node-birth-publish-will-message")]
    [Spec("tck-id-message-flow-edge-node-birth-publish-will-message-topic"), Spec("tck-id-message-flow-edge-node-birth-publish-will-message-payload")]
    [Spec("tck-id-message-flow-edge-node-birth-publish-will-message-qos"), Spec("tck-id-message-flow-edge-node-birth-publish-will-message-will-retained")]
    [Spec("tck-id-topics-ndeath-topic"), Spec("tck-id-topics-ndeath-payload"), Spec("tck-id-topics-ndeath-seq"), Spec("tck-id-payloads-ndeath-seq")]
    [Spec("tck-id-payloads-ndeath-will-message"), Spec("tck-id-payloads-ndeath-will-message-qos"), Spec("tck-id-payloads-ndeath-will-message-retain")]
    [Spec("untagged-ndeath-timestamp"), Spec("untagged-all-clients-clean-session")]
    public async Task The_connect_is_clean_and_leaves_the_death_as_its_will()
    {
        _plant.RunEdgeNode();
        await SaidAsync(MessageVerb.NBirth);
        Proof.Holds(Judge());
    }

    [Fact, Spec("tck-id-principles-persistence-clean-session-311")]
    public async Task A_node_of_3_1_1_asks_for_a_clean_session()
    {
        _plant.RunEdgeNode(ProtocolVersion.V311);
        await SaidAsync(MessageVerb.DBirth);
        Proof.Holds(Judge());
    }

    [Fact]
    [Spec("tck-id-principles-rbe-recommended"), Spec("tck-id-topics-ndata-topic"), Spec("tck-id-topics-ndata-mqtt"), Spec("tck-id-topics-ndata-seq-num")]
    [Spec("tck-id-topics-ndata-timestamp"), Spec("tck-id-topics-ndata-payload"), Spec("tck-id-topics-ddata-topic"), Spec("tck-id-topics-ddata-mqtt")]
    [Spec("tck-id-topics-ddata-seq-num"), Spec("tck-id-topics-ddata-timestamp"), Spec("tck-id-topics-ddata-payload"), Spec("tck-id-topics-nbirth-metric-reqs")]
    [Spec("tck-id-topics-dbirth-metric-reqs"), Spec("tck-id-operational-behavior-data-publish-nbirth"), Spec("tck-id-operational-behavior-data-publish-nbirth-change")]
    [Spec("tck-id-operational-behavior-data-publish-nbirth-order"), Spec("tck-id-operational-behavior-data-publish-dbirth")]
    [Spec("tck-id-operational-behavior-data-publish-dbirth-change"), Spec("tck-id-operational-behavior-data-publish-dbirth-order")]
    [Spec("tck-id-payloads-sequence-num-incrementing"), Spec("tck-id-payloads-sequence-num-always-included"), Spec("tck-id-payloads-ndata-timestamp")]
    [Spec("tck-id-payloads-ndata-seq"), Spec("tck-id-payloads-ndata-seq-inc"), Spec("tck-id-payloads-ndata-order"), Spec("tck-id-payloads-ndata-qos")]
    [Spec("tck-id-payloads-ndata-retain"), Spec("tck-id-payloads-ddata-timestamp"), Spec("tck-id-payloads-ddata-seq"), Spec("tck-id-payloads-ddata-seq-inc")]
    [Spec("tck-id-payloads-ddata-order"), Spec("tck-id-payloads-ddata-qos"), Spec("tck-id-payloads-ddata-retain"), Spec("untagged-ndata-no-resend")]
    [Spec("untagged-ndata-aggregate"), Spec("untagged-ndata-multi-value"), Spec("untagged-ddata-no-resend"), Spec("untagged-ddata-aggregate")]
    [Spec("untagged-ddata-multi-value")]
    public async Task Data_tell_each_change_once_and_in_order()
    {
        var (node, _) = _plant.RunEdgeNode();
        await SaidAsync(MessageVerb.DBirth);
        var now = TimeProvider.System.GetUtcNow();
        foreach (var (value, second) in new[] { (2.0, 2), (1.0, 1), (2.0, 3) }) // One overtakes; the last repeats the one before it.
        {
            node.Offer("D", Sample("level", TagValue.Of(value), now.AddMilliseconds(second)));
            node.OfferToNode(Sample("load", TagValue.Of(value), now.AddMilliseconds(second)));
        }

        node.Offer("D", Sample("count", TagValue.OfInteger(DataType.Int32, 5), now.AddMilliseconds(3)));
        var first = await SaidAsync(MessageVerb.NData);
        Assert.Equal([1.0, 2.0], PayloadReader.Read(first.Message!.Payload).Metrics.Select(m => m.Value.Number));
        var device = await SaidAsync(MessageVerb.DData);
        Assert.Equal(3, PayloadReader.Read(device.Message!.Payload).Metrics.Count);

        // What did not change is not said again: of these only one is news.
        node.OfferToNode(Sample("load", TagValue.Of(2.0), now.AddMilliseconds(4)));
        node.Offer("D", Sample("level", TagValue.Of(2.0), now.AddMilliseconds(4)));
        node.Offer("D", Sample("count", TagValue.OfInteger(DataType.Int32, 6), now.AddMilliseconds(4)));
        var second2 = await SaidAsync(MessageVerb.DData, device.Index + 1);
        Assert.Single(PayloadReader.Read(second2.Message!.Payload).Metrics);
        Proof.Holds(Judge());
    }

    [Fact]
    [Spec("tck-id-operational-behavior-data-commands-rebirth-action-1"), Spec("tck-id-operational-behavior-data-commands-rebirth-action-2")]
    [Spec("tck-id-operational-behavior-data-commands-rebirth-action-3"), Spec("tck-id-payloads-nbirth-bdseq-repeat"), Spec("tck-id-payloads-dbirth-order")]
    [Spec("untagged-edge-rebirth-capable"), Spec("untagged-edge-rebirth-same-bdseq")]
    public async Task A_rebirth_request_is_answered_with_all_births_before_any_data()
    {
        var (node, _) = _plant.RunEdgeNode();
        await SaidAsync(MessageVerb.DBirth);
        var host = await HostAsync("hub");
        await host.AskRebirthAsync(Plant.Id);
        var asked = await Plant.PassedAsync(_plant.EdgeLine, p => p is { FromClient: false, Message: not null });
        await SaidAsync(MessageVerb.DBirth, asked.Index);

        // A second request, within the distance to the first answer: data wait behind its births, and none is lost.
        await host.AskRebirthAsync(Plant.Id);
        asked = await Plant.PassedAsync(_plant.EdgeLine, p => p is { FromClient: false, Message: not null }, asked.Index + 1);
        var births = await SaidAsync(MessageVerb.NBirth, asked.Index);
        node.Offer("D", Plant.Level(3));
        var data = await SaidAsync(MessageVerb.DData, births.Index);
        Assert.True(await SaidAsync(MessageVerb.DBirth, births.Index) is { } device && device.Index < data.Index);
        Proof.Holds(Judge());
    }

    [Fact]
    [Spec("tck-id-operational-behavior-device-ddeath"), Spec("tck-id-topics-ddeath-topic"), Spec("tck-id-topics-ddeath-mqtt"), Spec("tck-id-topics-ddeath-seq-num")]
    [Spec("tck-id-payloads-ddeath-timestamp"), Spec("tck-id-payloads-ddeath-seq"), Spec("tck-id-payloads-ddeath-seq-inc"), Spec("tck-id-payloads-ddeath-seq-number")]
    public async Task A_device_dies_when_it_is_lost_and_is_born_when_it_is_back()
    {
        var (node, _) = _plant.RunEdgeNode();
        var birth = await SaidAsync(MessageVerb.DBirth);
        node.DeviceOffline("D");
        var death = await SaidAsync(MessageVerb.DDeath, birth.Index);
        node.DeviceOnline("D");
        await SaidAsync(MessageVerb.DBirth, death.Index);
        Proof.Holds(Judge());
    }

    [Fact]
    [Spec("tck-id-operational-behavior-edge-node-intentional-disconnect-ndeath"), Spec("tck-id-operational-behavior-edge-node-intentional-disconnect-packet")]
    [Spec("tck-id-payloads-ndeath-will-message-publisher"), Spec("tck-id-payloads-ndeath-bdseq"), Spec("tck-id-topics-ndeath-topic"), Spec("tck-id-topics-ndeath-payload")]
    [Spec("tck-id-topics-ndeath-seq")]
    [Spec("tck-id-payloads-ndeath-will-message-publisher-disconnect-mqtt50")]
    public Task A_planned_stop_says_the_death_and_has_the_will_published() => StopAsync(ProtocolVersion.V5);

    [Fact, Spec("tck-id-payloads-ndeath-will-message-publisher-disconnect-mqtt311"), Spec("tck-id-payloads-ndeath-bdseq")]
    public Task A_planned_stop_on_3_1_1_says_the_death_before_the_goodbye() => StopAsync(ProtocolVersion.V311);

    [Fact]
    [Spec("tck-id-topics-nbirth-bdseq-increment"), Spec("tck-id-message-flow-edge-node-birth-publish-will-message-payload-bdSeq")]
    [Spec("tck-id-operational-behavior-primary-application-state-with-multiple-servers-single-server"), Spec("tck-id-payloads-nbirth-edge-node-descriptor")]
    public async Task Each_connect_counts_on_and_there_is_only_one_connection_at_a_time()
    {
        _plant.RunEdgeNode();
        var birth = await SaidAsync(MessageVerb.DBirth);
        for (var i = 0; i < 3; i++)
        {
            _plant.EdgeLine.Cut();
            birth = await SaidAsync(MessageVerb.DBirth, birth.Index + 1);
        }

        Proof.Holds(Judge());
    }

    [Fact]
    [Spec("tck-id-message-flow-edge-node-birth-publish-phid-wait"), Spec("tck-id-message-flow-edge-node-birth-publish-phid-wait-id")]
    [Spec("tck-id-message-flow-edge-node-birth-publish-phid-wait-online"), Spec("tck-id-message-flow-edge-node-birth-publish-phid-wait-timestamp")]
    [Spec("tck-id-operational-behavior-edge-node-birth-sequence-wait"), Spec("tck-id-operational-behavior-primary-application-state-with-multiple-servers-state-subs")]
    [Spec("untagged-edge-state-first")]
    public async Task A_node_with_a_primary_host_is_born_only_once_that_host_is_online()
    {
        var start = TimeProvider.System.GetUtcNow();
        var other = await HostAsync("other");
        await other.StateAsync(isOnline: true, start);
        var host = await HostAsync("hub");
        _plant.RunEdgeNode(change: o => o with { PrimaryHost = "hub" });
        await Plant.PassedAsync(_plant.EdgeLine, p => p.Type == PacketType.SubAck);
        await other.StateAsync(isOnline: true, start.AddSeconds(1)); // Not the one that is waited for.
        await host.StateAsync(isOnline: false, start.AddSeconds(2)); // The first word heard counts as it is: offline.
        await host.StateAsync(isOnline: true, start.AddSeconds(1));  // Older than that word.
        await host.StateAsync("{\"online\":\"true\",\"timestamp\":99999999999999}"u8.ToArray()); // No truth value.
        await host.StateAsync([]);
        var last = await StateSeenAsync(4);
        await host.StateAsync(isOnline: true, start.AddSeconds(2)); // Equal counts.
        var birth = await SaidAsync(MessageVerb.NBirth);
        Assert.True(birth.Index > last.Index);
        Assert.True((await StateSeenAsync(5)).Index < birth.Index);
        Proof.Holds(Judge("hub"));
    }

    [Fact]
    [Spec("tck-id-operational-behavior-edge-node-termination-host-offline-timestamp"), Spec("untagged-client-ignore-older-state-death")]
    public async Task An_old_death_of_the_primary_host_moves_nobody()
    {
        var start = TimeProvider.System.GetUtcNow();
        var host = await HostAsync("hub");
        await host.StateAsync(isOnline: true, start);
        var (node, _) = _plant.RunEdgeNode(change: o => o with { PrimaryHost = "hub" });
        await SaidAsync(MessageVerb.DBirth);
        await host.StateAsync(isOnline: false, start.AddMilliseconds(-1));
        var lie = await StateSeenAsync(2);
        node.Offer("D", Plant.Level(4));
        await SaidAsync(MessageVerb.DData, lie.Index);
        Assert.True(node.Status.IsConnected);
        Proof.Holds(Judge("hub"));
    }

    [Fact]
    [Spec("tck-id-message-flow-edge-node-birth-publish-phid-offline"), Spec("tck-id-operational-behavior-edge-node-termination-host-offline")]
    [Spec("tck-id-operational-behavior-edge-node-termination-host-offline-reconnect")]
    public async Task A_node_dies_and_leaves_when_its_primary_host_goes_offline_and_begins_anew()
    {
        var start = TimeProvider.System.GetUtcNow();
        var host = await HostAsync("hub");
        await host.StateAsync(isOnline: true, start);
        _plant.RunEdgeNode(change: o => o with { PrimaryHost = "hub" });
        var birth = await SaidAsync(MessageVerb.DBirth);
        await host.StateAsync(isOnline: false, start);
        var end = await Plant.PassedAsync(_plant.EdgeLine, p => p.IsEnd, birth.Index);
        await Plant.PassedAsync(_plant.EdgeLine, p => p.Type == PacketType.SubAck, end.Index);
        await host.StateAsync(isOnline: true, start.AddSeconds(1));
        await SaidAsync(MessageVerb.DBirth, end.Index);
        Proof.Holds(Judge("hub"));
    }

    [Fact, Spec("tck-id-topics-nbirth-templates")]
    public void A_template_cannot_be_made_so_no_instance_is_without_its_definition()
    {
        var (node, _) = _plant.RunEdgeNode();
        var refused = Assert.Throws<ArgumentException>(() => node.SetDevice("T", [new() { Name = "motor", DataType = DataType.Template }]));
        Assert.Contains("makes no templates", refused.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => node.SetNode([new() { Name = "motor", DataType = DataType.Template }]));
    }

    private async Task StopAsync(ProtocolVersion version)
    {
        var (_, stopAsync) = _plant.RunEdgeNode(version);
        await SaidAsync(MessageVerb.DBirth);
        await stopAsync();
        await Plant.PassedAsync(_plant.EdgeLine, p => p.IsEnd);
        Proof.Holds(Judge());
    }

    private CheckReport Judge(string? primaryHost = null) => EdgeNodeRules.Judge(_plant.EdgeLine.Trace.Packets(), Plant.Id, primaryHost);

    private Task<RecordedPacket> SaidAsync(MessageVerb verb, int from = 0) => Plant.PassedAsync(
        _plant.EdgeLine, p => p is { FromClient: true, Message: { } message } && SparkplugTopic.TryParse(message.Topic, out var topic) && topic.Verb == verb, from);

    private async Task<RecordedPacket> StateSeenAsync(int count)
    {
        var seen = 0;
        var last = -1;
        return await Plant.PassedAsync(_plant.EdgeLine, p =>
        {
            if (p.Index > last && p is { FromClient: false, Message.Topic: "spBv1.0/STATE/hub" })
            {
                seen++;
            }

            last = Math.Max(last, p.Index);
            return seen == count;
        });
    }

    private async Task<SimulatedHost> HostAsync(string id) => new(id, await _plant.ConnectAsync("host " + id));

    private static TagSample Sample(string tag, TagValue value, DateTimeOffset time) => new(tag, value, TagQuality.Good, time);
}
