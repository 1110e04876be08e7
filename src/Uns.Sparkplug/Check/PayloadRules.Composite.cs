using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;

namespace Uns.Sparkplug.Check;

/// <content>Data sets and templates.</content>
public sealed partial class PayloadRules
{
    private void JudgeDataSet(in SparkplugTopic topic, DataSet? set, string shown)
    {
        // A reader cannot make a table of one whose parts do not agree.
        report.Must(
            set is not null, $"{topic}: the columns, types, rows and cells of '{shown}' do not agree.",
            "tck-id-payloads-dataset-column-size", "tck-id-payloads-dataset-column-num-headers", "tck-id-payloads-dataset-types-num", "tck-id-payloads-dataset-parameter-type-req",
            "tck-id-payloads-template-dataset-value");
        if (set is null)
        {
            return;
        }

        report.Must(!HasField(set.Unknown.Span, 1), $"{topic}: the number of columns of '{shown}' is no number.", "tck-id-payloads-dataset-column-size");
        report.Must(!HasField(set.Unknown.Span, 3), $"{topic}: the types of '{shown}' are no numbers.", "tck-id-payloads-dataset-types-def", "tck-id-payloads-dataset-types-type");
        foreach (var type in set.Types)
        {
            report.Must(IsBasic(type), $"{topic}: '{shown}' has a column of the type {(int)type}.", "tck-id-payloads-dataset-types-value");
        }
    }

    private void JudgeTemplate(in SparkplugTopic topic, Template template, string shown)
    {
        report.Must(template.SaysWhatItIs, $"{topic}: '{shown}' does not say whether it is a definition.", "tck-id-payloads-template-is-definition");
        report.Must(!HasField(template.Unknown.Span, 1), $"{topic}: the version of '{shown}' is no text.", "tck-id-payloads-template-version");
        if (template.IsDefinition)
        {
            JudgeDefinition(topic, template, shown);
        }
        else
        {
            JudgeInstance(topic, template, shown);
        }

        foreach (var parameter in template.Parameters)
        {
            JudgeParameter(topic, template, parameter, $"{shown}.{parameter.Key}");
        }

        foreach (var member in template.Members)
        {
            if (member.Value.Object is Template inner)
            {
                JudgeTemplate(topic, inner, $"{shown}.{member.Name}");
            }
        }
    }

    private void JudgeDefinition(in SparkplugTopic topic, Template definition, string shown)
    {
        report.Must(topic.Verb == MessageVerb.NBirth, $"{topic} holds the definition '{shown}'.", "tck-id-payloads-template-definition-nbirth-only");
        report.Must(definition.SaysWhatItIs, $"{topic}: '{shown}' does not say that it is a definition.", "tck-id-payloads-template-definition-is-definition", "tck-id-payloads-template-is-definition-definition");
        report.Must(definition.Reference is null, $"{topic}: the definition '{shown}' refers to '{definition.Reference}'.", "tck-id-payloads-template-definition-ref", "tck-id-payloads-template-ref-definition");
        if (definition.Parameters.Any(p => p.Value.Kind != WireKind.None))
        {
            report.Must(true, "", "tck-id-payloads-template-definition-parameters-default");
        }
    }

    private void JudgeInstance(in SparkplugTopic topic, Template instance, string shown)
    {
        report.Must(instance.SaysWhatItIs, $"{topic}: '{shown}' does not say that it is an instance.", "tck-id-payloads-template-instance-is-definition", "tck-id-payloads-template-is-definition-instance");
        var isBirth = topic.Verb is MessageVerb.NBirth or MessageVerb.DBirth;
        var definition = instance.Reference is { } name ? _definitions.GetValueOrDefault(name) : null;
        report.Must(instance.Reference is { Length: > 0 }, $"{topic}: the instance '{shown}' names no definition.", "tck-id-payloads-template-ref-instance", "tck-id-payloads-template-instance-ref");
        report.Must(
            definition is not null, $"{topic}: '{shown}' is an instance of '{instance.Reference}', which the NBIRTH does not define.",
            "tck-id-payloads-template-instance-ref", "tck-id-payloads-template-definition-nbirth");
        if (definition is null)
        {
            return;
        }

        var defined = definition.Members.Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
        var members = instance.Members.Select(m => m.Name).ToList();
        report.Must(
            members.TrueForAll(defined.Contains), $"{topic}: '{shown}' has a member that its definition lacks.",
            "tck-id-payloads-template-instance-members", "tck-id-payloads-template-definition-members");
        var parameters = definition.Parameters.Select(p => p.Key).ToHashSet(StringComparer.Ordinal);
        report.Must(
            instance.Parameters.All(p => parameters.Contains(p.Key)), $"{topic}: '{shown}' has a parameter that its definition lacks.",
            "tck-id-payloads-template-definition-parameters", "tck-id-payloads-template-instance-parameters");
        if (isBirth)
        {
            report.Must(defined.SetEquals(members), $"{topic}: '{shown}' has not all members of its definition.", "tck-id-payloads-template-instance-members-birth");
        }
        else
        {
            report.Must(true, "", "tck-id-payloads-template-instance-members-data");
        }
    }

    private void JudgeParameter(in SparkplugTopic topic, Template template, in MetricProperty parameter, string shown)
    {
        if (template.IsDefinition)
        {
            report.Must(parameter.Key.Length > 0, $"{topic}: a parameter of '{shown}' has no name.", "tck-id-payloads-template-parameter-name-required");
        }

        report.Must(!HasField(parameter.Unknown, 1), $"{topic}: the name of '{shown}' is no text.", "tck-id-payloads-template-parameter-name-type");
        report.Must(!HasField(parameter.Unknown, 2), $"{topic}: the type of '{shown}' is no number.", "tck-id-payloads-template-parameter-value-type");
        if (parameter.Type is { } type)
        {
            report.Must(IsBasic(type), $"{topic}: '{shown}' has the type {(int)type}.", "tck-id-payloads-template-parameter-type-value");
        }

        if (topic.Verb is MessageVerb.NBirth or MessageVerb.DBirth)
        {
            report.Must(parameter.Type is not null, $"{topic}: '{shown}' has no type.", "tck-id-payloads-template-parameter-type-req");
        }

        if (parameter.Value.Kind != WireKind.None)
        {
            report.Must(
                parameter.Value.Kind <= WireKind.String && (parameter.Type is not { } known || WireConversion.TryRead(known, parameter.Value, out _, out _)), $"{topic}: the value of '{shown}' does not fit.",
                "tck-id-payloads-template-parameter-value");
        }
    }
}
