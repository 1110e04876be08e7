using Uns.Sparkplug.Payloads;
using Uns.Tags;

namespace Uns.Sparkplug.Host;

/// <summary>What became of a template instance.</summary>
/// <param name="Value">The instance, complete: with the defaults of its definition, and with what earlier messages said.</param>
/// <param name="Quality">Good; Uncertain when its definition is not known; Bad when it does not fit: the last value stays then.</param>
/// <param name="Breach">The first rule that it broke; null when it broke none.</param>
/// <param name="Detail">What was found, when a rule was broken.</param>
internal readonly record struct TemplateVerdict(Template Value, TagQuality Quality, RuleBreach? Breach, string? Detail);

/// <summary>The template definitions of one edge node, from one NBIRTH to the next, and what they make of its instances. Bounded.</summary>
/// <remarks>Sparkplug 3.0, chapter 6, Template; [tck-id-payloads-template-definition-nbirth]. One caller at a time.</remarks>
internal sealed class TemplateBook
{
    /// <summary>Most definitions kept for one node; plants have some dozens.</summary>
    public const int MostDefinitions = 1_000;

    /// <summary>Most bytes of definitions, as on the wire, kept for one node.</summary>
    public const int MostBytes = 1024 * 1024;

    private readonly Dictionary<string, Template> _definitions = new(StringComparer.Ordinal);
    private RuleBreach? _breach;
    private string? _detail;
    private TagQuality _quality;
    private long _bytes;

    /// <summary>Takes a definition.</summary>
    /// <param name="name">Its metric's name, by which instances refer to it.</param>
    /// <param name="definition">The definition.</param>
    /// <param name="bytes">How long it was on the wire.</param>
    /// <returns>What it broke, with the detail; null when nothing.</returns>
    public (RuleBreach Breach, string Detail)? Define(string name, Template definition, int bytes)
    {
        (_breach, _detail) = (null, null);
        if (_definitions.Count >= MostDefinitions || _bytes + bytes > MostBytes)
        {
            return (RuleBreach.TemplateBeyondBound, $"At most {MostDefinitions} definitions of {MostBytes} bytes together are kept.");
        }

        if (definition.Reference is { } reference)
        {
            Found(RuleBreach.DefinitionRefers, $"It refers to '{reference}'.", TagQuality.Good); // [tck-id-payloads-template-definition-ref]
        }

        CheckParameters(definition.Parameters, wantsType: true);
        _definitions[name] = definition;
        _bytes += bytes;
        return _breach is { } breach ? (breach, _detail!) : null;
    }

    /// <summary>Completes an instance and says what is wrong with it.</summary>
    /// <param name="instance">As it came.</param>
    /// <param name="last">What is known of it from its birth and data; null in a birth.</param>
    /// <param name="isBirth">True in a birth, which names all members.</param>
    public TemplateVerdict Complete(Template instance, Template? last, bool isBirth)
    {
        (_breach, _detail, _quality) = (null, null, TagQuality.Good);
        if (!instance.SaysWhatItIs)
        {
            Found(RuleBreach.TemplateKindMissing, "It does not say that it is an instance.", TagQuality.Good); // Read as one: only a definition must say true.
        }

        CheckParameters(instance.Parameters, wantsType: isBirth);
        var complete = Complete(last is null ? instance : last.With(instance), isBirth, "");
        return new(complete, _quality, _breach, _detail);
    }

