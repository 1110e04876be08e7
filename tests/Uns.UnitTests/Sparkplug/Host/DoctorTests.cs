using Google.Protobuf;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Topics;
using Uns.Tags;
using Uns.TestKit;
using Data = Uns.Sparkplug.Payloads.Protobuf.Payload.Types.DataSet;
using Metric = Uns.Sparkplug.Payloads.Protobuf.Payload.Types.Metric;
using Proto = Uns.Sparkplug.Payloads.Protobuf.Payload;
using Value = Uns.Sparkplug.Payloads.Protobuf.Payload.Types.PropertyValue;

namespace Uns.UnitTests.Sparkplug.Host;

/// <summary>Every rule that binds an edge node's messages and can be seen by a host: how it is broken, and that the doctor names it. The payloads are made by another codec.</summary>
public sealed class DoctorTests
{
    private static readonly ulong Now = (ulong)HostStage.Noon.ToUnixTimeMilliseconds();
    private readonly HostStage _stage = new();

    public static TheoryData<string, RuleBreach, string, int> Rows => new()
    {
        { "NBIRTH: seq 256", RuleBreach.SeqOutOfRange, "tck-id-payloads-nbirth-seq", 1 },
        { "DDATA: seq 256", RuleBreach.SeqOutOfRange, "tck-id-payloads-sequence-num-incrementing", 1 },
        { "NBIRTH: no seq", RuleBreach.SeqMissing, "tck-id-payloads-sequence-num-req-nbirth", 1 },
        { "DBIRTH: no seq", RuleBreach.SeqMissing, "tck-id-payloads-dbirth-seq", 1 },
        { "NDATA: no seq", RuleBreach.SeqMissing, "tck-id-payloads-ndata-seq", 1 },
        { "DDATA: no seq", RuleBreach.SeqMissing, "tck-id-payloads-ddata-seq", 1 },
        { "DDEATH: no seq", RuleBreach.SeqMissing, "tck-id-payloads-ddeath-seq", 1 },
        { "NBIRTH: no timestamp", RuleBreach.TimestampMissing, "tck-id-topics-nbirth-timestamp", 1 },
        { "DBIRTH: no timestamp", RuleBreach.TimestampMissing, "tck-id-topics-dbirth-timestamp", 1 },
        { "NDATA: no timestamp", RuleBreach.TimestampMissing, "tck-id-topics-ndata-timestamp", 1 },
        { "DDATA: no timestamp", RuleBreach.TimestampMissing, "tck-id-topics-ddata-timestamp", 1 },
        { "DDEATH: no timestamp", RuleBreach.TimestampMissing, "tck-id-payloads-ddeath-timestamp", 1 },
        { "DDATA: timestamp that is none", RuleBreach.TimestampUnusable, "tck-id-payloads-timestamp-in-UTC", 1 },
        { "NBIRTH: metrics without timestamp", RuleBreach.MetricTimestampMissing, "tck-id-payloads-name-birth-data-requirement", 2 }, // bdSeq too.
        { "DBIRTH: metrics without timestamp", RuleBreach.MetricTimestampMissing, "tck-id-payloads-name-birth-data-requirement", 2 },
        { "NDATA: metrics without timestamp", RuleBreach.MetricTimestampMissing, "tck-id-payloads-name-birth-data-requirement", 1 },
        { "DDATA: metrics without timestamp", RuleBreach.MetricTimestampMissing, "tck-id-payloads-name-birth-data-requirement", 1 },
        { "DDATA: metric timestamp that is none", RuleBreach.MetricTimestampUnusable, "tck-id-payloads-metric-timestamp-in-UTC", 1 },
        { "DBIRTH: metrics out of order", RuleBreach.MetricsOutOfOrder, "tck-id-operational-behavior-data-publish-dbirth-order", 1 },
        { "NBIRTH: metrics out of order", RuleBreach.MetricsOutOfOrder, "tck-id-operational-behavior-data-publish-nbirth-order", 1 },
        { "DDATA: metrics out of order", RuleBreach.MetricsOutOfOrder, "tck-id-operational-behavior-data-publish-dbirth-order", 1 },
        { "NBIRTH: no bdSeq", RuleBreach.BdSeqMissing, "tck-id-topics-nbirth-bdseq-included", 1 },
        { "NBIRTH: bdSeq -1", RuleBreach.BdSeqMissing, "tck-id-topics-nbirth-bdseq-included", 1 },
        { "NBIRTH: bdSeq null", RuleBreach.BdSeqMissing, "tck-id-topics-nbirth-bdseq-included", 1 },
        { "NBIRTH: bdSeq 256", RuleBreach.BdSeqOutOfRange, "tck-id-topics-nbirth-bdseq-increment", 1 },
        { "NBIRTH: no Rebirth", RuleBreach.RebirthMetricMissing, "tck-id-topics-nbirth-rebirth-metric", 1 },
        { "NBIRTH: Rebirth true", RuleBreach.RebirthMetricWrong, "tck-id-payloads-nbirth-rebirth-req", 1 },
        { "NBIRTH: Rebirth Int32", RuleBreach.RebirthMetricWrong, "tck-id-payloads-nbirth-rebirth-req", 1 },
        { "NBIRTH: Rebirth null", RuleBreach.RebirthMetricWrong, "tck-id-payloads-nbirth-rebirth-req", 1 },
        { "NBIRTH: Rebirth by alias", RuleBreach.RebirthMetricHasAlias, "tck-id-operational-behavior-data-commands-rebirth-name-aliases", 1 },
        { "NDEATH: seq", RuleBreach.DeathHasSeq, "tck-id-payloads-ndeath-seq", 1 },
        { "NDEATH: more metrics", RuleBreach.DeathHasMetrics, "tck-id-topics-ndeath-payload", 1 },
        { "NDEATH: no bdSeq", RuleBreach.BdSeqMissing, "tck-id-topics-ndeath-payload", 1 },
        { "DBIRTH: alias without name", RuleBreach.AliasWithoutName, "tck-id-payloads-alias-birth-requirement", 1 },
        { "DBIRTH: no name", RuleBreach.NameMissing, "tck-id-payloads-name-requirement", 1 },
        { "NBIRTH: no value", RuleBreach.ValueMissing, "tck-id-topics-nbirth-metrics", 1 },
        { "DBIRTH: no value", RuleBreach.ValueMissing, "tck-id-topics-dbirth-metrics", 1 },
        { "DDATA: name beside alias", RuleBreach.NameBesideAlias, "tck-id-payloads-alias-data-cmd-requirement", 1 },
        { "DDATA: name in place of alias", RuleBreach.NameBesideAlias, "tck-id-payloads-alias-data-cmd-requirement", 1 },
        { "DBIRTH: property without type", RuleBreach.PropertyTypeMissing, "tck-id-payloads-metric-propertyvalue-type-req", 1 },
        { "DBIRTH: property within a property without type", RuleBreach.PropertyTypeMissing, "tck-id-payloads-metric-propertyvalue-type-req", 1 },
        { "DBIRTH: property of type 22", RuleBreach.PropertyTypeUnknown, "tck-id-payloads-metric-propertyvalue-type-value", 1 },
        { "DBIRTH: property without value", RuleBreach.PropertyValueMissing, "untagged-propertyvalue-value-type", 1 },
        { "DBIRTH: quality of type Int64", RuleBreach.QualityTypeWrong, "tck-id-payloads-propertyset-quality-value-type", 1 },
        { "DDATA: quality of type Int64", RuleBreach.QualityTypeWrong, "tck-id-payloads-propertyset-quality-value-type", 1 },
        { "DBIRTH: data set with a column more", RuleBreach.DataSetBroken, "tck-id-payloads-dataset-column-num-headers", 1 },
        { "DBIRTH: data set of type 22", RuleBreach.DataSetTypeUnknown, "tck-id-payloads-dataset-types-value", 1 },
        { "NDATA of a device", RuleBreach.TopicWrong, "tck-id-topic-structure-namespace-device-id-non-associated-message-types", 1 },
        { "DDATA of no device", RuleBreach.TopicWrong, "tck-id-topic-structure-namespace-device-id-associated-message-types", 1 },
        { "a verb that does not exist", RuleBreach.TopicWrong, "tck-id-topic-structure", 1 },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void The_doctor_names_the_rule_that_was_broken(string how, RuleBreach breach, string rule, int count)
    {
        Break(how);
        Assert.Equal(count, _stage.CountOf(breach));
        Assert.Equal(breach, Assert.Single(_stage.Report.Breaches).Breach); // And no other.
        var line = Assert.Single(_stage.Report.Timeline, e => e.Kind == NodeEventKind.Breach);
        Assert.Equal((rule, (long)count), (line.Rule!, line.Count));
    }

    [Fact]
    public void What_can_be_read_is_taken_whatever_rule_its_message_breaks()
    {
        foreach (var how in Rows.Select(row => row.Data.Item1).Where(how => how.StartsWith("DDATA: ", StringComparison.Ordinal) && !how.Contains("seq", StringComparison.Ordinal)))
        {
            var other = new DoctorTests();
            other.Break(how);
            Assert.Equal((how, TagValue.Of(4.0), TagQuality.Good), (how, other._stage["level"].Value, other._stage["level"].Quality));
            Assert.Equal((how, HostStage.Noon), (how, other._stage["level"].Timestamp));
        }
    }

    [Fact]
    public void A_node_that_breaks_rules_with_every_message_does_not_push_its_births_out_of_the_timeline()
    {
        Birth();
        for (var i = 0; i < 1000; i++)
        {
            Say(MessageVerb.DData, "D", 2 + i, m => m.ClearTimestamp(), Double("level", i));
        }

        Assert.Equal([NodeEventKind.Birth, NodeEventKind.DeviceBirth, NodeEventKind.Data, NodeEventKind.Breach, NodeEventKind.Breach], _stage.Report.Timeline.Select(e => e.Kind));
        Assert.Equal([1000L, 1000L, 1000L], _stage.Report.Timeline.Skip(2).Select(e => e.Count));
        Assert.Equal((1000L, 1000L), (_stage.CountOf(RuleBreach.MetricTimestampMissing), _stage.CountOf(RuleBreach.NameBesideAlias)));
        Assert.Equal(0, _stage.Info.DecodeErrors); // All of it was read.
        Assert.Equal(TagValue.Of(999.0), _stage["level"].Value);
    }

    [Fact]
    public void A_fault_of_a_property_is_told_at_each_birth_also_when_its_definition_is_known()
    {
        Break("DBIRTH: property without type");
        Break("DBIRTH: property without type");
        Assert.Equal(2, _stage.CountOf(RuleBreach.PropertyTypeMissing));
        Assert.Contains("'engUnit' has no type", _stage.Report.Timeline.Last(e => e.Kind == NodeEventKind.Breach).Detail, StringComparison.Ordinal);
    }

    /// <summary>The list says for each statement about edge nodes how the doctor sees it broken, which other one says the same, or why no host can see it.</summary>
    [Fact]
    public void Every_statement_that_binds_a_node_is_named_by_the_doctor_or_the_list_says_why_not()
    {
        var roles = File.ReadLines(Path.Combine(PeerProcess.Root(), "schemas", "sparkplug-assertions.tsv")).Skip(1).Select(l => l.Split('\t')).ToDictionary(l => l[0], l => l[1], StringComparer.Ordinal);
        var list = File.ReadLines(Path.Combine(PeerProcess.Root(), "schemas", "sparkplug-doctor.tsv")).Skip(1).Select(l => l.Split('\t')).ToDictionary(l => l[0], l => l[1], StringComparer.Ordinal);
        string[] bound = ["edge-node", "device", "payload", "topics", "general"];
        Assert.Equal(roles.Where(r => bound.Contains(r.Value)).Select(r => r.Key).Order(StringComparer.Ordinal), list.Keys.Order(StringComparer.Ordinal));
        var named = Enum.GetValues<RuleBreach>().SelectMany(b => Enum.GetValues<MessageVerb>().Select(v => (Id: RuleBook.IdOf(b, v), Breach: b.ToString()))).ToLookup(r => r.Id, r => r.Breach, StringComparer.Ordinal);
        foreach (var (id, how) in list)
        {
            if (how.StartsWith("as ", StringComparison.Ordinal))
            {
                Assert.True(named.Contains(how[3..]), $"{id}: {how}");
                Assert.False(named.Contains(id), $"{id} is named itself.");
            }
            else if (how.StartsWith("not seen: ", StringComparison.Ordinal))
            {
                Assert.False(named.Contains(id), $"{id} is seen.");
            }
            else
            {
                Assert.Equal((id, string.Join(' ', named[id].Distinct().Order(StringComparer.Ordinal))), (id, how));
            }
        }
    }

    private void Break(string how)
    {
        if (how.StartsWith("NBIRTH: ", StringComparison.Ordinal))
        {
            BreakNodeBirth(how);
            return;
        }

        Birth(withDevice: !how.StartsWith("DBIRTH: ", StringComparison.Ordinal));
        switch (how)
        {
            case "DDATA: seq 256":
                Deliver(how, p => p.Seq = 256);
                break;
            case "DBIRTH: no seq" or "NDATA: no seq" or "DDATA: no seq" or "DDEATH: no seq":
                Deliver(how, p => p.ClearSeq());
                break;
            case "DBIRTH: no timestamp" or "NDATA: no timestamp" or "DDATA: no timestamp" or "DDEATH: no timestamp":
                Deliver(how, p => p.ClearTimestamp());
                break;
            case "DDATA: timestamp that is none":
                Deliver(how, p => p.Timestamp = ulong.MaxValue);
                break;
            case "DBIRTH: metrics without timestamp" or "NDATA: metrics without timestamp" or "DDATA: metrics without timestamp":
                Deliver(how, p => p.Metrics.ToList().ForEach(m => m.ClearTimestamp()));
                break;
            case "DDATA: metric timestamp that is none":
                Deliver(how, p => p.Metrics[0].Timestamp = ulong.MaxValue);
                break;
            case "DBIRTH: metrics out of order":
                Deliver(how, p => p.Metrics[1].Timestamp--);
                break;
            case "DDATA: metrics out of order":
                Say(MessageVerb.DData, "D", 2, null, Aliased(1, 4), new Metric { Alias = 2, IntValue = 1, Timestamp = Now - 1 });
                break;
            case "NDEATH: seq":
                Deliver(how, p => p.Seq = 3);
                break;
            case "NDEATH: more metrics":
                Deliver(how, p => p.Metrics.Add(Double("x", 1)));
                break;
            case "NDEATH: no bdSeq":
                Deliver(how, p => p.Metrics.Clear());
                break;
            case "DBIRTH: alias without name":
                Deliver(how, p => p.Metrics[1].ClearName());
                break;
            case "DBIRTH: no name":
                Deliver(how, p => p.Metrics.Add(new Metric { Datatype = 3, IntValue = 1, Timestamp = Now }));
                break;
            case "DBIRTH: no value":
                Deliver(how, p => p.Metrics[1].ClearIntValue());
                break;
            case "DDATA: name beside alias":
                Deliver(how, p => p.Metrics[0].Name = "level");
                break;
            case "DDATA: name in place of alias":
                Say(MessageVerb.DData, "D", 2, null, Double("level", 4));
                break;
            case "DBIRTH: property without type":
                Property("engUnit", new Value { StringValue = "m" });
                break;
            case "DBIRTH: property within a property without type":
                Property("more", new Value { Type = (uint)DataType.PropertySet, PropertysetValue = new() { Keys = { "inner" }, Values = { new Value { IntValue = 1 } } } });
                break;
            case "DBIRTH: property of type 22":
                Property("more", new Value { Type = 22, IntValue = 1 });
                break;
            case "DBIRTH: property without value":
                Property("more", new Value { Type = (uint)DataType.String });
                break;
            case "DBIRTH: quality of type Int64":
                Property("Quality", new Value { Type = (uint)DataType.Int64, LongValue = 192 });
                break;
            case "DDATA: quality of type Int64":
                Deliver(how, p => p.Metrics[0].Properties = new() { Keys = { "Quality" }, Values = { new Value { Type = (uint)DataType.Int64, LongValue = 192 } } });
                break;
            case "DBIRTH: data set with a column more":
                Deliver(how, p => p.Metrics.Add(Table(new Data { NumOfColumns = 2, Columns = { "a", "b" }, Types_ = { 3 } })));
                break;
            case "DBIRTH: data set of type 22":
                Deliver(how, p => p.Metrics.Add(Table(new Data { NumOfColumns = 1, Columns = { "a" }, Types_ = { 22 }, Rows = { new Data.Types.Row { Elements = { new Data.Types.DataSetValue { IntValue = 1 } } } } })));
                break;
            case "NDATA of a device":
                _stage.Session.Accept("spBv1.0/G/NDATA/E/D", [], _stage.Now);
                _stage.Session.Accept("spBv1.0/G/NDATA/unknown/D", [], _stage.Now); // Of nobody that is known.
                _stage.Session.Accept("spBv1.0/G/NCMD/E/D", [], _stage.Now); // A host's fault.
                break;
            case "DDATA of no device":
                _stage.Session.Accept("spBv1.0/G/DDATA/E", [], _stage.Now);
                break;
            case "a verb that does not exist":
                _stage.Session.Accept("spBv1.0/G/NSTATE/E/" + new string('x', 5000), [], _stage.Now);
                Assert.True(_stage.Report.Timeline[^1].Detail!.Length < 300);
                break;
            default:
                Assert.Fail($"'{how}' is not known.");
                break;
        }
    }

    private void BreakNodeBirth(string how) => Deliver(how, p =>
    {
        var (bdSeq, rebirth) = (p.Metrics[0], p.Metrics[1]);
        switch (how)
        {
            case "NBIRTH: seq 256":
                p.Seq = 256;
                break;
            case "NBIRTH: no seq":
                p.ClearSeq();
                break;
            case "NBIRTH: no timestamp":
                p.ClearTimestamp();
                break;
            case "NBIRTH: metrics without timestamp":
                p.Metrics.ToList().ForEach(m => m.ClearTimestamp());
                break;
            case "NBIRTH: metrics out of order":
                rebirth.Timestamp--;
                break;
            case "NBIRTH: no bdSeq":
                p.Metrics.Remove(bdSeq);
                break;
            case "NBIRTH: bdSeq -1":
                bdSeq.LongValue = ulong.MaxValue;
                break;
            case "NBIRTH: bdSeq null":
                bdSeq.ClearLongValue();
                bdSeq.IsNull = true;
                break;
            case "NBIRTH: bdSeq 256":
                bdSeq.LongValue = 256;
                break;
            case "NBIRTH: no Rebirth":
                p.Metrics.Remove(rebirth);
                break;
            case "NBIRTH: Rebirth true":
                rebirth.BooleanValue = true;
                break;
            case "NBIRTH: Rebirth Int32":
                (rebirth.Datatype, rebirth.IntValue) = (3, 0);
                break;
            case "NBIRTH: Rebirth null":
                rebirth.ClearBooleanValue();
                rebirth.IsNull = true;
                break;
            case "NBIRTH: Rebirth by alias":
                rebirth.Alias = 9;
                break;
            case "NBIRTH: no value":
                p.Metrics.Add(new Metric { Name = "x", Datatype = 3, Timestamp = Now });
                break;
            default:
                Assert.Fail($"'{how}' is not known.");
                break;
        }
    });

    private void Property(string key, Value value) => Deliver("DBIRTH", p => p.Metrics[0].Properties = new() { Keys = { key }, Values = { value } });

    private static Metric Double(string name, double value) => new() { Name = name, DoubleValue = value, Timestamp = Now };

    private static Metric Aliased(ulong alias, double value) => new() { Alias = alias, DoubleValue = value, Timestamp = Now };

    private static Metric Table(Data table) => new() { Name = "table", Datatype = (uint)DataType.DataSet, DatasetValue = table, Timestamp = Now };

    private void Birth(bool withDevice = true)
    {
        Deliver("NBIRTH", _ => { });
        if (withDevice)
        {
            Deliver("DBIRTH", _ => { });
        }
    }

    // A message that keeps all rules, but for what the test does to it.
    private void Deliver(string how, Action<Proto> spoil)
    {
        var verb = how.Split(':')[0];
        var payload = new Proto { Timestamp = Now, Seq = verb switch { "NBIRTH" => 0u, "DBIRTH" => 1u, _ => 2u } };
        payload.Metrics.AddRange(verb switch
        {
            "NBIRTH" => [new Metric { Name = "bdSeq", Datatype = 4, LongValue = 0, Timestamp = Now }, new Metric { Name = "Node Control/Rebirth", Datatype = 11, BooleanValue = false, Timestamp = Now }],
            "DBIRTH" => [
                new Metric { Name = "level", Alias = 1, Datatype = 10, DoubleValue = 1, Timestamp = Now }, new Metric { Name = "count", Alias = 2, Datatype = 3, IntValue = 5, Timestamp = Now }],
            "NDATA" => [new Metric { Name = "Node Control/Rebirth", BooleanValue = false, Timestamp = Now }],
            "DDATA" => [Aliased(1, 4)],
            "NDEATH" => [new Metric { Name = "bdSeq", Datatype = 4, LongValue = 0, Timestamp = Now }],
            _ => Array.Empty<Metric>(),
        });
        if (verb == "NDEATH")
        {
            payload.ClearSeq();
        }

        spoil(payload);
        _stage.Session.Accept($"spBv1.0/G/{verb}/E{(verb[0] == 'D' ? "/D" : "")}", payload.ToByteArray(), _stage.Now);
    }

    private void Say(MessageVerb verb, string device, int seq, Action<Metric>? spoil, params Metric[] metrics)
    {
        foreach (var metric in metrics)
        {
            spoil?.Invoke(metric);
        }

        _stage.Session.Accept(
            SparkplugTopic.OfDevice(verb, HostStage.Id, device), new Proto { Timestamp = Now, Seq = (ulong)(seq % 256), Metrics = { metrics } }.ToByteArray(), _stage.Now);
    }
}
