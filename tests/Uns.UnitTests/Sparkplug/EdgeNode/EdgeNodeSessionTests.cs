using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.UnitTests.Sparkplug.EdgeNode;

public sealed class EdgeNodeSessionTests
{
    private static readonly TimeSpan Begin = TimeSpan.FromDays(9); // Of the time that only goes forward.
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TagDefinition Level = new() { Name = "tank/level", DataType = DataType.Double, Unit = "m", Low = 0, High = 10, Description = "water", Writable = true };
    private static readonly TagDefinition Count = new() { Name = "count", DataType = DataType.Int32 };
    private readonly EdgeNodeSession _session = new(new EdgeNodeOptions { GroupId = "G", NodeId = "E", MetricsPerMessage = 3, Properties = new Dictionary<string, string> { ["OS"] = "Linux" } });
    private readonly List<OutgoingMessage> _due = [];

    [Fact, Spec("tck-id-topics-ndeath-topic"), Spec("tck-id-topics-ndeath-payload"), Spec("tck-id-topics-ndeath-seq"), Spec("tck-id-payloads-ndeath-seq")]
    [Spec("tck-id-message-flow-edge-node-birth-publish-will-message-topic"), Spec("tck-id-message-flow-edge-node-birth-publish-will-message-payload-bdSeq")]
    [Spec("tck-id-payloads-ndeath-will-message")]
    public void The_death_certificate_holds_bdSeq_and_nothing_else()
    {
        var death = _session.Connect(7, Noon);
        Assert.Equal("spBv1.0/G/NDEATH/E", death.Topic.ToString());
        Assert.Null(death.Payload.Seq);
        var metric = Assert.Single(death.Payload.Metrics);
        Assert.Equal(("bdSeq", DataType.Int64, 7L, WireKind.Long), (metric.Name!, metric.DataType!.Value, metric.Value.Bits, metric.Value.Kind));
    }

    [Fact, Spec("tck-id-topics-nbirth-seq-num"), Spec("tck-id-payloads-nbirth-seq"), Spec("tck-id-topics-nbirth-bdseq-matching"), Spec("tck-id-payloads-nbirth-bdseq")]
    [Spec("tck-id-topics-nbirth-rebirth-metric"), Spec("tck-id-operational-behavior-data-commands-rebirth-name"), Spec("tck-id-topics-nbirth-topic")]
    [Spec("tck-id-operational-behavior-data-commands-rebirth-datatype"), Spec("tck-id-operational-behavior-data-commands-rebirth-value")]
    [Spec("tck-id-operational-behavior-data-commands-rebirth-name-aliases"), Spec("tck-id-topics-nbirth-timestamp"), Spec("tck-id-topics-nbirth-metrics")]
    [Spec("tck-id-topics-dbirth-topic"), Spec("tck-id-topics-dbirth-seq"), Spec("tck-id-topics-dbirth-metrics"), Spec("tck-id-payloads-dbirth-order")]
    [Spec("tck-id-payloads-metric-datatype-req"), Spec("tck-id-payloads-alias-birth-requirement"), Spec("tck-id-payloads-alias-uniqueness")]
    [Spec("tck-id-payloads-dbirth-seq-inc"), Spec("tck-id-topics-nbirth-bdseq-included"), Spec("tck-id-payloads-nbirth-rebirth-req")]
    public void A_birth_names_everything_of_the_node_and_of_the_devices_that_are_online()
    {
        SetUp("A", "B", "C");
        Online("A", "B");
        _session.Connect(3, Noon);
        Birth();
        Assert.Equal(["0 NBirth ", "1 DBirth A", "2 DBirth B"], Shown());
        var node = _due[0].Payload;
        Assert.Equal(Noon, node.Timestamp);
        Assert.Equal(["bdSeq", "Node Control/Rebirth", "Properties/OS"], node.Metrics.Select(m => m.Name));
        Assert.Equal(3, node.Metrics[0].Value.Bits);
        Assert.Equal((DataType.Boolean, 0L, null), (node.Metrics[1].DataType!.Value, node.Metrics[1].Value.Bits, node.Metrics[1].Alias));
        var all = _due.Skip(1).SelectMany(m => m.Payload.Metrics).ToList();
        Assert.All(all, m => Assert.True(m is { Name: not null, Alias: not null, DataType: not null, Timestamp: not null, IsNull: true }));
        Assert.Equal(all.Count, all.Select(m => m.Alias).Distinct().Count());
    }

