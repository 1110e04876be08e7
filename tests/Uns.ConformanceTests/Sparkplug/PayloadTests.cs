using Uns.Sparkplug.Check;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.ConformanceTests.Sparkplug;

/// <summary>What our codec and our edge node put on the wire; the rules for payloads and topics judge every message that passed.</summary>
public sealed class PayloadTests : IAsyncLifetime
{
    private readonly Plant _plant = new();

    public async ValueTask InitializeAsync() => await _plant.StartAsync();

    public ValueTask DisposeAsync() => _plant.DisposeAsync();

    [Fact]
    [Spec("tck-id-payloads-timestamp-in-UTC"), Spec("tck-id-payloads-name-requirement"), Spec("tck-id-payloads-alias-uniqueness")]
    [Spec("tck-id-payloads-alias-birth-requirement"), Spec("tck-id-payloads-alias-data-cmd-requirement"), Spec("tck-id-payloads-name-birth-data-requirement")]
    [Spec("tck-id-payloads-metric-timestamp-in-UTC"), Spec("tck-id-payloads-metric-datatype-value-type"), Spec("tck-id-payloads-metric-datatype-value")]
    [Spec("tck-id-payloads-metric-datatype-req"), Spec("tck-id-payloads-metric-datatype-not-req"), Spec("tck-id-payloads-propertyset-keys-array-size")]
    [Spec("tck-id-payloads-propertyset-values-array-size"), Spec("tck-id-payloads-metric-propertyvalue-type-type")]
    [Spec("tck-id-payloads-metric-propertyvalue-type-value"), Spec("tck-id-payloads-metric-propertyvalue-type-req"), Spec("untagged-metric-value-type")]
    [Spec("untagged-propertyvalue-value-type"), Spec("tck-id-payloads-propertyset-quality-value-type"), Spec("tck-id-payloads-propertyset-quality-value-value")]
    public async Task Our_edge_nodes_payloads_keep_the_rules()
    {
        var (node, stopAsync) = _plant.RunEdgeNode();
        await SaidAsync(MessageVerb.DBirth);
        node.Offer("D", Plant.Level(4.5));
        var data = await SaidAsync(MessageVerb.DData);
        node.Offer("D", new TagSample("level", TagValue.Null(DataType.Double), TagQuality.Bad, TimeProvider.System.GetUtcNow(), "No answer."));
        var bad = await SaidAsync(MessageVerb.DData, data.Index + 1);
        Assert.Contains(PayloadReader.Read(bad.Message!.Payload).Metrics.SelectMany(m => m.Properties), p => p.Key == "Quality");
        await stopAsync();
        Proof.Holds(Judge());
    }

    [Fact, Spec("tck-id-payloads-name-cmd-requirement")]
    public async Task Our_hosts_commands_may_hold_a_time()
    {
        var host = await _plant.StartHostAsync();
        _plant.RunEdgeNode().Node.Offer("D", Plant.Level(1));
        await _plant.SeeAsync("D", "level", c => c.Quality == TagQuality.Good);
        await host.SendAsync(new(Plant.Id, "D", "level"), TagValue.Of(2.0), default);
        var command = await Plant.PassedAsync(_plant.HostLine, p => p is { FromClient: true, Message: { } m } && m.Topic.Contains("/DCMD/", StringComparison.Ordinal));
        Assert.NotNull(Assert.Single(PayloadReader.Read(command.Message!.Payload).Metrics).Timestamp);
        var report = new CheckReport();
        Assert.True(SparkplugTopic.TryParse(command.Message.Topic, out var topic));
        new PayloadRules(report).Take(topic, command.Message.Payload, command.At);
        Assert.Equal(CheckVerdict.Pass, report["tck-id-payloads-name-cmd-requirement"].Verdict);
        Assert.DoesNotContain(report.Results, r => r.Verdict == CheckVerdict.Fail);
    }