    private Template Complete(Template instance, bool isBirth, string within)
    {
        if (instance.Reference is not { Length: > 0 } reference)
        {
            Found(RuleBreach.TemplateNotNamed, $"{(within.Length == 0 ? "The instance" : $"The member '{within[..^1]}'")} names no definition.", TagQuality.Uncertain); // [tck-id-payloads-template-instance-ref]
            return Checked(instance, null, isBirth, within);
        }

        if (!_definitions.TryGetValue(reference, out var definition))
        {
            // Its members say what they are, but nobody can say whether they are all, and which defaults hold.
            Found(RuleBreach.TemplateUndefined, $"'{reference}' is not defined in the NBIRTH.", TagQuality.Uncertain);
            return Checked(instance, null, isBirth, within);
        }

        foreach (var parameter in instance.Parameters)
        {
            if (!definition.Parameters.Any(p => p.Key == parameter.Key))
            {
                Found(RuleBreach.TemplateParameterUndefined, $"The parameter '{parameter.Key}' is not in the definition '{reference}'.", TagQuality.Good);
            }
        }

        if (isBirth && definition.Members.FirstOrDefault(d => !instance.Members.Any(m => m.Name == d.Name)) is { } missing)
        {
            Found(RuleBreach.TemplateMemberMissing, $"The member '{missing.Name}' of '{reference}' is missing.", TagQuality.Good);
        }

        // What an instance leaves out has the definition's value. [tck-id-payloads-template-definition-parameters-default], [tck-id-payloads-template-instance-parameters]
        return Checked(instance, definition, isBirth, within) with { Parameters = Template.Overlaid(definition.Parameters, instance.Parameters) };
    }

    // Every member by its name and type; a value that is not of its type makes all of the instance bad.
    private Template Checked(Template instance, Template? definition, bool isBirth, string within)
    {
        var members = new List<Metric>(instance.Members.Count);
        foreach (var member in instance.Members)
        {
            var defined = definition?.Members.FirstOrDefault(d => d.Name == member.Name);
            var shown = $"The member '{within}{member.Name ?? $"alias {member.Alias}"}'";
            if (definition is not null && defined is null)
            {
                Found(RuleBreach.TemplateMemberWrong, $"{shown} is not in the definition '{instance.Reference}'.", TagQuality.Good);
            }

            var type = member.DataType ?? defined?.DataType;
            if (member.Name is null || type is not { } known)
            {
                Found(RuleBreach.TemplateMemberWrong, $"{shown} has no {(member.Name is null ? "name" : "type")}.", TagQuality.Good);
                continue; // Nobody can read it.
            }

            if (defined?.DataType is { } wanted && wanted != known)
            {
                Found(RuleBreach.TemplateMemberWrong, $"{shown} is of type {known}; {wanted} is defined.", TagQuality.Bad);
            }
            else if (!member.IsNull && !WireConversion.TryRead(known, member.Value, out _, out var fault))
            {
                Found(RuleBreach.TemplateMemberWrong, $"{shown} {fault}", TagQuality.Bad);
            }

            members.Add(member with
            {
                DataType = known,
                Value = member.Value.Object is Template inner ? new(WireKind.Template, 0, Complete(inner, isBirth, $"{within}{member.Name}.")) : member.Value,
            });
        }

        return instance with { Members = members };
    }

    private void CheckParameters(IReadOnlyList<MetricProperty> parameters, bool wantsType)
    {
        foreach (var parameter in parameters)
        {
            var fault = parameter.Key.Length == 0 ? "has no name." // [tck-id-payloads-template-parameter-name-required]
                : parameter.Type is null ? wantsType ? "has no type." : null // [tck-id-payloads-template-parameter-type-req]
                : parameter.Type is not (>= DataType.Int8 and <= DataType.Text) ? $"has the type {(int)parameter.Type}." // [tck-id-payloads-template-parameter-type-value]
                : parameter.Value.Kind != WireKind.None && !WireConversion.TryRead(parameter.Type.Value, parameter.Value, out _, out var why) ? why
                : null;
            if (fault is not null)
            {
                Found(RuleBreach.TemplateParameterWrong, $"The parameter '{parameter.Key}' {fault}", TagQuality.Good);
            }
        }
    }

    // The first one is told; the worst quality holds.
    private void Found(RuleBreach breach, string detail, TagQuality quality)
    {
        if (_breach is null || (quality == TagQuality.Bad && _quality != TagQuality.Bad))
        {
            (_breach, _detail) = (breach, detail);
        }

        _quality = quality == TagQuality.Bad || _quality == TagQuality.Bad ? TagQuality.Bad : quality == TagQuality.Uncertain ? quality : _quality;
    }
}
