using Uns.Mqtt.Packets;
using Uns.Sparkplug.Check;
using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.ConformanceTests.Sparkplug;

/// <summary>Our host in the stories of the standard; the rules judge every packet that passed between it and the broker.</summary>
public sealed class HostTests : IAsyncLifetime
{
    private const string StateTopic = "spBv1.0/STATE/hub";
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);
    private readonly Plant _plant = new();

    public async ValueTask InitializeAsync() => await _plant.StartAsync();

    public ValueTask DisposeAsync() => _plant.DisposeAsync();

    [Fact]
    [Spec("tck-id-message-flow-phid-sparkplug-clean-session-50"), Spec("untagged-all-clients-clean-session"), Spec("tck-id-host-topic-phid-death-required")]
    [Spec("tck-id-operational-behavior-host-application-connect-will"), Spec("tck-id-payloads-state-will-message"), Spec("tck-id-host-topic-phid-death-topic")]
    [Spec("tck-id-operational-behavior-host-application-connect-will-topic"), Spec("tck-id-operational-behavior-host-application-death-topic")]
    [Spec("tck-id-operational-behavior-host-application-host-id"), Spec("tck-id-host-topic-phid-death-qos")]
    [Spec("tck-id-operational-behavior-host-application-connect-will-qos"), Spec("tck-id-payloads-state-will-message-qos"), Spec("tck-id-host-topic-phid-death-retain")]
    [Spec("tck-id-operational-behavior-host-application-connect-will-retained"), Spec("tck-id-payloads-state-will-message-retain")]
    [Spec("tck-id-host-topic-phid-death-payload"), Spec("tck-id-operational-behavior-host-application-connect-will-payload")]
    [Spec("tck-id-payloads-state-will-message-payload"), Spec("tck-id-operational-behavior-host-application-death-payload")]
    [Spec("tck-id-host-topic-phid-death-payload-timestamp-connect"), Spec("untagged-primary-host-will-all-servers"), Spec("tck-id-conformance-primary-host")]
    public async Task The_connect_is_clean_and_leaves_the_death_as_its_will()
    {
        _plant.RunHost();
        await BornAsync();
        Proof.Holds(Judge());
    }

    [Fact, Spec("tck-id-message-flow-phid-sparkplug-clean-session-311")]
    public async Task A_host_of_3_1_1_asks_for_a_clean_session()
    {
        _plant.RunHost(ProtocolVersion.V311);
        await BornAsync();
        Proof.Holds(Judge());
    }

    [Fact]
    [Spec("tck-id-principles-birth-certificates-order"), Spec("tck-id-host-topic-phid-birth-message"), Spec("tck-id-host-topic-phid-birth-sub-required")]
    [Spec("tck-id-host-topic-phid-birth-required"), Spec("tck-id-payloads-state-subscribe"), Spec("tck-id-message-flow-phid-sparkplug-subscription")]
    [Spec("tck-id-message-flow-phid-sparkplug-state-publish"), Spec("untagged-host-namespace-subscribe"), Spec("tck-id-host-topic-phid-birth-topic")]
    [Spec("tck-id-host-topic-phid-birth-payload"), Spec("tck-id-operational-behavior-host-application-connect-birth")]
    [Spec("tck-id-operational-behavior-host-application-connect-birth-topic"), Spec("tck-id-payloads-state-birth"), Spec("tck-id-intro-sparkplug-host-state")]
    [Spec("tck-id-components-ph-state"), Spec("tck-id-host-topic-phid-birth-qos"), Spec("tck-id-operational-behavior-host-application-connect-birth-qos")]
    [Spec("tck-id-host-topic-phid-birth-retain"), Spec("tck-id-operational-behavior-host-application-connect-birth-retained")]
    [Spec("tck-id-host-topic-phid-birth-payload-timestamp"), Spec("tck-id-message-flow-phid-sparkplug-state-publish-payload")]
    [Spec("tck-id-message-flow-phid-sparkplug-state-publish-payload-timestamp"), Spec("tck-id-operational-behavior-host-application-connect-birth-payload")]
    [Spec("tck-id-payloads-state-birth-payload"), Spec("tck-id-operational-behavior-primary-application-state-with-multiple-servers-state")]
    public async Task The_first_word_is_the_birth_behind_both_subscriptions_and_again_after_a_cut()
    {
        _plant.RunHost();
        await BornAsync();
        _plant.HostLine.Cut();
        await Plant.PassedAsync(_plant.HostLine, p => p.Connection == 1 && IsState(p, true));
        Proof.Holds(Judge());
    }

    [Fact]
    [Spec("tck-id-operational-behavior-host-application-termination"), Spec("tck-id-host-topic-phid-death-payload-timestamp-disconnect-clean")]
    [Spec("tck-id-operational-behavior-host-application-disconnect-intentional"), Spec("tck-id-operational-behavior-host-application-death-qos")]
    [Spec("tck-id-operational-behavior-host-application-death-retained"), Spec("tck-id-operational-behavior-host-application-death-payload")]
    public async Task A_planned_stop_says_one_death_of_now_and_disconnects()
    {
        var (_, stopAsync) = _plant.RunHost();
        await BornAsync();
        await stopAsync();
        await Plant.PassedAsync(_plant.HostLine, p => p.IsEnd);
        Assert.Equal(1, _plant.HostLine.Trace.Packets().Count(p => IsState(p, false)));
        Proof.Holds(Judge());
    }

    [Fact, Spec("tck-id-host-topic-phid-death-payload-timestamp-disconnect-with-no-disconnect-packet")]
    public async Task A_host_that_leaves_without_a_disconnect_has_said_its_death()
    {
        // Behind the line that is judged a second one swallows the death: no answer comes, and so no DISCONNECT follows.
        await using var front = new PacketRecorder(_plant.HostLine.EndPoint, TimeProvider.System);
        front.Start();
        var (_, stopAsync) = _plant.RunHost(line: front);
        await Plant.PassedAsync(front, p => IsState(p, true));
        await Plant.PassedAsync(front, p => p is { FromClient: false, Type: PacketType.PubAck });
        _plant.HostLine.Drops = true;
        var stopping = stopAsync();
        await Plant.PassedAsync(front, p => IsState(p, false));
        front.Cut();
        await stopping;
        await Plant.PassedAsync(front, p => p.IsEnd);
        Proof.Holds(HostRules.Judge(front.Trace.Packets(), "hub", Patience));
    }

    [Fact, Spec("tck-id-message-flow-hid-sparkplug-state-message-delivered")]
    public async Task An_offline_of_its_own_name_is_answered_at_once_and_so_is_a_deletion()
    {
        var stranger = new SimulatedHost("hub", await _plant.ConnectAsync("stranger"));
        _plant.RunHost();
        var birth = await BornAsync();
        HostState.TryRead(birth.Message!.Payload, out _, out var since);
        var from = birth.Index + 1;
        foreach (var lie in new[] { HostState.Write(isOnline: false, since), HostState.Write(isOnline: false, since.AddSeconds(-1)), [] })
        {
            await stranger.StateAsync(lie);
            var heard = await Plant.PassedAsync(_plant.HostLine, p => p is { FromClient: false, Message: { } m } && m.Topic == StateTopic && m.Payload.AsSpan().SequenceEqual(lie), from);
            var again = await Plant.PassedAsync(_plant.HostLine, p => IsState(p, true), heard.Index);
            Assert.Equal(birth.Message.Payload, again.Message!.Payload);
            from = again.Index + 1;
        }

        Proof.Holds(Judge());
    }

    [Fact]
    public async Task An_offline_with_a_newer_time_is_outdone_by_a_new_connection()
    {
        var stranger = new SimulatedHost("hub", await _plant.ConnectAsync("stranger"));
        _plant.RunHost();
        await BornAsync();
        var future = TimeProvider.System.GetUtcNow().AddMinutes(10);
        await stranger.StateAsync(false, future);
        var again = await Plant.PassedAsync(_plant.HostLine, p => p.Connection == 1 && IsState(p, true));
        HostState.TryRead(again.Message!.Payload, out _, out var time);
        Assert.True(time > future);
        Assert.Equal([], Judge().Results.Where(r => r.Verdict == CheckVerdict.Fail).Select(r => $"{r.Id}: {r.Why}"));
    }

    [Fact]
    [Spec("tck-id-operational-behavior-host-application-multi-server-timestamp"), Spec("untagged-primary-host-will-all-servers")]
    [Spec("tck-id-operational-behavior-primary-application-state-with-multiple-servers-state"), Spec("tck-id-operational-behavior-primary-application-state-with-multiple-servers-state-subs")]
    public async Task A_host_has_a_state_and_a_time_of_its_own_on_each_broker()
    {
        await using var second = new Plant();
        await second.StartAsync();
        _plant.RunHost();
        second.RunHost();
        var there = await Plant.PassedAsync(second.HostLine, p => IsState(p, true));
        await BornAsync();
        _plant.HostLine.Cut();
        var again = await Plant.PassedAsync(_plant.HostLine, p => p.Connection == 1 && IsState(p, true));
        Assert.Equal(1, second.HostLine.Trace.Packets().Count(p => IsState(p, true))); // A new connection here changes nothing there.
        HostState.TryRead(again.Message!.Payload, out _, out var here);
        HostState.TryRead(there.Message!.Payload, out _, out var elsewhere);
        Assert.NotEqual(elsewhere, here);
        Proof.Holds(HostRules.Judge(second.HostLine.Trace.Packets(), "hub", Patience));
        Proof.Holds(Judge());
    }

    [Fact]
    [Spec("tck-id-operational-behavior-data-commands-ncmd-rebirth-verb"), Spec("tck-id-operational-behavior-data-commands-ncmd-rebirth-name")]
    [Spec("tck-id-operational-behavior-data-commands-ncmd-rebirth-value"), Spec("tck-id-operational-behavior-data-commands-ncmd-verb")]
    [Spec("tck-id-operational-behavior-data-commands-ncmd-metric-name"), Spec("tck-id-operational-behavior-data-commands-ncmd-metric-value")]
    [Spec("tck-id-operational-behavior-data-commands-dcmd-verb"), Spec("tck-id-operational-behavior-data-commands-dcmd-metric-name")]
    [Spec("tck-id-operational-behavior-data-commands-dcmd-metric-value"), Spec("tck-id-topics-ncmd-topic"), Spec("tck-id-topics-ncmd-mqtt"), Spec("tck-id-topics-ncmd-timestamp")]
    [Spec("tck-id-topics-ncmd-payload"), Spec("tck-id-payloads-ncmd-timestamp"), Spec("tck-id-payloads-ncmd-seq"), Spec("tck-id-payloads-ncmd-qos"), Spec("tck-id-payloads-ncmd-retain")]
    [Spec("tck-id-topics-dcmd-topic"), Spec("tck-id-topics-dcmd-mqtt"), Spec("tck-id-topics-dcmd-timestamp"), Spec("tck-id-topics-dcmd-payload"), Spec("tck-id-payloads-dcmd-timestamp")]
    [Spec("tck-id-payloads-dcmd-seq"), Spec("tck-id-payloads-dcmd-qos"), Spec("tck-id-payloads-dcmd-retain")]
    public async Task Commands_go_to_the_node_or_device_they_are_for()
    {
        var host = await _plant.StartHostAsync();
        var node = await BornNodeAsync();
        host.AskRebirth(Plant.Id);
        await host.SendAsync(new(Plant.Id, null, "speed"), TagValue.Of(3.0), default);
        await host.SendAsync(new(Plant.Id, "D", "level"), TagValue.Of(4.0), default);
        await Plant.PassedAsync(_plant.HostLine, p => Is(p, MessageVerb.DCmd));
        await Plant.PassedAsync(_plant.HostLine, p => Is(p, MessageVerb.NCmd) && PayloadReader.Read(p.Message!.Payload).Metrics[0].Name == EdgeNodeSession.RebirthName);
        await Plant.PassedAsync(_plant.HostLine, p => Is(p, MessageVerb.NCmd) && PayloadReader.Read(p.Message!.Payload).Metrics[0].Name == "speed");
        Proof.Holds(Judge());
        Assert.NotNull(node);
    }

    [Fact]
    [Spec("tck-id-operational-behavior-host-reordering-param"), Spec("tck-id-operational-behavior-host-reordering-start"), Spec("tck-id-operational-behavior-host-reordering-rebirth")]
    [Spec("tck-id-operational-behavior-host-reordering-success"), Spec("untagged-host-rebirth-on-gap")]
    public async Task Messages_out_of_order_are_waited_for_and_a_lost_one_asks_for_a_rebirth()
    {
        await _plant.StartHostAsync();
        var node = await BornNodeAsync();
        var (late, early) = (node.Next(), node.Next());
        await node.SendAsync(MessageVerb.DData, "D", early, Value("level", 3));
        await node.SendAsync(MessageVerb.DData, "D", late, Value("level", 2));
        await _plant.SeeAsync("D", "level", c => c is { Quality: TagQuality.Good } && c.Value == TagValue.Of(3.0));
        node.Next(); // Lost.
        await node.SendAsync(MessageVerb.DData, "D", Value("level", 9));
        await Plant.PassedAsync(_plant.HostLine, p => Is(p, MessageVerb.NCmd));
        var stale = await _plant.SeeAsync("D", "level", c => c.Quality == TagQuality.Stale);
        Assert.Equal(TagValue.Of(3.0), stale.Value);
        Proof.Holds(Judge());
    }

    private CheckReport Judge() => HostRules.Judge(_plant.HostLine.Trace.Packets(), "hub", Patience);

    private async Task<RecordedPacket> BornAsync() => await Plant.PassedAsync(_plant.HostLine, p => IsState(p, true));

    private async Task<SimulatedNode> BornNodeAsync()
    {
        var node = await SimulatedNode.ConnectAsync(Plant.Id, _plant.Broker);
        var writable = MetricProperty.Of(MetricPropertyKeys.ReadOnly, false);
        await node.BirthAsync(SimulatedNode.Double("speed", 1) with { Properties = [writable] });
        await node.SendAsync(MessageVerb.DBirth, "D", SimulatedNode.Double("level", 1) with { Alias = 1, Properties = [writable] });
        await _plant.SeeAsync("D", "level", c => c.Quality == TagQuality.Good);
        return node;
    }

    private static Metric Value(string name, double value) => new() { Name = name, Timestamp = TimeProvider.System.GetUtcNow(), Value = WireConversion.ToWire(TagValue.Of(value)) };

    private static bool IsState(RecordedPacket packet, bool isOnline) =>
        packet is { FromClient: true, Message: { } message } && message.Topic == StateTopic && HostState.TryRead(message.Payload, out var online, out _) && online == isOnline;

    private static bool Is(RecordedPacket packet, MessageVerb verb) =>
        packet is { FromClient: true, Message: { } message } && SparkplugTopic.TryParse(message.Topic, out var topic) && topic.Verb == verb;
}
