using System.Globalization;
using System.Text.Json;
using Uns.Sparkplug.Aware;

namespace Uns.Hub.Settings;

/// <summary>Reads the settings of edge nodes and of the Sparkplug-aware broker.</summary>
internal static class SparkplugSettings
{
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

    private static bool IsBroker(JsonElement value) => value.ValueKind == JsonValueKind.String && value.GetString()! is var text
        && (text == "own" || (text.LastIndexOf(':') is > 0 and var at && int.TryParse(text[(at + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535));
}