    [Fact]
    [Spec("tck-id-payloads-dataset-column-size"), Spec("tck-id-payloads-dataset-column-num-headers"), Spec("tck-id-payloads-dataset-types-def")]
    [Spec("tck-id-payloads-dataset-types-num"), Spec("tck-id-payloads-dataset-types-type"), Spec("tck-id-payloads-dataset-types-value")]
    [Spec("tck-id-payloads-dataset-parameter-type-req"), Spec("tck-id-payloads-template-dataset-value")]
    public async Task Data_sets_of_every_column_type_go_over_the_wire_and_come_back()
    {
        DataType[] types = [.. Enumerable.Range((int)DataType.Int8, (int)DataType.Text).Select(number => (DataType)number)];
        var row = types.Select(type => type switch
        {
            DataType.Float => TagValue.Of(1.5f),
            DataType.Double => TagValue.Of(-2.5),
            DataType.Boolean => TagValue.Of(true),
            DataType.String or DataType.Text => TagValue.Of("°C", type),
            _ => TagValue.OfInteger(type, 7),
        }).ToArray();
        var table = new DataSet([.. types.Select(type => type.ToString())], types, [row, [.. types.Select(TagValue.Null)]]);
        await _plant.StartHostAsync();
        var node = await SimulatedNode.ConnectAsync(Plant.Id, _plant.Through(_plant.EdgeLine));
        await node.BirthAsync(Now(Metric.Of("table", TagValue.OfObject(DataType.DataSet, table))));
        await node.SendAsync(MessageVerb.NData, null, Now(new Metric { Name = "table", Value = WireConversion.ToWire(TagValue.OfObject(DataType.DataSet, table)) }));
        var seen = Assert.IsType<DataSet>((await _plant.SeeAsync(null, "table", c => c is { Quality: TagQuality.Good })).Value.Object);
        Assert.Equal(row, seen.Rows[0]);
        Assert.All(seen.Rows[1], cell => Assert.True(cell.IsNull));
        await SaidAsync(MessageVerb.NData);
        Proof.Holds(Judge());
    }

    [Fact]
    [Spec("tck-id-payloads-template-definition-nbirth-only"), Spec("tck-id-payloads-template-definition-is-definition"), Spec("tck-id-payloads-template-definition-ref")]
    [Spec("tck-id-payloads-template-definition-members"), Spec("tck-id-payloads-template-definition-nbirth"), Spec("tck-id-payloads-template-definition-parameters")]
    [Spec("tck-id-payloads-template-definition-parameters-default"), Spec("tck-id-payloads-template-instance-is-definition"), Spec("tck-id-payloads-template-instance-ref")]
    [Spec("tck-id-payloads-template-instance-members"), Spec("tck-id-payloads-template-instance-members-birth"), Spec("tck-id-payloads-template-instance-members-data")]
    [Spec("tck-id-payloads-template-instance-parameters"), Spec("tck-id-payloads-template-version"), Spec("tck-id-payloads-template-ref-definition")]
    [Spec("tck-id-payloads-template-ref-instance"), Spec("tck-id-payloads-template-is-definition"), Spec("tck-id-payloads-template-is-definition-definition")]
    [Spec("tck-id-payloads-template-is-definition-instance"), Spec("tck-id-payloads-template-parameter-name-required"), Spec("tck-id-payloads-template-parameter-name-type")]
    [Spec("tck-id-payloads-template-parameter-value-type"), Spec("tck-id-payloads-template-parameter-type-value"), Spec("tck-id-payloads-template-parameter-type-req")]
    [Spec("tck-id-payloads-template-parameter-value")]
    public async Task Definitions_and_instances_of_templates_go_over_the_wire_and_come_back()
    {
        Metric[] members = [Now(SimulatedNode.Double("speed", 0)), Now(Metric.Of("on", TagValue.Of(false)))];
        var definition = new Template { Version = "1.2", IsDefinition = true, Members = members, Parameters = [MetricProperty.Of("site", "north"), MetricProperty.Of("rated", 3.5)] };
        var instance = new Template { Version = "1.2", Reference = "Pump", Members = members, Parameters = [MetricProperty.Of("site", "south")] };
        var change = new Template { Reference = "Pump", Members = [Now(new Metric { Name = "speed", Value = WireConversion.ToWire(TagValue.Of(7.0)) })] };
        await _plant.StartHostAsync();
        var node = await SimulatedNode.ConnectAsync(Plant.Id, _plant.Through(_plant.EdgeLine));
        await node.BirthAsync(
            Now(Metric.Of("Pump", TagValue.OfObject(DataType.Template, definition))), Now(Metric.Of("own pump", TagValue.OfObject(DataType.Template, instance))));
        await node.SendAsync(MessageVerb.DBirth, "D", Now(Metric.Of("pump", TagValue.OfObject(DataType.Template, instance))));
        await node.SendAsync(MessageVerb.DData, "D", Now(new Metric { Name = "pump", Value = new(WireKind.Template, 0, change) }));
        await SaidAsync(MessageVerb.DData);
        var seen = await _plant.SeeAsync("D", "pump", c => c.Value.Object is Template t && t.Members[0].Value.Number == 7);
        var known = (Template)seen.Value.Object!;
        Assert.Equal((TagQuality.Good, 2), (seen.Quality, known.Members.Count)); // What the message left out keeps what it had.
        Assert.Equal(("south", 3.5), (known.Parameters.Single(p => p.Key == "site").Value.Object, known.Parameters.Single(p => p.Key == "rated").Value.Number)); // And what the instance left out has the definition's value.
        Proof.Holds(Judge());
    }

