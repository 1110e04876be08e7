using Uns.Sparkplug.Check;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;

namespace Uns.UnitTests.Sparkplug.Check;

/// <summary>Each rule about payloads and topics passes what is right and fails when the thing that it speaks of is made wrong.</summary>
public sealed class PayloadRulesTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly EdgeNodeId Node = new("G", "E");
    private static readonly Metric Level = Metric.Of("level", TagValue.Of(1.0), Noon) with { Alias = 1, Properties = [MetricProperty.Of("engUnit", "m"), MetricProperty.OfQuality(0)] };
    private static readonly DataSet Table = new(["a"], [DataType.Int8], [[TagValue.OfInteger(DataType.Int8, 1)]]);

    // They allow something: nothing can break them.
    private static readonly HashSet<string> Permissions =
    [
        "tck-id-payloads-name-cmd-requirement", "tck-id-payloads-template-definition-parameters-default", "tck-id-payloads-template-instance-members-data",
    ];

    private static readonly Template Definition = new()
    {
        Version = "1",
        IsDefinition = true,
        Members = [Metric.Of("speed", TagValue.Of(1.0), Noon)],
        Parameters = [MetricProperty.Of("site", "north")],
    };

    private static readonly Template Instance = Definition with { IsDefinition = false, Reference = "Pump" };

    private static readonly Dictionary<string, (string Ids, Func<CheckReport> Judge)> Faults = new()
    {
        ["no payload"] = ("timestamp-in-UTC untagged-metric-value-type", () => Of([0xFF])),
        ["a day ahead"] = ("timestamp-in-UTC", () => Of(new SparkplugPayload { Timestamp = Noon.AddDays(1) })),
        ["no name"] = ("name-requirement alias-birth-requirement", () => Born(Level with { Name = null })),
        ["alias twice"] = ("alias-uniqueness", () => Born(Level, Level with { Name = "other" })),
        ["name in data"] = ("alias-data-cmd-requirement", () => Said(new Metric { Name = "level", Timestamp = Noon, Value = Level.Value })),
        ["name and alias in data"] = ("alias-data-cmd-requirement", () => Said(new Metric { Name = "level", Alias = 1, Timestamp = Noon, Value = Level.Value })),
        ["no time"] = ("name-birth-data-requirement", () => Born(Level with { Timestamp = null })),
        ["a time to come"] = ("metric-timestamp-in-UTC", () => Born(Level with { Timestamp = Noon.AddDays(1) })),
        ["no type"] = ("metric-datatype-req", () => Born(Level with { DataType = null })),
        ["type in data"] = ("metric-datatype-not-req", () => Said(new Metric { Alias = 1, Timestamp = Noon, DataType = DataType.Double, Value = Level.Value })),
        ["type 35"] = ("metric-datatype-value", () => Born(Level with { DataType = (DataType)35 })),
        ["type as text"] = ("metric-datatype-value-type", () => Born(Level with { DataType = null, Unknown = new byte[] { 0x22, 0x01, 0x41 } })),
        ["no value"] = ("untagged-metric-value-type", () => Born(Level with { Value = default })),
        ["value of another type"] = ("untagged-metric-value-type", () => Said(new Metric { Alias = 1, Timestamp = Noon, Value = new(WireKind.String, 0, "x") })),
        ["keys without values"] = ("propertyset-keys-array-size propertyset-values-array-size", () => Of(Convert.FromHexString("12080A01614A030A0151"))),
        ["property without type"] = ("metric-propertyvalue-type-req", () => Born(With(MetricProperty.Of("x", 1.0) with { Type = null }))),
        ["property of type 16"] = ("metric-propertyvalue-type-value", () => Born(With(MetricProperty.Of("x", 1.0) with { Type = DataType.DataSet }))),
        ["property type as text"] = ("metric-propertyvalue-type-type", () => Born(With(MetricProperty.Of("x", 1.0) with { Type = null, Unknown = [0x0A, 0x01, 0x41] }))),
        ["property without value"] = ("untagged-propertyvalue-value-type", () => Born(With(new MetricProperty("x", DataType.Double, default)))),
        ["quality as double"] = ("propertyset-quality-value-type propertyset-quality-value-value", () => Born(With(MetricProperty.Of("Quality", 192.0)))),
        ["quality 64"] = ("propertyset-quality-value-value", () => Born(With(MetricProperty.OfQuality(64)))),
        ["a quality within a set"] = (
            "propertyset-quality-value-value", () => Born(With(new MetricProperty("set", DataType.PropertySet, new(WireKind.PropertySet, 0, new PropertySet([MetricProperty.OfQuality(1)])))))),
        ["columns without types"] = (
            "dataset-column-size dataset-column-num-headers dataset-types-num dataset-parameter-type-req template-dataset-value", () => Born(Holding(Table with { Types = [] }))),
        ["a column of bytes"] = ("dataset-types-value", () => Born(Holding(Table with { Types = [DataType.Bytes], Rows = [] }))),
        ["the number of columns as text"] = ("dataset-column-size", () => Born(Holding(Table with { Unknown = new byte[] { 0x0A, 0x01, 0x41 } }))),
        ["types as floats"] = ("dataset-types-def dataset-types-type", () => Born(Holding(Table with { Unknown = new byte[] { 0x1D, 0, 0, 0, 0 } }))),
        ["a definition in data"] = ("template-definition-nbirth-only", () => Said(Holding(Definition))),
        ["a definition that refers"] = ("template-definition-ref template-ref-definition", () => Born(Holding(Definition with { Reference = "x" }))),
        ["a template that does not say"] = (
            "template-is-definition template-instance-is-definition template-is-definition-instance", () => Of(Convert.FromHexString("12060A0174920100"))),
        ["an instance of nothing"] = ("template-instance-ref template-definition-nbirth", () => Born(Holding(Instance with { Reference = "nothing" }))),
        ["an instance without reference"] = ("template-ref-instance template-instance-ref", () => Born(Holding(Instance with { Reference = null }))),
        ["a member too many"] = ("template-instance-members template-definition-members", () => Pumped(Instance with { Members = [.. Instance.Members, Metric.Of("y", TagValue.Of(1.0))] })),
        ["a member too few"] = ("template-instance-members-birth", () => Pumped(Instance with { Members = [] })),
        ["a parameter too many"] = ("template-definition-parameters template-instance-parameters", () => Pumped(Instance with { Parameters = [MetricProperty.Of("y", 1.0)] })),
        ["version as number"] = ("template-version", () => Pumped(Instance with { Version = null, Unknown = new byte[] { 0x08, 0x01 } })),
        ["a parameter without name"] = ("template-parameter-name-required", () => Born(Holding(Definition with { Parameters = [MetricProperty.Of("", 1.0)] }))),
        ["a parameter's name as number"] = ("template-parameter-name-type", () => Born(Holding(Definition with { Parameters = [MetricProperty.Of("x", 1.0) with { Unknown = [0x08, 0x01] }] }))),
        ["a parameter's type as text"] = ("template-parameter-value-type", () => Born(Holding(Definition with { Parameters = [MetricProperty.Of("x", 1.0) with { Unknown = [0x12, 0x01, 0x41] }] }))),
        ["a parameter of bytes"] = ("template-parameter-type-value template-parameter-value", () => Born(Holding(Definition with { Parameters = [MetricProperty.Of("x", 1.0) with { Type = DataType.Bytes }] }))),
        ["a parameter without type"] = ("template-parameter-type-req", () => Born(Holding(Definition with { Parameters = [MetricProperty.Of("x", 1.0) with { Type = null }] }))),
    };

    private static readonly Dictionary<string, (string Ids, (string Topic, int Connection)[] Said)> TopicFaults = new()
    {
        ["another namespace"] = ("tck-id-topic-structure-namespace-a tck-id-topic-structure", [("spAv1.0/G/NBIRTH/E", 0)]),
        ["another verb"] = ("tck-id-topic-structure", [("spBv1.0/G/NHELLO/E", 0)]),
        ["a device too few"] = ("tck-id-topic-structure-namespace-device-id-associated-message-types", [("spBv1.0/G/DDATA/E", 0)]),
        ["a device too many"] = ("tck-id-topic-structure-namespace-device-id-non-associated-message-types", [("spBv1.0/G/NBIRTH/E/D", 0)]),
        ["no group"] = ("tck-id-intro-group-id-string tck-id-intro-group-id-chars tck-id-topic-structure-namespace-valid-group-id", [("spBv1.0//NBIRTH/E", 0)]),
        ["no node"] = ("tck-id-intro-edge-node-id-string tck-id-intro-edge-node-id-chars tck-id-topic-structure-namespace-valid-edge-node-id", [("spBv1.0/G/NBIRTH/", 0)]),
        ["a device with a wildcard"] = ("tck-id-intro-device-id-chars tck-id-topic-structure-namespace-valid-device-id", [("spBv1.0/G/DBIRTH/E/D+", 0)]),
        ["a device that is no text"] = ("tck-id-intro-device-id-string tck-id-topic-structure-namespace-valid-device-id", [("spBv1.0/G/DBIRTH/E/\uFFFD", 0)]),
        ["two speakers"] = ("tck-id-intro-edge-node-id-uniqueness tck-id-topic-structure-namespace-unique-edge-node-descriptor", [("spBv1.0/G/NBIRTH/E", 0), ("spBv1.0/G/NDATA/E", 1)]),
        ["a device born twice"] = ("tck-id-topic-structure-namespace-unique-device-id", [("spBv1.0/G/DBIRTH/E/D", 0), ("spBv1.0/G/DBIRTH/E/D", 0)]),
        ["ids alike"] = ("tck-id-case-sensitivity-sparkplug-ids", [("spBv1.0/G/NBIRTH/E", 0), ("spBv1.0/G/NBIRTH/e", 1)]),
    };

    public static TheoryData<string> FaultNames() => [.. Faults.Keys];

    public static TheoryData<string> TopicFaultNames() => [.. TopicFaults.Keys];

    [Fact]
    public void What_is_right_keeps_every_rule_and_each_can_be_broken()
    {
        var report = new CheckReport();
        var rules = new PayloadRules(report);
        Take(rules, MessageVerb.NBirth, null, Level with { Alias = 9 }, Metric.Of("Pump", TagValue.OfObject(DataType.Template, Definition), Noon), Metric.Of("pump", TagValue.OfObject(DataType.Template, Instance), Noon));
        Take(rules, MessageVerb.DBirth, "D", Level, Holding(Table) with { Timestamp = Noon });
        Take(rules, MessageVerb.DData, "D", new Metric { Alias = 1, Timestamp = Noon, Value = Level.Value });
        Take(rules, MessageVerb.NData, null, new Metric { Name = "pump", Timestamp = Noon, Value = new(WireKind.Template, 0, Instance) });
        Take(rules, MessageVerb.DCmd, "D", new Metric { Alias = 1, Value = Level.Value });
        Assert.Equal([], report.Results.Where(r => r.Verdict != CheckVerdict.Pass).Select(r => $"{r.Id}: {r.Why}"));
        var broken = Faults.Values.SelectMany(f => f.Ids.Split(' ')).Select(Full).Concat(Permissions).ToHashSet(StringComparer.Ordinal);
        broken.Add("tck-id-payloads-template-definition-is-definition"); // A reader takes one that does not say for an instance.
        broken.Add("tck-id-payloads-template-is-definition-definition");
        Assert.Equal([], report.Results.Select(r => r.Id).Where(id => !broken.Contains(id)));
    }

    [Theory, MemberData(nameof(FaultNames))]
    public void A_broken_rule_is_named(string fault)
    {
        var report = Faults[fault].Judge();
        Assert.All(Faults[fault].Ids.Split(' ').Select(Full), id => Assert.True(report[id].Verdict is CheckVerdict.Fail or CheckVerdict.Maybe, $"{fault}: {id} is {report[id].Verdict}."));
    }

    [Theory, MemberData(nameof(TopicFaultNames))]
    public void A_broken_rule_about_topics_is_named(string fault)
    {
        var report = new CheckReport();
        var rules = new TopicRules(report);
        Array.ForEach(TopicFaults[fault].Said, said => rules.Take(said.Topic, said.Connection));
        Assert.All(TopicFaults[fault].Ids.Split(' '), id => Assert.True(report[id].Verdict is CheckVerdict.Fail or CheckVerdict.Maybe, $"{fault}: {id} is {report[id].Verdict}."));
    }

    private static CheckReport Of(byte[] wire)
    {
        var report = new CheckReport();
        new PayloadRules(report).Take(SparkplugTopic.OfNode(MessageVerb.NBirth, Node), wire, Noon);
        return report;
    }

    private static CheckReport Of(SparkplugPayload payload) => Of(PayloadWriter.Write(payload));

    private static CheckReport Born(params Metric[] metrics) => Of(new SparkplugPayload { Timestamp = Noon, Seq = 0, Metrics = metrics });

    private static CheckReport Pumped(Template instance) => Born(Metric.Of("Pump", TagValue.OfObject(DataType.Template, Definition), Noon), Metric.Of("pump", TagValue.OfObject(DataType.Template, instance), Noon));

    private static CheckReport Said(Metric metric)
    {
        var report = new CheckReport();
        var rules = new PayloadRules(report);
        Take(rules, MessageVerb.NBirth, null, Level);
        Take(rules, MessageVerb.NData, null, metric);
        return report;
    }

    private static void Take(PayloadRules rules, MessageVerb verb, string? device, params Metric[] metrics) => rules.Take(
        device is null ? SparkplugTopic.OfNode(verb, Node) : SparkplugTopic.OfDevice(verb, Node, device),
        PayloadWriter.Write(new SparkplugPayload { Timestamp = Noon, Seq = 0, Metrics = metrics }), Noon);

    private static Metric With(MetricProperty property) => Level with { Properties = [property] };

    private static Metric Holding(object value) => new()
    {
        Name = "held",
        Timestamp = Noon,
        DataType = value is Template ? DataType.Template : DataType.DataSet,
        Value = new(value is Template ? WireKind.Template : WireKind.DataSet, 0, value),
    };

    private static string Full(string id) => id.StartsWith("untagged-", StringComparison.Ordinal) ? id : "tck-id" + "-payloads-" + id;
}
