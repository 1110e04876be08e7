using System.Text.Json;
using System.Text.Json.Serialization;
using Uns.Tags;

namespace Uns.Sparkplug.Payloads;

/// <summary>A structured value: its definition, or an instance that names its definition.</summary>
/// <remarks>Sparkplug 3.0, chapter 6, Template.</remarks>
[JsonConverter(typeof(TemplateJson))]
public sealed record Template
{
    /// <summary>Free text; null when not given.</summary>
    public string? Version { get; init; }

    /// <summary>True for a definition, which only an NBIRTH may carry. [tck-id-payloads-template-definition-nbirth-only]</summary>
    public bool IsDefinition { get; init; }

    /// <summary>False when a message left out whether it is a definition, which no message may. [tck-id-payloads-template-is-definition]</summary>
    /// <value>True unless read from such a message; it is always written.</value>
    public bool SaysWhatItIs { get; init; } = true;

    /// <summary>Name of the metric that carries the definition; null in a definition. [tck-id-payloads-template-definition-ref]</summary>
    public string? Reference { get; init; }

    /// <summary>The members. In data any subset of the definition's.</summary>
    public IReadOnlyList<Metric> Members { get; init; } = [];

    /// <summary>Parameters; name, type and value as in a property. An instance's absent ones take the definition's default.</summary>
    public IReadOnlyList<MetricProperty> Parameters { get; init; } = [];

    /// <summary>Fields that this version does not know, as they came; they are written again.</summary>
    public ReadOnlyMemory<byte> Unknown { get; init; }

    /// <summary>This instance after a data message: members and parameters left out of the message keep what they had, also within members.</summary>
    /// <param name="change">What the data message carried. An instance of another template is taken as it is.</param>
    /// <remarks>[tck-id-payloads-template-instance-members-data]</remarks>
    public Template With(Template change)
    {
        if (change.Reference is { } other && Reference is not null && other != Reference)
        {
            return change;
        }

        var members = Members.ToList();
        foreach (var news in change.Members)
        {
            var at = members.FindIndex(old => news.Name is { } name ? old.Name == name : news.Alias is not null && old.Alias == news.Alias);
            if (at < 0)
            {
                members.Add(news);
            }
            else
            {
                members[at] = Joined(members[at], news);
            }
        }

        return this with { Members = members, Parameters = Overlaid(Parameters, change.Parameters) };
    }

    /// <summary>Parameters with others laid over them by name: what is only among the first stays.</summary>
    internal static IReadOnlyList<MetricProperty> Overlaid(IReadOnlyList<MetricProperty> parameters, IReadOnlyList<MetricProperty> over)
    {
        if (over.Count == 0 || parameters.Count == 0)
        {
            return over.Count == 0 ? parameters : over;
        }

        var joined = parameters.ToList();
        foreach (var parameter in over)
        {
            var at = joined.FindIndex(p => p.Key == parameter.Key);
            if (at < 0)
            {
                joined.Add(parameter);
            }
            else
            {
                joined[at] = parameter with { Type = parameter.Type ?? joined[at].Type };
            }
        }

        return joined;
    }

    /// <summary>As people read it: what it is an instance of.</summary>
    public override string ToString() => IsDefinition ? $"template definition of {Members.Count} members" : $"instance of {Reference}";

    private static Metric Joined(Metric old, Metric news) => news with
    {
        Name = old.Name,
        Alias = old.Alias,
        DataType = news.DataType ?? old.DataType,
        Value = old.Value.Object is Template before && news.Value.Object is Template after ? new(WireKind.Template, 0, before.With(after)) : news.Value,
    };
}

/// <summary>Writes a template as an object of its members, with its parameters under <c>parameters</c> unless a member has that name; what cannot be read is null.</summary>
internal sealed class TemplateJson : JsonConverter<Template>
{
    private const string Parameters = "parameters";

    public override Template Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("A template is only ever written as JSON.");

    public override void Write(Utf8JsonWriter writer, Template value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        var isTaken = value.Parameters.Count == 0;
        foreach (var member in value.Members)
        {
            if (member.Name is { } name)
            {
                isTaken |= name == Parameters;
                Write(writer, name, member.IsNull ? null : member.DataType, member.Value);
            }
        }

        if (!isTaken)
        {
            writer.WriteStartObject(Parameters);
            foreach (var parameter in value.Parameters)
            {
                Write(writer, parameter.Key, parameter.IsNull ? null : parameter.Type, parameter.Value);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, string name, DataType? type, in WireValue wire)
    {
        writer.WritePropertyName(name);
        if (type is { } known && WireConversion.TryRead(known, wire, out var read, out _))
        {
            TagValueJson.Write(writer, read);
        }
        else
        {
            writer.WriteNullValue();
        }
    }
}
