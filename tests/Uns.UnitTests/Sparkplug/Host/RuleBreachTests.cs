using Uns.Mqtt.Packets;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.UnitTests.Sparkplug.Host;

/// <summary>Every way a node can break the rules: what the host does about it, and that it is counted by its reason.</summary>
public sealed class RuleBreachTests
{
    private readonly HostStage _stage = new();

    [Fact]
    public void Unreadable_bytes_are_dropped_whole_and_ask_for_a_rebirth()
    {
        _stage.Born();
        _stage.Session.Accept("spBv1.0/G/DDATA/E/D", [0xFF, 0xFF], _stage.Now);
        Expect(RuleBreach.PayloadUnreadable, "untagged-host-rebirth-on-malformed", RebirthReason.Malformed);
        Assert.Equal(TagQuality.Good, _stage["level"].Quality);
    }

    [Fact]
    public void A_payload_damaged_in_its_last_metric_changes_nothing()
    {
        _stage.Born();
        var whole = PayloadWriter.Write(new SparkplugPayload { Seq = 2, Metrics = [HostStage.ByAlias(1, 9)] });
        byte[] damaged = [.. whole, 0x12, 0x05, 0x10, 0x01];
        _stage.Session.Accept("spBv1.0/G/DDATA/E/D", damaged, _stage.Now);
        Assert.Equal(TagValue.Of(1.0), _stage["level"].Value);
        Assert.Equal(1, _stage.CountOf(RuleBreach.PayloadUnreadable));
    }

    [Fact, Spec("tck-id-payloads-sequence-num-always-included")]
    public void Data_without_seq_are_dropped_and_ask_for_a_rebirth()
    {
        _stage.Born();
        _stage.Send(MessageVerb.DData, "D", null, _stage.Now, HostStage.ByAlias(1, 9));
        Expect(RuleBreach.SeqMissing, "tck-id-payloads-ddata-seq", RebirthReason.Malformed);
        Assert.Equal(TagValue.Of(1.0), _stage["level"].Value);
    }

    [Fact]
    public void A_seq_above_255_drops_the_message_and_asks_for_a_rebirth()
    {
        _stage.Born();
        _stage.Session.Accept("spBv1.0/G/DDATA/E/D", [0x18, 0x80, 0x02], _stage.Now);
        Expect(RuleBreach.SeqOutOfRange, "tck-id-payloads-sequence-num-incrementing", RebirthReason.Malformed);
        Assert.Equal(1, _stage.Info.DecodeErrors);
    }

    [Fact]
    public void A_jump_of_seq_is_a_gap_a_repeat_is_dropped()
    {
        _stage.Born();
        _stage.Data(2, HostStage.ByAlias(1, 2));
        _stage.Data(2, HostStage.ByAlias(1, 3));
        Assert.Equal(TagValue.Of(2.0), _stage["level"].Value);
        Expect(RuleBreach.SeqRepeated, "tck-id-payloads-sequence-num-incrementing", null);
        _stage.Data(200, HostStage.ByAlias(1, 4)); // Far ahead on the ring is far behind.
        Assert.Equal(2, _stage.CountOf(RuleBreach.SeqRepeated));
        _stage.Data(9, HostStage.ByAlias(1, 4));
        _stage.Now += TimeSpan.FromSeconds(2);
        _stage.Session.Tick(_stage.Now);
        Expect(RuleBreach.SeqGap, "tck-id-payloads-sequence-num-incrementing", RebirthReason.Gap);
        Assert.Equal(TagQuality.Stale, _stage["level"].Quality);
    }

    [Fact, Spec("tck-id-payloads-nbirth-seq"), Spec("tck-id-topics-nbirth-seq-num")]
    public void A_birth_with_another_seq_than_0_is_taken_and_the_next_one_follows_it()
    {
        _stage.NodeBirth(seq: 17);
        _stage.DeviceBirth(18);
        Expect(RuleBreach.BirthSeqNotZero, "tck-id-topics-nbirth-seq-num", null);
        Assert.Equal(TagQuality.Good, _stage["level"].Quality);
    }

    [Fact, Spec("tck-id-topics-nbirth-bdseq-included")]
    public void A_birth_without_bdSeq_is_taken_and_any_death_counts_for_it()
    {
        _stage.Send(MessageVerb.NBirth, null, 0, _stage.Now, Metric.Of("Node Control/Rebirth", TagValue.Of(false)));
        Expect(RuleBreach.BdSeqMissing, "tck-id-topics-nbirth-bdseq-included", null);
        _stage.Death(77);
        Assert.False(_stage.Info.IsOnline);
    }

