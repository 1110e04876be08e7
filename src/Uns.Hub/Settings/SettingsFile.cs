using System.Text.Json;
using Uns.Mqtt.Broker;

namespace Uns.Hub.Settings;

/// <summary>Reads <c>hub.json</c>, the optional settings file in the data directory.</summary>
/// <remarks>Every fault is named with the file, the setting, the value found and the value wanted; the hub does not start on a doubtful file.</remarks>
public static class SettingsFile
{
    private static readonly string[] Known = ["access", "secretKeyFile", "sessionHours", "sessionDays", "mqtt", "http", "mqtts", "https", "tlsCertificate", "tlsKey", "tlsClientCertificates", "tlsClientAuthority", "opcua", "opcuaAnonymous", "opcuaUnprotected", "opcuaUsers", "groupId", "nodeId", "dataTypesInData", "edgeNodePerDevice", "edgeBrokers", "edgeStartSeconds", "tagChangeSeconds", "primaryHost", "sparkplugAware", "sparkplugForeign", "sparkplugQos", "sparkplugRetain", "sparkplugTopic", "hostId", "rebirthOn", "nodeRules", "legacyState", "topicPrefix", "writeAnswerTimeoutSeconds", "historyDays", "historyMegabytes"];

    private static readonly JsonDocumentOptions Forgiving = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>Lays the file over the defaults; without a file the defaults stay.</summary>
    /// <exception cref="SettingException">The file cannot be read, or a setting in it is wrong.</exception>
    public static HubOptions Apply(HubOptions options, string path)
    {
        if (!File.Exists(path))
        {
            return options;
        }

        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path), Forgiving);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new SettingException($"{path} holds {document.RootElement.ValueKind}: give one JSON object.");
            }

            foreach (var setting in document.RootElement.EnumerateObject())
            {
                options = Apply(options, path, setting);
            }

            return options;
        }
        catch (JsonException broken)
        {
            throw new SettingException($"{path} is not JSON: line {broken.LineNumber + 1}, column {broken.BytePositionInLine + 1}. Mend that place.", broken);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new SettingException($"{path} cannot be read: {unreadable.Message}", unreadable);
        }
    }

    private static HubOptions Apply(HubOptions options, string path, JsonProperty setting)
    {
        var name = $"{path}: {setting.Name}";
        return setting.Name switch
        {
            "access" => options with { Access = AccessSettings.Mode(name, Text(name, setting.Value)) },
            "secretKeyFile" => options with { SecretKeyFile = Text(name, setting.Value) },
            "sessionHours" => options with { SessionIdle = TimeSpan.FromHours(Whole(name, setting.Value, 1, 720)) },
            "sessionDays" => options with { SessionLongest = TimeSpan.FromDays(Whole(name, setting.Value, 1, 365)) },
            "mqtt" => options with { Mqtt = ListenAddress.Parse(name, Text(name, setting.Value)) },
            "http" => options with { Http = ListenAddress.Parse(name, Text(name, setting.Value)) },
            "mqtts" => options with { Tls = options.Tls with { Mqtts = ListenAddress.Parse(name, Text(name, setting.Value)) } },
            "https" => options with { Tls = options.Tls with { Https = ListenAddress.Parse(name, Text(name, setting.Value)) } },
            "tlsCertificate" => options with { Tls = options.Tls with { Certificate = Text(name, setting.Value) } },
            "tlsKey" => options with { Tls = options.Tls with { Key = Text(name, setting.Value) } },
            "tlsClientCertificates" => options with { Tls = options.Tls with { ClientCertificates = Rule(name, Text(name, setting.Value)) } },
            "tlsClientAuthority" => options with { Tls = options.Tls with { ClientAuthority = Text(name, setting.Value) } },
            "opcua" => options with { OpcUa = options.OpcUa with { Listen = ListenAddress.Parse(name, Text(name, setting.Value)) } },
            "opcuaAnonymous" => options with { OpcUa = options.OpcUa with { Anonymous = OpcUaSettings.Right(name, Text(name, setting.Value)) } },
            "opcuaUnprotected" => options with { OpcUa = options.OpcUa with { Unprotected = Truth(name, setting.Value) } },
            "opcuaUsers" => options with { OpcUa = options.OpcUa with { Users = OpcUaSettings.ReadUsers(name, setting.Value) } },
            "groupId" => options with { GroupId = SparkplugId(name, setting.Value) },
            "nodeId" => options with { NodeId = SparkplugId(name, setting.Value) },
            "dataTypesInData" => options with { DataTypesInData = Truth(name, setting.Value) },
            "edgeNodePerDevice" => options with { EdgeNodePerDevice = Truth(name, setting.Value) },
            "edgeBrokers" => options with { EdgeBrokers = SparkplugSettings.Brokers(name, setting.Value) },
            "edgeStartSeconds" => options with { EdgeStartWithin = SparkplugSettings.Seconds(name, setting.Value, 600) },
            "tagChangeSeconds" => options with { TagChangeDistance = SparkplugSettings.Seconds(name, setting.Value, 60) },
            "primaryHost" => options with { PrimaryHost = SparkplugId(name, setting.Value) },
            "sparkplugAware" => options with { Aware = Truth(name, setting.Value) ? options.Aware ?? new() : null },
            "sparkplugForeign" or "sparkplugQos" or "sparkplugRetain" or "sparkplugTopic" =>
                options with { Aware = SparkplugSettings.With(options.Aware, setting.Name, SparkplugSettings.Policy(name, Text(name, setting.Value))) },
            "hostId" => options with { HostId = SparkplugId(name, setting.Value) },
            "rebirthOn" => options with { RebirthOn = SparkplugSettings.Causes(name, setting.Value) },
            "nodeRules" => options with { NodeRules = SparkplugSettings.Rules(name, setting.Value) },
            "legacyState" => options with { LegacyState = Truth(name, setting.Value) },
            "topicPrefix" => options with { TopicPrefix = Prefix(name, setting.Value) },
            "writeAnswerTimeoutSeconds" => options with { WriteAnswerTimeout = Seconds(name, setting.Value) },
            "historyDays" => options with { HistoryDays = Whole(name, setting.Value, 1, 3650) },
            "historyMegabytes" => options with { HistoryMegabytes = Whole(name, setting.Value, 16, 1 << 20) },
            _ => throw new SettingException($"{name} is not a setting: the settings are {string.Join(", ", Known)}."),
        };
    }

    private static string Text(string name, JsonElement value) => value.ValueKind == JsonValueKind.String
        ? value.GetString()!
        : throw new SettingException($"{name} is {value.GetRawText()}: give a text in quotes.");

    private static bool Truth(string name, JsonElement value) => value.ValueKind is JsonValueKind.True or JsonValueKind.False
        ? value.GetBoolean()
        : throw new SettingException($"{name} is {value.GetRawText()}: give true or false.");

    private static ClientCertificateRule Rule(string name, string written) => written switch
    {
        "none" => ClientCertificateRule.None,
        "optional" => ClientCertificateRule.Optional,
        "required" => ClientCertificateRule.Required,
        _ => throw new SettingException($"{name} is '{written}': give none, optional or required."),
    };

    private static string SparkplugId(string name, JsonElement value)
    {
        var id = Text(name, value);
        return id.Length > 0 && id.IndexOfAny(['/', '+', '#']) < 0 && !id.Any(char.IsControl)
            ? id
            : throw new SettingException($"{name} is '{id}': give a name without / + #."); // [tck-id-topic-structure-namespace-valid-edge-node-id]
    }

    private static string Prefix(string name, JsonElement value)
    {
        var prefix = Text(name, value);
        return Tree.EquipmentPath.Fault(prefix) is { } fault ? throw new SettingException($"{name} is '{prefix}', which {fault}") : prefix;
    }

    private static int Whole(string name, JsonElement value, int least, int most) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least && number <= most
            ? number
            : throw new SettingException($"{name} is {value.GetRawText()}: give a whole number from {least} to {most}.");

    private static TimeSpan Seconds(string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.GetDouble() is > 0 and <= 60
            ? TimeSpan.FromSeconds(value.GetDouble())
            : throw new SettingException($"{name} is {value.GetRawText()}: give a number above 0, at most 60.");
}