    [Fact]
    public void The_answer_to_a_write_leaves_although_it_says_nothing_new()
    {
        SetUp("A");
        Online("A");
        Birth();
        _session.Data("A", [Good("tank/level", 4.5)], Noon, _due);
        _due.Clear();
        _session.Data("A", [Good("tank/level", 4.5)], Noon, _due);
        Assert.Empty(_due);
        _session.Data("A", [Good("tank/level", 4.5) with { IsAnswer = true }], Noon, _due);
        Assert.Equal(4.5, Assert.Single(Assert.Single(_due).Payload.Metrics).Value.Number);
    }

    [Fact, Spec("tck-id-operational-behavior-data-publish-dbirth"), Spec("tck-id-operational-behavior-data-publish-dbirth-values")]
    public void A_device_birth_tells_unit_range_words_rights_and_the_last_value()
    {
        SetUp("A");
        Online("A");
        _session.Data("A", [Good("tank/level", 4.5)], Noon, _due);
        Birth();
        var level = _due[1].Payload.Metrics[0];
        Assert.Equal(4.5, level.Value.Number);
        Assert.Equal(["engUnit", "engLow", "engHigh", "description", "readOnly"], level.Properties.Select(p => p.Key));
        Assert.Equal("m", level.Properties[0].Value.Object);
        Assert.Equal(10, level.Properties[2].Value.Number);
        Assert.Equal(0, level.Properties[4].Value.Bits);
        Assert.Equal(1, _due[1].Payload.Metrics[1].Properties.Single(p => p.Key == "readOnly").Value.Bits);
    }

    [Fact, Spec("tck-id-payloads-propertyset-quality-value-value"), Spec("tck-id-operational-behavior-data-publish-dbirth-values")]
    public void A_tag_that_nobody_has_read_is_born_null_and_stale_and_what_the_node_owns_is_good()
    {
        SetUp("A");
        Online("A");
        _session.SetNode([Count], Noon, _due);
        _session.Data("A", [Good("tank/level", 4.5)], Noon, _due);
        Birth();
        var (node, device) = (_due[0].Payload.Metrics, _due[1].Payload.Metrics.ToDictionary(m => m.Name!));
        foreach (var unread in new[] { node.Single(m => m.Name == "count"), device["count"] })
        {
            Assert.Equal((true, WireKind.None, 500L, Noon), (unread.IsNull, unread.Value.Kind, QualityCode(unread), unread.Timestamp!.Value));
            Assert.Equal("It has not been read yet.", unread.Properties.Single(p => p.Key == "qualityReason").Value.Object);
        }

        Assert.All(node.Where(m => m.Name != "count").Append(device["tank/level"]), m => Assert.Equal((false, -1L), (m.IsNull, QualityCode(m))));

        // A tag of another type is another tag: what the old one said is not its value.
        _due.Clear();
        _session.SetDevice("A", [Level with { DataType = DataType.Float }, Count], Noon, _due);
        Assert.All(_due.Single(m => m.Topic.Verb == MessageVerb.DBirth).Payload.Metrics, m => Assert.Equal((true, 500L), (m.IsNull, QualityCode(m))));
    }

    [Fact]
    public void A_tag_that_could_never_be_read_is_born_bad_with_its_reason()
    {
        SetUp("A");
        Online("A");
        _session.Data("A", [new("tank/level", TagValue.Null(DataType.Double), TagQuality.Bad, Noon, "Illegal data address.")], Noon, _due);
        Birth();
        var level = _due[1].Payload.Metrics.Single(m => m.Name == "tank/level");
        Assert.Equal((true, 0L), (level.IsNull, QualityCode(level)));
        Assert.Equal("Illegal data address.", level.Properties.Single(p => p.Key == "qualityReason").Value.Object);
    }