    [Theory]
    [InlineData(5, 6, 0)]
    [InlineData(255, 0, 0)]
    [InlineData(5, 5, 0)]
    [InlineData(5, 9, 1)]
    [InlineData(5, 0, 1)] // Its memory was lost with the power.
    public void A_bdSeq_that_does_not_follow_is_taken_and_counted(int first, int second, int jumps)
    {
        _stage.NodeBirth(first);
        _stage.NodeBirth(second);
        Assert.Equal(jumps, _stage.CountOf(RuleBreach.BdSeqJump));
        Assert.Equal((true, second), (_stage.Info.IsOnline, _stage.Info.BdSeq!.Value));
    }

    [Theory]
    [InlineData(DataType.UInt64)]
    [InlineData(DataType.Int32)]
    [InlineData(DataType.UInt8)]
    public void A_bdSeq_of_any_integer_type_pairs(DataType type)
    {
        _stage.Send(MessageVerb.NBirth, null, 0, _stage.Now, Metric.Of("bdSeq", TagValue.OfInteger(type, 3)));
        _stage.Death(3);
        Assert.Equal((false, 1L), (_stage.Info.IsOnline, _stage.Info.Deaths));
    }

    [Fact, Spec("tck-id-payloads-ndeath-bdseq"), Spec("untagged-host-ndeath-bdseq-correlation")]
    public void The_death_of_another_session_is_ignored_and_shown()
    {
        _stage.Born(5);
        _stage.Death(4);
        Expect(RuleBreach.DeathOfAnotherSession, "tck-id-payloads-ndeath-bdseq", null);
        Assert.True(_stage.Info.IsOnline);
        Assert.Contains(_stage.Report.Sessions, s => s is { BdSeq: 4, Counted: false, Born: null });
    }

    [Fact, Spec("tck-id-topics-nbirth-rebirth-metric")]
    public void A_birth_without_the_rebirth_metric_is_counted()
    {
        _stage.Send(MessageVerb.NBirth, null, 0, _stage.Now, Metric.Of("bdSeq", TagValue.OfInteger(DataType.Int64, 0)));
        Expect(RuleBreach.RebirthMetricMissing, "tck-id-topics-nbirth-rebirth-metric", null);
    }

    [Fact]
    public void A_birth_without_metrics_removes_what_was_known()
    {
        _stage.Born();
        _stage.Send(MessageVerb.DBirth, "D", 2, _stage.Now);
        Expect(RuleBreach.BirthWithoutMetrics, "tck-id-topics-dbirth-metric-reqs", null);
        Assert.DoesNotContain(_stage.Known.Keys, k => k.Device == "D");
    }

    [Fact, Spec("tck-id-payloads-name-requirement")]
    public void A_metric_without_name_and_alias_is_dropped_alone()
    {
        _stage.Born();
        _stage.Data(2, new Metric { Value = new(WireKind.Int, 1) }, HostStage.ByAlias(1, 4));
        Expect(RuleBreach.NameMissing, "tck-id-payloads-name-requirement", null);
        Assert.Equal(TagValue.Of(4.0), _stage["level"].Value);
    }

    [Fact, Spec("tck-id-payloads-metric-datatype-req")]
    public void A_birth_without_a_datatype_makes_the_metric_bad()
    {
        _stage.NodeBirth();
        _stage.Send(MessageVerb.DBirth, "D", 1, _stage.Now, HostStage.ByName("level", 1));
        Expect(RuleBreach.DataTypeMissing, "tck-id-payloads-metric-datatype-req", null);
        Assert.Equal((TagQuality.Bad, true), (_stage["level"].Quality, _stage["level"].Value.IsNull));
    }

