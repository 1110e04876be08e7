using System.Globalization;
using System.Text.Json;
using Uns.Sparkplug.Aware;
using Uns.Sparkplug.Host;

namespace Uns.Hub.Settings;

/// <summary>Reads the settings of edge nodes, of the host and of the Sparkplug-aware broker.</summary>
internal static class SparkplugSettings
{
    private const int RulesBound = 1000;
    /// <summary>A list of <c>own</c> and <c>HOST:PORT</c>.</summary>
    public static IReadOnlyList<string> Brokers(string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0 && value.EnumerateArray().All(IsBroker)
            ? [.. value.EnumerateArray().Select(broker => broker.GetString()!)]
            : throw new SettingException($"{name} is {value.GetRawText()}: give a list of \"own\" and \"HOST:PORT\".");

    /// <summary>off, warn or refuse.</summary>
    public static AwarePolicy Policy(string name, string written) => written switch
    {
        "off" => AwarePolicy.Off,
        "warn" => AwarePolicy.Warn,
        "refuse" => AwarePolicy.Refuse,
        _ => throw new SettingException($"{name} is '{written}': give off, warn or refuse."),
    };

    /// <summary>Lays one policy over the others. A broker that is not aware stays so.</summary>
    public static AwareOptions? With(AwareOptions? options, string setting, AwarePolicy policy) => setting switch
    {
        _ when options is null => null,
        "sparkplugForeign" => options with { ForeignNode = policy, ForeignState = policy },
        "sparkplugQos" => options with { Qos = policy },
        "sparkplugRetain" => options with { Retain = policy },
        _ => options with { Topic = policy },
    };

    /// <summary>Seconds, also none and parts of one.</summary>
    public static TimeSpan Seconds(string name, JsonElement value, int most) => value.ValueKind == JsonValueKind.Number && value.GetDouble() is >= 0 and var seconds && seconds <= most
        ? TimeSpan.FromSeconds(seconds)
        : throw new SettingException($"{name} is {value.GetRawText()}: give a number from 0 to {most}.");

    /// <summary>off, or a list of gap, unknown and start.</summary>
    public static RebirthCauses Causes(string name, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String && value.GetString() == "off")
        {
            return RebirthCauses.None;
        }

        var causes = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().Select(CausesOf).ToArray() : [];
        return causes.Length > 0 && !causes.Contains(RebirthCauses.None)
            ? causes.Aggregate((all, one) => all | one)
            : throw new SettingException($"{name} is {Short(value)}: give \"off\" or a list of {string.Join(", ", RebirthWords.All.Select(w => $"\"{w.Word}\""))}.");
    }

    /// <summary>A list of objects with <c>node</c> and what is otherwise for those nodes.</summary>
    public static IReadOnlyList<NodeRule> Rules(string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.Array && value.GetArrayLength() <= RulesBound
            ? [.. value.EnumerateArray().Select((rule, at) => Rule($"{name}[{at}]", rule))]
            : throw new SettingException($"{name} is {Short(value)}: give a list of at most {RulesBound} rules.");

    private static NodeRule Rule(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty("node", out _))
        {
            throw new SettingException($"{name} is {Short(value)}: give an object with \"node\" and \"rebirthOn\" or \"commandsByName\".");
        }

        var rule = new NodeRule();
        foreach (var setting in value.EnumerateObject())
        {
            var path = $"{name}.{setting.Name}";
            rule = setting.Name switch
            {
                "node" when setting.Value.ValueKind == JsonValueKind.String => rule with { Node = setting.Value.GetString()! },
                "node" => throw new SettingException($"{path} is {Short(setting.Value)}: give a text in quotes."),
                "rebirthOn" => rule with { RebirthOn = Causes(path, setting.Value) },
                "commandsByName" when setting.Value.ValueKind is JsonValueKind.True or JsonValueKind.False => rule with { CommandsByName = setting.Value.GetBoolean() },
                "commandsByName" => throw new SettingException($"{path} is {Short(setting.Value)}: give true or false."),
                _ => throw new SettingException($"{path} is not a setting: the settings are node, rebirthOn, commandsByName."),
            };
        }

        return rule.Fault() is { } fault ? throw new SettingException($"{name}.node {fault}")
            : rule is { RebirthOn: null, CommandsByName: null } ? throw new SettingException($"{name} says nothing about '{rule.Node}': give rebirthOn or commandsByName.")
            : rule;
    }

    private static RebirthCauses CausesOf(JsonElement word) =>
        word.ValueKind == JsonValueKind.String ? RebirthWords.All.FirstOrDefault(w => w.Word == word.GetString()).Causes : RebirthCauses.None;

    private static string Short(JsonElement value) => value.GetRawText() is { Length: > 80 } text ? text[..80] + "…" : value.GetRawText();

    private static bool IsBroker(JsonElement value) => value.ValueKind == JsonValueKind.String && value.GetString()! is var text
        && (text == "own" || (text.LastIndexOf(':') is > 0 and var at && int.TryParse(text[(at + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535));
}