    [Fact, Spec("tck-id-payloads-alias-data-cmd-requirement"), Spec("tck-id-payloads-metric-datatype-not-req"), Spec("tck-id-topics-ddata-topic")]
    [Spec("tck-id-topics-ddata-seq-num"), Spec("tck-id-payloads-ddata-seq-inc"), Spec("tck-id-payloads-ddata-timestamp"), Spec("tck-id-operational-behavior-data-publish-dbirth-order")]
    public void Data_carry_aliases_alone_in_order_of_time_and_in_messages_of_bounded_size()
    {
        SetUp("A");
        Online("A");
        Birth();
        var aliases = _due[1].Payload.Metrics.ToDictionary(m => m.Name!, m => m.Alias);
        _due.Clear();
        var unknown = _session.Data(
            "A",
            [Good("tank/level", 2, second: 2), Good("tank/level", 1, second: 1), Good("tank/level", 3, second: 3), Good("tank/level", 4, second: 4), Good("nowhere", 9)],
            Noon,
            _due);
        Assert.Equal(1, unknown);
        Assert.Equal(["2 DData A", "3 DData A"], Shown());
        var metrics = _due.SelectMany(m => m.Payload.Metrics).ToList();
        Assert.Equal([1.0, 2.0, 3.0, 4.0], metrics.Select(m => m.Value.Number));
        Assert.All(metrics, m => Assert.True(m is { Name: null, DataType: null } && m.Alias == aliases["tank/level"] && m.Timestamp is not null));
    }

    [Fact, Spec("tck-id-payloads-sequence-num-incrementing"), Spec("tck-id-payloads-ddata-seq")]
    public void Seq_runs_from_0_to_255_and_begins_again()
    {
        SetUp("A");
        Online("A");
        Birth();
        for (var i = 0; i < 600; i++)
        {
            _session.Data("A", [Good("tank/level", i)], Noon, _due);
        }

        Assert.Equal(Enumerable.Range(0, 602).Select(i => (int?)(i % 256)), _due.Select(m => m.Payload.Seq));
    }

    [Fact, Spec("tck-id-payloads-propertyset-quality-value-type"), Spec("tck-id-payloads-propertyset-quality-value-value")]
    public void A_bad_sample_keeps_the_last_value_and_says_so_until_a_good_one_comes()
    {
        SetUp("A");
        Online("A");
        Birth();
        _due.Clear();
        _session.Data("A", [Good("tank/level", 4)], Noon, _due);
        _session.Data("A", [new("tank/level", TagValue.Null(DataType.Double), TagQuality.Bad, Noon, "The device is gone.")], Noon, _due);
        _session.Data("A", [new("tank/level", TagValue.Of(5.0), TagQuality.Uncertain, Noon)], Noon, _due);
        _session.Data("A", [Good("tank/level", 6)], Noon, _due);
        _session.Data("A", [Good("tank/level", 7)], Noon, _due);
        _session.Data("A", [new("tank/level", TagValue.Of("x"), TagQuality.Good, Noon)], Noon, _due);
        var metrics = _due.Select(m => m.Payload.Metrics.Single()).ToList();
        Assert.Equal([4.0, 4.0, 5.0, 6.0, 7.0, 7.0], metrics.Select(m => m.Value.Number));
        Assert.Equal([192L, 0L, 500L, 192L, -1L, 0L], metrics.Select(QualityCode)); // The first one ends what the birth said.
        Assert.Equal("The device is gone.", metrics[1].Properties.Single(p => p.Key == "qualityReason").Value.Object);
        Assert.Equal(DataType.Int32, metrics[1].Properties[0].Type);
    }

    [Fact, Spec("tck-id-operational-behavior-device-ddeath"), Spec("tck-id-topics-ddeath-topic"), Spec("tck-id-topics-ddeath-seq-num"), Spec("tck-id-payloads-ddeath-seq-inc")]
    [Spec("tck-id-message-flow-device-birth-publish-nbirth-wait")]
    public void Devices_die_and_are_born_as_they_go_come_and_change()
    {
        SetUp("A");
        _session.SetOnline("A", true, Noon, _due);
        Assert.Empty(_due); // No DBIRTH before the NBIRTH.
        Birth();
        _session.SetOnline("A", true, Noon, _due); // No news.
        _session.SetOnline("A", false, Noon, _due);
        _session.Data("A", [Good("tank/level", 8)], Noon, _due); // Dead devices send nothing; the value waits.
        _session.SetOnline("A", true, Noon, _due);
        _session.SetDevice("A", [Level, Count], Noon, _due); // The same tags are no news.
        _session.SetDevice("A", [Level], Noon, _due);
        _session.SetDevice("B", [Count], Noon, _due);
        _session.SetOnline("B", true, Noon, _due);
        _session.RemoveDevice("A", Noon, _due);
        _session.RemoveDevice("nobody", Noon, _due);
        Assert.Equal(["0 NBirth ", "1 DBirth A", "2 DDeath A", "3 DBirth A", "4 DDeath A", "5 DBirth A", "6 DBirth B", "7 DDeath A"], Shown());
        Assert.Equal(8, _due[3].Payload.Metrics[0].Value.Number);
        Assert.Empty(_due[2].Payload.Metrics);
        Assert.Equal(_due[3].Payload.Metrics[0].Alias, _due[5].Payload.Metrics[0].Alias);
        Assert.DoesNotContain(_due[6].Payload.Metrics[0].Alias, _due[3].Payload.Metrics.Select(m => m.Alias));
    }