    [Theory, Spec("tck-id-payloads-metric-datatype-value")]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(21)]
    [InlineData(35)]
    [InlineData(int.MaxValue)]
    public void A_datatype_that_no_metric_has_makes_it_bad(int type)
    {
        _stage.NodeBirth();
        _stage.Send(MessageVerb.DBirth, "D", 1, _stage.Now, HostStage.ByName("level", 1) with { DataType = (DataType)type });
        Expect(RuleBreach.DataTypeUnknown, "tck-id-payloads-metric-datatype-value", null);
        Assert.Equal(TagQuality.Bad, _stage["level"].Quality);
    }

    [Fact, Spec("untagged-metric-value-type")]
    public void An_absent_value_that_does_not_say_null_is_not_zero()
    {
        _stage.Born();
        _stage.Data(2, new Metric { Alias = 1 });
        Expect(RuleBreach.ValueMissing, "untagged-metric-value-type", null);
        Assert.Equal((TagValue.Of(1.0), TagQuality.Bad), (_stage["level"].Value, _stage["level"].Quality));
    }

    [Fact, Spec("tck-id-payloads-metric-datatype-value-type")]
    public void A_value_of_another_type_keeps_the_last_one_and_is_bad()
    {
        _stage.Born();
        _stage.Data(2, new Metric { Alias = 1, Value = new(WireKind.String, 0, "x") }, new Metric { Alias = 2, Value = new(WireKind.Long, 1L << 40) });
        Assert.Equal(2, _stage.CountOf(RuleBreach.ValueOfAnotherType));
        Assert.Equal((TagValue.Of(1.0), TagQuality.Bad), (_stage["level"].Value, _stage["level"].Quality));
        Assert.Equal((TagValue.OfInteger(DataType.Int32, 5), TagQuality.Bad), (_stage["count"].Value, _stage["count"].Quality));
        _stage.Data(3, HostStage.ByAlias(1, 2));
        Assert.Equal((TagValue.Of(2.0), TagQuality.Good), (_stage["level"].Value, _stage["level"].Quality));
    }

    [Fact, Spec("tck-id-payloads-alias-uniqueness")]
    public void An_alias_given_twice_stands_for_neither_until_the_next_birth()
    {
        _stage.NodeBirth();
        _stage.Send(MessageVerb.DBirth, "D", 1, _stage.Now, HostStage.Double("x", 1, alias: 7), HostStage.Double("y", 2, alias: 7));
        Expect(RuleBreach.AliasTwice, "tck-id-payloads-alias-uniqueness", null);
        _stage.Data(2, HostStage.ByAlias(7, 9));
        Assert.Equal((TagValue.Of(1.0), TagValue.Of(2.0)), (_stage["x"].Value, _stage["y"].Value));
        _stage.NodeBirth();
        _stage.Send(MessageVerb.DBirth, "D", 1, _stage.Now, HostStage.Double("x", 1, alias: 7), HostStage.Double("y", 2, alias: 8));
        _stage.Data(2, HostStage.ByAlias(7, 9));
        Assert.Equal(TagValue.Of(9.0), _stage["x"].Value);
    }

    [Fact]
    public void An_alias_reused_after_a_birth_means_the_new_metric_everywhere()
    {
        _stage.Born();
        _stage.NodeBirth();
        _stage.Send(MessageVerb.DBirth, "D", 1, _stage.Now, HostStage.Double("pressure", 1, alias: 1), HostStage.Double("level", 2, alias: 5_000_000_000));
        _stage.Data(2, HostStage.ByAlias(1, 9), HostStage.ByAlias(5_000_000_000, 8));
        Assert.Equal((TagValue.Of(9.0), TagValue.Of(8.0)), (_stage["pressure"].Value, _stage["level"].Value));
        Assert.Equal([1UL, 5_000_000_000], _stage.Report.Aliases.Select(a => a.Alias));
    }

    [Fact]
    public void Unknown_names_and_aliases_invent_nothing_and_ask_for_a_rebirth()
    {
        _stage.Born();
        var before = _stage.Known.Count;
        _stage.Data(2, HostStage.ByAlias(99, 1));
        Expect(RuleBreach.AliasUnknown, "tck-id-topics-dbirth-metric-reqs", RebirthReason.UnknownMetric);
        _stage.Data(3, HostStage.ByName("nobody", 1));
        Expect(RuleBreach.NameUnknown, "tck-id-topics-dbirth-metric-reqs", null); // One request per window.
        _stage.Data(4, HostStage.ByName("count", 1) with { Alias = 1 });
        Expect(RuleBreach.AliasAndNameDisagree, "tck-id-payloads-alias-data-cmd-requirement", null);
        Assert.Equal((before, 3L), (_stage.Known.Count, _stage.Info.Dropped));
        Assert.Equal(TagValue.Of(1.0), _stage["level"].Value);
    }

    [Fact, Spec("tck-id-principles-birth-certificates-order")]
    public void Data_before_the_birth_are_held_and_ask_for_one()
    {
        _stage.Data(2, HostStage.ByAlias(1, 4));
        Expect(RuleBreach.DataBeforeBirth, "tck-id-principles-birth-certificates-order", RebirthReason.DataBeforeBirth);
        _stage.Born();
        Assert.Equal(TagValue.Of(4.0), _stage["level"].Value); // They had overtaken it.
    }

    [Fact]
    public void Data_held_for_a_birth_are_bounded_in_number_and_age_and_old_ones_do_not_move_new_values()
    {
        var stage = new HostStage(new HostOptions { HeldMessages = 3 });
        for (var seq = 2; seq < 7; seq++)
        {
            stage.Data(seq, HostStage.ByAlias(1, seq));
        }

        Assert.Equal(2, stage.Info.Dropped);
        stage.Now += TimeSpan.FromSeconds(11);
        stage.Data(7, HostStage.ByAlias(1, 7));
        Assert.Equal(5, stage.Info.Dropped);
        stage.Now += TimeSpan.FromSeconds(1);
        stage.Born(); // Said after what is held.
        Assert.Equal(TagValue.Of(1.0), stage["level"].Value);
        Assert.Equal(6, stage.Info.Dropped);
    }

    [Theory]
    [InlineData(MessageVerb.DData)]
    [InlineData(MessageVerb.DDeath)]
    public void A_device_that_speaks_before_its_birth_asks_for_one(MessageVerb verb)
    {
        _stage.NodeBirth();
        _stage.Send(verb, "D", 1, _stage.Now);
        Expect(RuleBreach.DeviceDataBeforeBirth, "tck-id-payloads-ddata-order", RebirthReason.DataBeforeBirth);
    }

    [Fact, Spec("tck-id-payloads-propertyset-keys-array-size")]
    public void Properties_that_do_not_pair_make_the_metric_bad()
    {
        _stage.Born();
        byte[] wire = [0x18, 0x02, 0x12, 0x10, 0x10, 0x01, 0x69, .. BitConverter.GetBytes(4.0), 0x4A, 0x03, 0x0A, 0x01, 0x51];
        _stage.Session.Accept("spBv1.0/G/DDATA/E/D", wire, _stage.Now);
        Expect(RuleBreach.PropertiesUnpaired, "tck-id-payloads-propertyset-keys-array-size", null);
        Assert.Equal(TagQuality.Bad, _stage["level"].Quality);
    }

    [Theory, Spec("tck-id-payloads-propertyset-quality-value-value")]
    [InlineData(0, TagQuality.Bad, 0)]
    [InlineData(192, TagQuality.Good, 0)]
    [InlineData(500, TagQuality.Stale, 0)]
    [InlineData(64, TagQuality.Bad, 1)]
    public void A_quality_is_one_of_three(int code, TagQuality quality, int breaches)
    {
        _stage.Born();
        _stage.Data(2, HostStage.ByAlias(1, 2) with { Properties = [MetricProperty.Of("x", 1.0), MetricProperty.OfQuality(code)] });
        Assert.Equal((quality, breaches), (_stage["level"].Quality, (int)_stage.CountOf(RuleBreach.QualityUnknown)));
    }

    [Fact, Spec("tck-id-topics-ddata-timestamp")]
    public void A_missing_timestamp_is_counted_and_the_arrival_is_taken()
    {
        _stage.Born();
        _stage.Now += TimeSpan.FromSeconds(3);
        _stage.Send(MessageVerb.DData, "D", 2, null, HostStage.ByAlias(1, 2));
        Expect(RuleBreach.TimestampMissing, "tck-id-topics-ddata-timestamp", null);
        Assert.Equal(_stage.Now, _stage["level"].Timestamp);
    }

    [Fact, Spec("tck-id-payloads-template-definition-nbirth-only")]
    public void A_template_definition_outside_an_NBIRTH_is_left_aside()
    {
        _stage.NodeBirth();
        var definition = Metric.Of("Pump", TagValue.OfObject(DataType.Template, new Template { IsDefinition = true, Members = [HostStage.Double("speed", 0)] }));
        _stage.Send(MessageVerb.DBirth, "D", 1, _stage.Now, definition);
        Expect(RuleBreach.DefinitionOutsideBirth, "tck-id-payloads-template-definition-nbirth-only", null);
        Assert.DoesNotContain(new MetricKey(HostStage.Id, "D", "Pump"), _stage.Known.Keys);
    }

    [Fact, Spec("tck-id-payloads-ndeath-will-message-qos")]
    public void A_will_with_quality_of_service_0_still_kills_and_is_counted()
    {
        _stage.Born();
        _stage.Death(0, QualityOfService.AtMostOnce);
        Expect(RuleBreach.QosWrong, "tck-id-payloads-ndeath-will-message-qos", null);
        Assert.False(_stage.Info.IsOnline);
    }

    [Fact, Spec("untagged-utc-clocks")]
    public void A_clock_two_hours_ahead_is_told_once_and_values_keep_their_order()
    {
        _stage.Born();
        _stage.Send(MessageVerb.DData, "D", 2, _stage.Now.AddHours(2), HostStage.ByAlias(1, 2));
        Expect(RuleBreach.ClockOff, "untagged-utc-clocks", null);
        _stage.Send(MessageVerb.DData, "D", 3, _stage.Now.AddHours(2), HostStage.ByAlias(1, 3));
        _stage.Send(MessageVerb.DData, "D", 4, _stage.Now, HostStage.ByAlias(1, 4)); // Older by its clock, newer by its seq.
        Assert.Equal(TagValue.Of(4.0), _stage["level"].Value);
        Assert.Equal(1, _stage.CountOf(RuleBreach.ClockOff));
        Assert.InRange(_stage.Info.ClockSkew!.Value, TimeSpan.FromHours(1.8), TimeSpan.FromHours(2));
    }

    [Fact]
    public void A_metric_that_is_later_than_its_message_is_not_forgotten_when_the_next_has_the_messages_own_time()
    {
        _stage.Born();
        _stage.Data(2, HostStage.ByAlias(1, 2) with { Timestamp = _stage.Now.AddSeconds(1) }, HostStage.ByAlias(2, 0) with { Value = new(WireKind.Int, 6) }, HostStage.ByAlias(1, 3) with { Timestamp = _stage.Now.AddMilliseconds(500) });
        Assert.Equal(2, _stage.CountOf(RuleBreach.MetricsOutOfOrder));
        _stage.Data(3, HostStage.ByAlias(1, 9) with { IsHistorical = true }, HostStage.ByAlias(1, 4) with { Timestamp = _stage.Now.AddSeconds(-1) }, HostStage.ByAlias(1, 5));
        Assert.Equal(2, _stage.CountOf(RuleBreach.MetricsOutOfOrder)); // Values of the past have an order of their own.
    }

    [Fact]
    public void A_device_beyond_the_bound_is_left_aside()
    {
        var stage = new HostStage(new HostOptions { DevicesBound = 1 });
        stage.Born();
        stage.DeviceBirth(2, "second");
        Assert.Equal(1, stage.CountOf(RuleBreach.DeviceBeyondBound));
        Assert.Single(stage.Report.Devices);
    }

    [Fact]
    public void Every_breach_has_a_rule_that_is_in_the_list()
    {
        var known = File.ReadLines(Path.Combine(PeerProcess.Root(), "schemas", "sparkplug-assertions.tsv")).Select(line => line.Split('\t')[0]).ToHashSet(StringComparer.Ordinal);
        foreach (var breach in Enum.GetValues<RuleBreach>().Where(b => b is not (RuleBreach.DeviceBeyondBound or RuleBreach.TemplateBeyondBound)))
        {
            Assert.All(Enum.GetValues<MessageVerb>(), verb => Assert.Contains(RuleBook.IdOf(breach, verb), known));
        }
    }

    [Fact]
    public void A_name_of_ten_thousand_characters_and_one_beyond_ascii_are_kept()
    {
        _stage.NodeBirth();
        var (longName, name) = (new string('x', 10_001), "Füllstand 🚀");
        _stage.Send(MessageVerb.DBirth, "D", 1, _stage.Now, HostStage.Double(longName, 1), HostStage.Double(name, 1), HostStage.Double("F", 1));
        _stage.Data(2, HostStage.ByName(name, 2), HostStage.ByName(longName, 3), HostStage.ByName("F", 4));
        Assert.Equal((TagValue.Of(2.0), TagValue.Of(3.0), TagValue.Of(4.0)), (_stage[name].Value, _stage[longName].Value, _stage["F"].Value));
        Assert.Equal(0, _stage.Info.Breaches);
    }

    private void Expect(RuleBreach breach, string rule, RebirthReason? asked)
    {
        Assert.Equal(1, _stage.CountOf(breach));
        Assert.Contains(_stage.Report.Timeline, e => e.Kind == NodeEventKind.Breach && e.Breach == breach && e.Rule == rule);
        Assert.Equal(asked is { } reason ? [reason] : [], _stage.Rebirths().Select(r => r.Reason));
    }
}
