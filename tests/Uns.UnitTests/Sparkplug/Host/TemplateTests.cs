using System.Text;
using System.Text.Json;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.UnitTests.Sparkplug.Host;

/// <summary>Templates at the host: defaults of the definition, members left out, and instances that do not fit.</summary>
public sealed class TemplateTests
{
    private static readonly Template Pump = new()
    {
        IsDefinition = true,
        Members = [Stamped("speed", TagValue.Of(0.0)), Stamped("on", TagValue.Of(false)), Stamped("runs", TagValue.OfInteger(DataType.Int32, 0))],
        Parameters = [MetricProperty.Of("site", "north"), MetricProperty.Of("rated", 3.5)],
    };

    private static readonly Template Whole = new() { Reference = "Pump", Members = [Stamped("speed", TagValue.Of(1.0)), Stamped("on", TagValue.Of(true)), Stamped("runs", TagValue.OfInteger(DataType.Int32, -1))] };
    private readonly HostStage _stage = new();

    [Fact, Spec("tck-id-payloads-template-definition-parameters-default"), Spec("tck-id-payloads-template-instance-parameters")]
    public void A_parameter_that_an_instance_leaves_out_has_the_definitions_value()
    {
        Born(Pump, Whole with { Parameters = [MetricProperty.Of("site", "south")] });
        Send(MessageVerb.DBirth, "D", 1, Instance("device pump", Whole));
        Assert.Equal("""{"speed":1,"on":true,"runs":-1,"parameters":{"site":"south","rated":3.5}}""", Json("pump", null));
        Assert.Equal("""{"speed":1,"on":true,"runs":-1,"parameters":{"site":"north","rated":3.5}}""", Json("device pump", "D"));

        // Data may give any of them; the others stay what they are.
        Send(MessageVerb.NData, null, 2, Change(new Template { Reference = "Pump", Parameters = [new("rated", null, new(WireKind.Double, BitConverter.DoubleToInt64Bits(4.0)))] }));
        Assert.Equal("""{"speed":1,"on":true,"runs":-1,"parameters":{"site":"south","rated":4}}""", Json("pump", null));

        // The next birth begins anew.
        Born(Pump with { Parameters = [MetricProperty.Of("rated", 9.0)] }, Whole);
        Assert.Equal("""{"speed":1,"on":true,"runs":-1,"parameters":{"rated":9}}""", Json("pump", null));
        Assert.Equal(TagQuality.Good, _stage["pump", null].Quality);
        Assert.Equal(0, _stage.Info.Breaches);
    }

    [Fact]
    public void A_definition_may_stand_behind_its_instance_and_a_member_called_parameters_keeps_its_name()
    {
        var definition = Pump with { Members = [Stamped("parameters", TagValue.Of(0.0))] };
        Send(MessageVerb.NBirth, null, 0, [.. Head(), Instance("pump", new() { Reference = "Pump", Members = [Stamped("parameters", TagValue.Of(2.0))] }), Defined("Pump", definition)]);
        Assert.Equal("""{"parameters":2}""", Json("pump", null));
        Assert.Equal(2, ((Template)_stage["pump", null].Value.Object!).Parameters.Count);
        Assert.Equal(0, _stage.Info.Breaches);
    }

    [Fact, Spec("tck-id-payloads-template-instance-members-data")]
    public void Data_name_members_by_name_or_alias_without_a_type_and_within_members()
    {
        var skid = new Template { IsDefinition = true, Members = [Stamped("motor", TagValue.OfObject(DataType.Template, Whole)), Stamped("level", TagValue.Of(0.0)) with { Alias = 7 }] };
        var motor = Stamped("motor", TagValue.OfObject(DataType.Template, Whole));
        Send(MessageVerb.NBirth, null, 0,
            [.. Head(), Defined("Pump", Pump), Defined("Skid", skid), Instance("pump", new() { Reference = "Skid", Members = [motor, Stamped("level", TagValue.Of(1.0)) with { Alias = 7 }] })]);
        var inner = new Template { Reference = "Pump", Members = [new Metric { Name = "runs", Value = new(WireKind.Int, 0xFFFF_FFF4) }] };
        Send(MessageVerb.NData, null, 1, Change(new Template { Reference = "Skid", Members = [new Metric { Name = "motor", Value = new(WireKind.Template, 0, inner) }, new Metric { Alias = 7, Value = WireConversion.ToWire(TagValue.Of(2.0)) }] }));
        Assert.Equal("""{"motor":{"speed":1,"on":true,"runs":-12,"parameters":{"site":"north","rated":3.5}},"level":2}""", Json("pump", null));
        Assert.Equal((TagQuality.Good, 0L), (_stage["pump", null].Quality, _stage.Info.Breaches));
    }

