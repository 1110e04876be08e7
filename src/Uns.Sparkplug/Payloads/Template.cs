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

    /// <summary>This instance after a data message: members left out of the message keep what they had.</summary>
    /// <param name="change">What the data message carried.</param>
    public Template With(Template change)
    {
        var members = Members.ToList();
        foreach (var news in change.Members)
        {
            var at = members.FindIndex(old => old.Name == news.Name);
            if (at < 0)
            {
                members.Add(news);
            }
            else
            {
                members[at] = news with { DataType = news.DataType ?? members[at].DataType };
            }
        }

        return this with { Members = members, Parameters = change.Parameters.Count > 0 ? change.Parameters : Parameters };
    }

    /// <summary>As people read it: what it is an instance of.</summary>
    public override string ToString() => IsDefinition ? $"template definition of {Members.Count} members" : $"instance of {Reference}";
}

/// <summary>Writes a template as an object of its members; a member that cannot be read is null.</summary>
internal sealed class TemplateJson : JsonConverter<Template>
{
    public override Template Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("A template is only ever written as JSON.");

    public override void Write(Utf8JsonWriter writer, Template value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var member in value.Members)
        {
            if (member.Name is not { } name)
            {
                continue;
            }

            writer.WritePropertyName(name);
            if (!member.IsNull && member.DataType is { } type && WireConversion.TryRead(type, member.Value, out var read, out _))
            {
                TagValueJson.Write(writer, read);
            }
            else
            {
                writer.WriteNullValue();
            }
        }

        writer.WriteEndObject();
    }
}
