using Microsoft.Extensions.Logging.Abstractions;
using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.UnitTests.Sparkplug.Host;

/// <summary>The host's memory, fed by the messages of a real edge node session.</summary>
public sealed class HostSessionTests : IMetricSink
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly EdgeNodeId Id = new("G", "E");
    private readonly EdgeNodeSession _node = new(new EdgeNodeOptions { GroupId = "G", NodeId = "E" });
    private readonly HostSession _host;
    private readonly List<OutgoingMessage> _sent = [];
    private readonly Dictionary<MetricKey, MetricChange> _known = [];
    private readonly List<MetricChange> _changes = [];
    private DateTimeOffset _now = Noon;

    public HostSessionTests()
    {
        _host = new HostSession(new HostOptions(), this, NullLogger.Instance, () => 0.5);
        _node.SetDevice(
            "D",
            [
                new() { Name = "level", DataType = DataType.Double, Unit = "m", Low = 0, High = 10, Description = "water", Writable = true },
                new() { Name = "count", DataType = DataType.Int32 },
            ],
            Noon,
            _sent);
        _node.SetOnline("D", true, Noon, _sent);
    }

    void IMetricSink.Changed(in MetricChange change)
    {
        _known[change.Key] = change;
        _changes.Add(change);
    }

    void IMetricSink.Removed(MetricKey key) => _known.Remove(key);

    [Fact]
    public void A_birth_gives_types_definitions_and_values_and_data_move_them()
    {
        Connect(0);
        Data("level", TagValue.Of(4.5));
        Data("count", TagValue.OfInteger(DataType.Int32, -12));
        Assert.Equal(TagValue.Of(4.5), Level.Value);
        Assert.Equal((TagQuality.Good, Noon), (Level.Quality, Level.Timestamp));
        Assert.Equal(TagValue.OfInteger(DataType.Int32, -12), _known[Key("count")].Value); // Typed by the birth, not 4294967284.
        var born = _changes.First(c => c.Key == Key("level")).Definition!;
        Assert.Equal(new TagDefinition { Name = "level", DataType = DataType.Double, Unit = "m", Low = 0, High = 10, Description = "water", Writable = true }, born);
        Assert.Null(Level.Definition);
        var info = Assert.Single(_host.Nodes());
        Assert.Equal((true, 0, 1, 1L, 0L), (info.IsOnline, info.BdSeq!.Value, info.Devices, info.Births, info.Deaths));
        Assert.Empty(Rebirths());
    }

    [Fact, Spec("tck-id-operational-behavior-edge-node-termination-host-action-ndeath-node-tags-stale")]
    [Spec("tck-id-operational-behavior-edge-node-termination-host-action-ndeath-devices-tags-stale")]
    [Spec("tck-id-operational-behavior-edge-node-termination-host-action-ndeath-node-offline")]
    [Spec("tck-id-operational-behavior-edge-node-termination-host-action-ndeath-devices-offline")]
    public void A_death_ages_everything_with_the_hosts_own_time_once()
    {
        Connect(0);
        Data("level", TagValue.Of(4.5));
        _now = Noon.AddMinutes(1);
        _changes.Clear();
        Deliver(_node.Death(Noon));
        Deliver(_node.Death(Noon)); // Said and then sent as the will too.
        Assert.All(_known.Values, c => Assert.Equal((TagQuality.Stale, Noon.AddMinutes(1)), (c.Quality, c.Timestamp)));
        Assert.Equal(TagValue.Of(4.5), Level.Value);
        Assert.NotNull(Level.Reason);
        Assert.Equal(_known.Count, _changes.Count);
        Assert.Equal((false, 1L), (_host.Nodes()[0].IsOnline, _host.Nodes()[0].Deaths));
        Assert.Throws<CommandRefusedException>(() => _host.Command(Key("level"), TagValue.Of(1.0), _now));
    }

    [Fact, Spec("tck-id-operational-behavior-edge-node-termination-host-action-ndeath-devices-tags-stale")]
    public void A_tag_that_nobody_has_read_is_stale_at_the_host_until_its_first_value_and_says_why()
    {
        Connect(0);
        Assert.Equal((true, TagQuality.Stale, "It has not been read yet."), (Level.Value.IsNull, Level.Quality, Level.Reason));
        Assert.Equal(TagQuality.Good, _known[new MetricKey(Id, null, "Node Control/Rebirth")].Quality);
        _now = Noon.AddMinutes(1);
        Data("level", TagValue.Of(4.5));
        Assert.Equal((TagValue.Of(4.5), TagQuality.Good, null), (Level.Value, Level.Quality, Level.Reason));
        Deliver(_node.Death(_now));
        _host.BrokerLost(_now);
        Assert.All(new[] { "level", "count" }, name => Assert.Equal("The edge node has died.", _known[Key(name)].Reason)); // Not what the birth said; and told once.
        Assert.All(_known.Values, c => Assert.Equal((TagQuality.Stale, _now), (c.Quality, c.Timestamp)));
        Assert.Equal(2, _changes.Count(c => c.Key == Key("count")));
    }

    [Fact]
    public void The_death_of_an_older_session_does_not_kill_the_new_one()
    {
        var oldWill = Connect(0);
        Connect(1);
        Data("level", TagValue.Of(4.5));
        Deliver(oldWill);
        Assert.True(_host.Nodes()[0].IsOnline);
        Assert.Equal(TagQuality.Good, Level.Quality);
    }

    [Fact, Spec("tck-id-operational-behavior-edge-node-termination-host-action-ddeath-devices-tags-stale")]
    [Spec("tck-id-operational-behavior-edge-node-termination-host-action-ddeath-devices-offline")]
    public void A_device_death_ages_that_device_with_the_payloads_time()
    {
        Connect(0);
        _node.SetOnline("D", false, Noon.AddSeconds(7), _sent);
        _now = Noon.AddSeconds(30);
        DeliverAll();
        Assert.Equal((TagQuality.Stale, Noon.AddSeconds(7)), (Level.Quality, Level.Timestamp));
        Assert.Equal(TagQuality.Good, _known[new MetricKey(Id, null, "Node Control/Rebirth")].Quality);
        Assert.Throws<CommandRefusedException>(() => _host.Command(Key("level"), TagValue.Of(1.0), _now));
    }

    [Fact]
    public void After_a_node_birth_devices_are_stale_until_their_own()
    {
        Connect(0);
        Data("level", TagValue.Of(4.5));
        _node.Birth(_now, _sent);
        Deliver(_sent[0]);
        Assert.Equal(TagQuality.Stale, Level.Quality);
        Deliver(_sent[1]);
        Assert.Equal(TagQuality.Good, Level.Quality);
    }

    [Fact]
    public void A_metric_that_a_new_birth_does_not_name_is_removed()
    {
        Connect(0);
        _node.SetDevice("D", [new() { Name = "count", DataType = DataType.Int32 }], _now, _sent);
        DeliverAll();
        Assert.DoesNotContain(Key("level"), _known.Keys);
        Assert.Contains(Key("count"), _known.Keys);
    }

    [Fact, Spec("tck-id-operational-behavior-host-reordering-rebirth")]
    public void A_lost_message_makes_all_stale_and_asks_once_for_a_rebirth_which_heals()
    {
        Connect(0);
        Data("level", TagValue.Of(0.5));
        Data("level", TagValue.Of(1.0), lose: true);
        Data("level", TagValue.Of(2.0));
        Assert.Equal((TagValue.Of(0.5), TagQuality.Good), (Level.Value, Level.Quality)); // Waits for the lost one.
        Assert.Empty(Rebirths());
        _now = Noon.AddSeconds(2);
        _host.Tick(_now);
        Assert.Equal(TagQuality.Stale, Level.Quality);
        Assert.Equal(new RebirthRequest(Id, RebirthReason.Gap), Assert.Single(Rebirths()));
        Data("level", TagValue.Of(3.0));
        Assert.Empty(Rebirths());
        Assert.Equal(TagQuality.Stale, Level.Quality);
        Assert.Throws<CommandRefusedException>(() => _host.Command(Key("level"), TagValue.Of(1.0), _now));
        _node.Birth(_now, _sent);
        DeliverAll();
        Assert.Equal((TagValue.Of(3.0), TagQuality.Good), (Level.Value, Level.Quality));
        Assert.Equal(1, _host.Nodes()[0].Gaps);
    }

    [Fact]
    public void Swapped_messages_are_put_in_order_without_a_rebirth()
    {
        Connect(0);
        _node.Data("D", [Sample("level", TagValue.Of(1.0))], _now, _sent);
        _node.Data("D", [Sample("level", TagValue.Of(2.0))], _now, _sent);
        Deliver(_sent[1]);
        Deliver(_sent[0]);
        _host.Tick(Noon.AddMinutes(1));
        Assert.Equal(TagValue.Of(2.0), Level.Value);
        Assert.Empty(Rebirths());
    }

    [Fact]
    public void Data_without_a_birth_ask_for_one_and_a_birth_that_was_overtaken_keeps_them()
    {
        _node.Birth(_now, _sent);
        var births = _sent.ToArray();
        _sent.Clear();
        _node.Data("D", [Sample("level", TagValue.Of(1.0))], _now, _sent);
        DeliverAll();
        Assert.Equal(RebirthReason.DataBeforeBirth, Assert.Single(Rebirths()).Reason);
        Assert.Empty(_known);
        Array.ForEach(births, Deliver);
        Assert.Equal(TagValue.Of(1.0), Level.Value);
    }

    [Fact]
    public void An_unknown_alias_asks_for_a_rebirth_and_invents_no_tag()
    {
        Connect(0);
        var before = _known.Count;
        Deliver(new(
            SparkplugTopic.OfDevice(MessageVerb.DData, Id, "D"),
            new SparkplugPayload { Timestamp = _now, Seq = 2, Metrics = [new Metric { Alias = 999, Value = new(WireKind.Int, 1) }] }));
        Assert.Equal(RebirthReason.UnknownMetric, Assert.Single(Rebirths()).Reason);
        Assert.Equal(before, _known.Count);
    }

    [Fact]
    public void An_alias_of_another_device_or_one_given_twice_stands_for_nothing()
    {
        Connect(0);
        Metric[] twice = [Metric.Of("x", TagValue.Of(1.0)) with { Alias = 50 }, Metric.Of("y", TagValue.Of(2.0)) with { Alias = 50 }];
        Deliver(new(SparkplugTopic.OfDevice(MessageVerb.DBirth, Id, "D2"), new SparkplugPayload { Seq = 2, Metrics = twice }));
        Deliver(new(SparkplugTopic.OfDevice(MessageVerb.DData, Id, "D2"), Values(3, new Metric { Alias = 50, Value = WireConversion.ToWire(TagValue.Of(9.0)) })));
        Deliver(new(SparkplugTopic.OfDevice(MessageVerb.DData, Id, "D2"), Values(4, new Metric { Alias = 1, Value = WireConversion.ToWire(TagValue.Of(9.0)) })));
        Deliver(new(SparkplugTopic.OfDevice(MessageVerb.DData, Id, "D2"), Values(5, new Metric { Name = "y", Value = WireConversion.ToWire(TagValue.Of(3.0)) })));
        Assert.Equal(TagValue.Of(1.0), _known[new(Id, "D2", "x")].Value);
        Assert.Equal(TagValue.Of(3.0), _known[new(Id, "D2", "y")].Value);
        Assert.True(Level.Value.IsNull);
        Assert.Equal(2, _host.Nodes()[0].Dropped);
    }

    [Fact]
    public void A_value_of_another_type_turns_the_metric_bad_and_keeps_the_last_value()
    {
        Connect(0);
        Data("level", TagValue.Of(4.5));
        Deliver(new(SparkplugTopic.OfDevice(MessageVerb.DData, Id, "D"), Values(3, new Metric { Name = "level", Value = new(WireKind.String, 0, "x") })));
        Assert.Equal((TagValue.Of(4.5), TagQuality.Bad), (Level.Value, Level.Quality));
        Assert.Contains("Double was born", Level.Reason!, StringComparison.Ordinal);
        Assert.Equal(1, _host.Nodes()[0].DecodeErrors);
    }

    [Fact]
    public void Quality_and_its_reason_come_through_and_historical_values_move_nothing()
    {
        Connect(0);
        Data("level", TagValue.Of(4.5));
        _node.Data("D", [new("level", TagValue.Null(DataType.Double), TagQuality.Bad, _now, "No answer.")], _now, _sent);
        DeliverAll();
        Assert.Equal((TagValue.Of(4.5), TagQuality.Bad, "No answer."), (Level.Value, Level.Quality, Level.Reason));
        Data("level", TagValue.Of(5.0));
        Assert.Equal((TagQuality.Good, null), (Level.Quality, Level.Reason));
        var old = new Metric { Name = "level", IsHistorical = true, Value = WireConversion.ToWire(TagValue.Of(99.0)) };
        Deliver(new(SparkplugTopic.OfDevice(MessageVerb.DData, Id, "D"), Values(5, old)));
        Assert.Equal(TagValue.Of(5.0), Level.Value);
        Assert.Equal(1, _host.Nodes()[0].Historical);
    }

    [Fact]
    public void What_cannot_be_read_is_counted_and_asks_for_a_rebirth()
    {
        Connect(0);
        Data("level", TagValue.Of(4.5));
        _host.Accept(SparkplugTopic.OfDevice(MessageVerb.DData, Id, "D"), [0xFF, 0xFF], _now);
        Assert.Equal(1, _host.Nodes()[0].DecodeErrors);
        Assert.Equal(RebirthReason.Malformed, Assert.Single(Rebirths()).Reason);
        Assert.Equal(TagQuality.Good, Level.Quality);
    }

    [Fact]
    public void Losing_the_broker_ages_all_and_finding_it_asks_every_node()
    {
        Connect(0);
        Data("level", TagValue.Of(4.5));
        _host.BrokerLost(_now);
        Assert.All(_known.Values, c => Assert.Equal(TagQuality.Stale, c.Quality));
        _host.BrokerFound(_now);
        Assert.Equal(RebirthReason.HostStart, Assert.Single(Rebirths()).Reason);
        _node.Birth(_now, _sent);
        DeliverAll();
        Assert.Equal(TagQuality.Good, Level.Quality);
    }

    [Fact, Spec("tck-id-topics-dcmd-topic"), Spec("tck-id-topics-dcmd-timestamp"), Spec("tck-id-payloads-dcmd-seq"), Spec("tck-id-payloads-dcmd-timestamp")]
    [Spec("tck-id-operational-behavior-data-commands-dcmd-verb"), Spec("tck-id-operational-behavior-data-commands-dcmd-metric-name")]
    [Spec("tck-id-operational-behavior-data-commands-dcmd-metric-value"), Spec("tck-id-topics-dcmd-payload")]
    public void A_command_goes_by_alias_and_is_refused_when_it_cannot_work()
    {
        Connect(0);
        var command = _host.Command(Key("level"), TagValue.Of(7.0), _now);
        Assert.Equal("spBv1.0/G/DCMD/E/D", command.Topic.ToString());
        Assert.Null(command.Payload.Seq);
        Assert.Equal(_now, command.Payload.Timestamp);
        var metric = Assert.Single(command.Payload.Metrics);
        Assert.Null(metric.Name);
        Assert.Equal("level", _node.FindTag("D", metric)!.Name);
        Assert.Contains("cannot be written", Refusal(Key("count"), TagValue.OfInteger(DataType.Int32, 1)), StringComparison.Ordinal);
        Assert.Contains("Int32 was given", Refusal(Key("level"), TagValue.OfInteger(DataType.Int32, 1)), StringComparison.Ordinal);
        Assert.Contains("not known", Refusal(Key("nothing"), TagValue.Of(1.0)), StringComparison.Ordinal);
        Assert.Contains("offline", Refusal(new(Id, "X", "level"), TagValue.Of(1.0)), StringComparison.Ordinal);
        Assert.Contains("offline", Refusal(new(new("G", "X"), "D", "level"), TagValue.Of(1.0)), StringComparison.Ordinal);
    }

    [Fact, Spec("tck-id-operational-behavior-data-commands-ncmd-rebirth-verb"), Spec("tck-id-operational-behavior-data-commands-ncmd-rebirth-name")]
    [Spec("tck-id-operational-behavior-data-commands-ncmd-rebirth-value"), Spec("tck-id-topics-ncmd-topic"), Spec("tck-id-payloads-ncmd-seq"), Spec("tck-id-topics-ncmd-timestamp")]
    public void A_rebirth_request_names_the_metric_and_says_true()
    {
        var request = HostSession.Rebirth(Id, _now);
        Assert.Equal("spBv1.0/G/NCMD/E", request.Topic.ToString());
        Assert.Equal((null, _now), (request.Payload.Seq, request.Payload.Timestamp!.Value));
        var metric = Assert.Single(request.Payload.Metrics);
        Assert.Equal(("Node Control/Rebirth", null, 1L), (metric.Name!, metric.Alias, metric.Value.Bits));
    }

    [Fact]
    public void An_instance_of_a_template_keeps_the_members_a_message_leaves_out()
    {
        var pump = new Template { Reference = "Pump", Members = [Metric.Of("speed", TagValue.Of(1.0)), Metric.Of("on", TagValue.Of(true))] };
        Deliver(new(SparkplugTopic.OfNode(MessageVerb.NBirth, Id), Values(0, Metric.Of("pump", TagValue.OfObject(DataType.Template, pump)))));
        var change = new Template { Reference = "Pump", Members = [Metric.Of("speed", TagValue.Of(2.0)) with { DataType = null }] };
        Deliver(new(SparkplugTopic.OfNode(MessageVerb.NData, Id), Values(1, new Metric { Name = "pump", Value = new(WireKind.Template, 0, change) })));
        using var text = new MemoryStream();
        using (var json = new System.Text.Json.Utf8JsonWriter(text))
        {
            TagValueJson.Write(json, _known[new(Id, null, "pump")].Value);
        }

        Assert.Equal("""{"speed":2,"on":true}""", System.Text.Encoding.UTF8.GetString(text.ToArray()));
    }

    private static MetricKey Key(string name) => new(Id, "D", name);

    private MetricChange Level => _known[Key("level")];

    private SparkplugPayload Values(int seq, params Metric[] metrics) => new() { Timestamp = _now, Seq = seq, Metrics = metrics };

    private TagSample Sample(string tag, TagValue value) => new(tag, value, TagQuality.Good, _now);

    private OutgoingMessage Connect(int bdSeq)
    {
        var will = _node.Connect(bdSeq, _now);
        _node.Birth(_now, _sent);
        DeliverAll();
        return will;
    }

    private void Data(string tag, TagValue value, bool lose = false)
    {
        _node.Data("D", [Sample(tag, value)], _now, _sent);
        if (lose)
        {
            _sent.Clear();
        }

        DeliverAll();
    }

    private void DeliverAll()
    {
        _sent.ForEach(Deliver);
        _sent.Clear();
    }

    private void Deliver(OutgoingMessage message) => _host.Accept(message.Topic, PayloadWriter.Write(message.Payload), _now);

    private List<RebirthRequest> Rebirths()
    {
        var due = new List<RebirthRequest>();
        _host.TakeRebirths(_now, due);
        return due;
    }

    private string Refusal(MetricKey key, TagValue value) => Assert.Throws<CommandRefusedException>(() => _host.Command(key, value, _now)).Message;
}