    [Fact]
    [Spec("tck-id-intro-group-id-string"), Spec("tck-id-intro-group-id-chars"), Spec("tck-id-intro-edge-node-id-string"), Spec("tck-id-intro-edge-node-id-chars")]
    [Spec("tck-id-intro-device-id-string"), Spec("tck-id-intro-device-id-chars"), Spec("tck-id-intro-edge-node-id-uniqueness"), Spec("tck-id-topic-structure")]
    [Spec("tck-id-topic-structure-namespace-a"), Spec("tck-id-topic-structure-namespace-valid-group-id"), Spec("tck-id-topic-structure-namespace-unique-edge-node-descriptor")]
    [Spec("tck-id-topic-structure-namespace-valid-edge-node-id"), Spec("tck-id-topic-structure-namespace-valid-device-id")]
    [Spec("tck-id-topic-structure-namespace-unique-device-id"), Spec("tck-id-topic-structure-namespace-duplicate-device-id-across-edge-node")]
    [Spec("tck-id-topic-structure-namespace-device-id-associated-message-types"), Spec("tck-id-topic-structure-namespace-device-id-non-associated-message-types")]
    [Spec("tck-id-case-sensitivity-sparkplug-ids")]
    public async Task The_topics_of_a_plant_with_two_nodes_and_a_host_keep_the_rules()
    {
        var host = await _plant.StartHostAsync();
        var (node, stopAsync) = _plant.RunEdgeNode();
        var other = await SimulatedNode.ConnectAsync(new(Plant.Id.GroupId, "Line Ü 2"), _plant.Through(_plant.EdgeLine));
        await other.BirthAsync();
        await other.SendAsync(MessageVerb.DBirth, "D", SimulatedNode.Double("level", 1));
        node.Offer("D", Plant.Level(1));
        await _plant.SeeAsync("D", "level", c => c.Quality == TagQuality.Good);
        node.Offer("D", Plant.Level(3));
        await host.SendAsync(new(Plant.Id, "D", "level"), TagValue.Of(2.0), default);
        host.AskRebirth(Plant.Id);
        await Plant.PassedAsync(_plant.HostLine, p => p is { FromClient: true, Message: { } m } && m.Topic.Contains("/NCMD/", StringComparison.Ordinal));
        await SaidAsync(MessageVerb.DData);
        await stopAsync();
        var report = new CheckReport();
        var rules = new TopicRules(report);
        foreach (var packet in _plant.EdgeLine.Trace.Published())
        {
            rules.Take(packet.Message!.Topic, packet.Connection);
        }

        foreach (var packet in _plant.HostLine.Trace.Published())
        {
            rules.Take(packet.Message!.Topic, 1000 + packet.Connection);
        }

        Proof.Holds(report);
    }

    private CheckReport Judge()
    {
        var report = new CheckReport();
        var rules = new PayloadRules(report);
        foreach (var packet in _plant.EdgeLine.Trace.Published())
        {
            if (SparkplugTopic.TryParse(packet.Message!.Topic, out var topic))
            {
                rules.Take(topic, packet.Message.Payload, packet.At);
            }
        }

        return report;
    }

    private async Task<RecordedPacket> SaidAsync(MessageVerb verb, int from = 0) => await Plant.PassedAsync(
        _plant.EdgeLine, p => p is { FromClient: true, Message: { } m } && SparkplugTopic.TryParse(m.Topic, out var topic) && topic.Verb == verb, from);

    private static Metric Now(Metric metric) => metric with { Timestamp = TimeProvider.System.GetUtcNow() };
}