    [Fact, Spec("tck-id-payloads-template-definition-nbirth"), Spec("tck-id-topics-nbirth-templates")]
    public void An_instance_without_its_definition_is_shown_uncertain_until_a_birth_defines_it()
    {
        Send(MessageVerb.NBirth, null, 0, [.. Head(), Instance("pump", Whole)]);
        Assert.Equal((TagQuality.Uncertain, "'Pump' is not defined in the NBIRTH."), (_stage["pump", null].Quality, _stage["pump", null].Reason));
        Assert.Equal("""{"speed":1,"on":true,"runs":-1}""", Json("pump", null));
        Assert.Equal(1, _stage.CountOf(RuleBreach.TemplateUndefined));
        Assert.Empty(_stage.Rebirths()); // The answer would be the same birth.
        Born(Pump, Whole);
        Assert.Equal((TagQuality.Good, null), (_stage["pump", null].Quality, _stage["pump", null].Reason));

        // Definitions live from one NBIRTH to the next.
        Send(MessageVerb.NBirth, null, 0, [.. Head(), Instance("pump", Whole)]);
        Assert.Equal(TagQuality.Uncertain, _stage["pump", null].Quality);
    }

    [Fact]
    public void A_member_of_another_type_makes_the_instance_bad_and_keeps_what_it_was()
    {
        Born(Pump, Whole);
        Send(MessageVerb.NData, null, 1, Change(new Template { Reference = "Pump", Members = [new Metric { Name = "speed", Value = new(WireKind.String, 0, "fast") }] }));
        Assert.Equal((TagQuality.Bad, "The member 'speed' came as String; Double was born."), (_stage["pump", null].Quality, _stage["pump", null].Reason));
        Assert.StartsWith("""{"speed":1,""", Json("pump", null), StringComparison.Ordinal);
        Send(MessageVerb.NData, null, 2, Change(new Template { Reference = "Pump", Members = [new Metric { Name = "speed", Value = WireConversion.ToWire(TagValue.Of(2.0)) }] }));
        Assert.Equal(TagQuality.Good, _stage["pump", null].Quality);
        Assert.StartsWith("""{"speed":2,""", Json("pump", null), StringComparison.Ordinal);
        Born(Pump, Whole with { Members = [Stamped("speed", TagValue.Of("fast")), .. Whole.Members.Skip(1)] });
        Assert.Equal((TagQuality.Bad, "The member 'speed' is of type String; Double is defined."), (_stage["pump", null].Quality, _stage["pump", null].Reason));
    }