    [Fact, Spec("tck-id-operational-behavior-data-commands-rebirth-action-2"), Spec("tck-id-operational-behavior-data-commands-rebirth-action-3")]
    [Spec("tck-id-payloads-nbirth-bdseq-repeat")]
    public void Rebirth_requests_are_answered_with_the_same_bdSeq_the_first_at_once_and_the_next_together()
    {
        SetUp("A", "B");
        Online("A");
        _session.AskRebirth(); // Before the birth it asks for nothing.
        Assert.Null(_session.RebirthDue);
        _session.Connect(9, Noon);
        Birth();
        _due.Clear();
        _session.AskRebirth();
        _session.AnswerRebirth(Begin, Noon, _due);
        Assert.Equal(["0 NBirth ", "1 DBirth A"], Shown());
        Assert.Equal(9, _due[0].Payload.Metrics[0].Value.Bits);

        _due.Clear();
        _session.AskRebirth();
        _session.AskRebirth();
        _session.AnswerRebirth(Begin + TimeSpan.FromSeconds(4.9), Noon.AddSeconds(4.9), _due);
        Assert.Empty(_due);
        _session.AnswerRebirth(Begin + TimeSpan.FromSeconds(5), Noon.AddHours(-1), _due); // The clock was set back meanwhile.
        Assert.Equal(2, _due.Count);
        _session.AnswerRebirth(Begin + TimeSpan.FromSeconds(60), Noon.AddSeconds(60), _due);
        Assert.Equal(2, _due.Count);
        Assert.Equal(2, _session.Rebirths);
    }

    [Fact]
    public void After_a_loss_nothing_is_sent_until_the_next_birth_which_shows_the_newest_values()
    {
        SetUp("A");
        Online("A");
        Birth();
        _session.Disconnected();
        _due.Clear();
        _session.Data("A", [Good("tank/level", 1), Good("tank/level", 2)], Noon, _due);
        Assert.Empty(_due);
        _session.Connect(1, Noon);
        Birth();
        Assert.Equal(2, _due[1].Payload.Metrics[0].Value.Number);
    }

    [Fact]
    public void Faulty_names_are_refused()
    {
        Assert.Throws<ArgumentException>(() => _session.SetDevice("a/b", [Level], Noon, _due));
        Assert.Throws<ArgumentException>(() => _session.SetDevice("A", [Level, Level], Noon, _due));
        Assert.Throws<ArgumentOutOfRangeException>(() => _session.Connect(256, Noon));
        Assert.Equal(2, new EdgeNodeOptions { GroupId = "a+b" }.Check().Count());
    }

    private static long QualityCode(Metric metric) =>
        metric.Properties.Any(p => p.Key == "Quality") ? metric.Properties.Single(p => p.Key == "Quality").Value.Bits : -1;

    private static TagSample Good(string tag, double value, int second = 0) => new(tag, TagValue.Of(value), TagQuality.Good, Noon.AddSeconds(second));

    private void SetUp(params string[] devices)
    {
        foreach (var device in devices)
        {
            _session.SetDevice(device, [Level, Count], Noon, _due);
        }
    }

    private void Online(params string[] devices)
    {
        foreach (var device in devices)
        {
            _session.SetOnline(device, true, Noon, _due);
        }
    }

    private void Birth() => _session.Birth(Noon, _due);

    private IEnumerable<string> Shown() => _due.Select(m => $"{m.Payload.Seq} {m.Topic.Verb} {m.Topic.Device}");
}