    public static TheoryData<string, RuleBreach, string, string> Faults => new()
    {
        { "member more", RuleBreach.TemplateMemberWrong, "tck-id-payloads-template-instance-members", "pump: The member 'more' is not in the definition 'Pump'." },
        { "member less", RuleBreach.TemplateMemberMissing, "tck-id-payloads-template-instance-members-birth", "pump: The member 'runs' of 'Pump' is missing." },
        { "parameter more", RuleBreach.TemplateParameterUndefined, "tck-id-payloads-template-definition-parameters", "pump: The parameter 'more' is not in the definition 'Pump'." },
        { "parameter type", RuleBreach.TemplateParameterWrong, "tck-id-payloads-template-parameter-type-value", "pump: The parameter 'site' has the type 22." },
        { "parameter untyped", RuleBreach.TemplateParameterWrong, "tck-id-payloads-template-parameter-type-value", "pump: The parameter 'site' has no type." },
        { "reference none", RuleBreach.TemplateNotNamed, "tck-id-payloads-template-instance-ref", "pump: The instance names no definition." },
        { "reference in definition", RuleBreach.DefinitionRefers, "tck-id-payloads-template-definition-ref", "Pump: It refers to 'Other'." },
        { "default wrong", RuleBreach.TemplateParameterWrong, "tck-id-payloads-template-parameter-type-value", "Pump: The parameter 'site' came as Double; String was born." },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void What_does_not_fit_its_definition_is_taken_where_it_can_be_read_and_told_with_its_rule(string fault, RuleBreach breach, string rule, string detail)
    {
        var definition = fault switch
        {
            "reference in definition" => Pump with { Reference = "Other" },
            "default wrong" => Pump with { Parameters = [new("site", DataType.String, new(WireKind.Double, 0))] },
            _ => Pump,
        };
        Born(definition, fault switch
        {
            "member more" => Whole with { Members = [.. Whole.Members, Stamped("more", TagValue.Of(5.0))] },
            "member less" => Whole with { Members = [.. Whole.Members.Take(2)] },
            "parameter more" => Whole with { Parameters = [MetricProperty.Of("more", 1.0)] },
            "parameter type" => Whole with { Parameters = [MetricProperty.Of("site", "x") with { Type = DataType.Int8Array }] },
            "parameter untyped" => Whole with { Parameters = [MetricProperty.Of("site", "x") with { Type = null }] },
            "reference none" => Whole with { Reference = null },
            _ => Whole,
        });
        Assert.Equal(1, _stage.CountOf(breach));
        Assert.Equal((rule, detail), _stage.Report.Timeline.Where(e => e.Breach == breach).Select(e => (e.Rule!, e.Detail!)).Single());
        Assert.Equal(fault == "reference none" ? TagQuality.Uncertain : TagQuality.Good, _stage["pump", null].Quality);
        Assert.Contains("\"speed\":1", Json("pump", null), StringComparison.Ordinal);
        Assert.Equal(fault == "member more", Json("pump", null).Contains("\"more\":5", StringComparison.Ordinal));
    }

    [Fact, Spec("tck-id-payloads-template-is-definition-instance")]
    public void An_instance_that_does_not_say_what_it_is_is_read_as_one()
    {
        // Writers of proto3 leave out what is false.
        _stage.NodeBirth();
        byte[] template = [0x22, 0x04, .. "Pump"u8];
        byte[] metric = [0x0A, 0x04, .. "pump"u8, 0x18, 0x01, 0x20, (byte)DataType.Template, 0x92, 0x01, (byte)template.Length, .. template];
        _stage.Session.Accept("spBv1.0/G/DBIRTH/E/D", [0x08, 0x01, 0x18, 0x01, 0x12, (byte)metric.Length, .. metric], _stage.Now);
        Assert.Equal("Pump", Assert.IsType<Template>(_stage["pump"].Value.Object).Reference);
        Assert.Equal(1, _stage.CountOf(RuleBreach.TemplateKindMissing));
    }

    [Fact]
    public void Definitions_are_bounded_in_number_and_in_bytes()
    {
        var book = new TemplateBook();
        for (var i = 0; i < TemplateBook.MostDefinitions; i++)
        {
            Assert.Null(book.Define($"d{i}", new Template { IsDefinition = true }, bytes: 2));
        }

        Assert.Equal(RuleBreach.TemplateBeyondBound, book.Define("one more", new Template { IsDefinition = true }, bytes: 2)?.Breach);
        Assert.Equal(RuleBreach.TemplateBeyondBound, new TemplateBook().Define("long", new Template { IsDefinition = true }, TemplateBook.MostBytes + 1)?.Breach);
        Assert.Equal(TagQuality.Uncertain, book.Complete(new Template { Reference = "one more" }, null, isBirth: true).Quality);
    }

    private static Metric Stamped(string name, TagValue value) => Metric.Of(name, value, HostStage.Noon);

    private static Metric Defined(string name, Template definition) => Stamped(name, TagValue.OfObject(DataType.Template, definition));

    private static Metric Instance(string name, Template instance) => Stamped(name, TagValue.OfObject(DataType.Template, instance));

    private static Metric Change(Template change) => new() { Name = "pump", Timestamp = HostStage.Noon, Value = new(WireKind.Template, 0, change) };

    private static Metric[] Head() => [Stamped("bdSeq", TagValue.OfInteger(DataType.Int64, 0)), Stamped("Node Control/Rebirth", TagValue.Of(false))];

    private void Born(Template definition, Template instance) => Send(MessageVerb.NBirth, null, 0, [.. Head(), Defined("Pump", definition), Instance("pump", instance)]);

    private void Send(MessageVerb verb, string? device, int seq, params Metric[] metrics) => _stage.Send(verb, device, seq, _stage.Now, metrics);

    private string Json(string name, string? device)
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text))
        {
            TagValueJson.Write(json, _stage[name, device].Value);
        }

        return Encoding.UTF8.GetString(text.ToArray());
    }
}
