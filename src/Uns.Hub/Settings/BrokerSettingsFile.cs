using System.Text.Json;
using Uns.Mqtt.Broker;
using Uns.Mqtt.Packets;

namespace Uns.Hub.Settings;

/// <summary>Gathers what the user set for the <c>broker</c> command, from the file and then from the command line, and every fault in it.</summary>
public sealed class BrokerSettingsFile
{
    private const string DenyOption = "--deny-subscribe";
    private const string ListenOption = "--mqtt";

    private static readonly JsonDocumentOptions Forgiving = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private readonly List<string> _faults = [];
    private readonly List<string> _denied = [];

    /// <summary>The choice so far.</summary>
    public BrokerChoice Choice { get; private set; } = new();

    /// <summary>Lays a JSON file over the options.</summary>
    public void Read(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path), Forgiving);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                _faults.Add($"{path} holds {document.RootElement.ValueKind}: give one JSON object.");
                return;
            }

            foreach (var setting in document.RootElement.EnumerateObject())
            {
                Read($"{path}: {setting.Name}", setting);
            }
        }
        catch (JsonException broken)
        {
            _faults.Add($"{path} is not JSON: line {broken.LineNumber + 1}, column {broken.BytePositionInLine + 1}. Mend that place.");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            _faults.Add($"{path} cannot be read: {unreadable.Message}");
        }
    }

    /// <summary>Lays one written value over the options.</summary>
    /// <param name="setting">What is set.</param>
    /// <param name="name">How the user named it, for the error.</param>
    /// <param name="written">The value as it stands there.</param>
    public void Set(BrokerSetting setting, string name, string written)
    {
        if (setting.Apply(Choice, written) is { } applied)
        {
            Choice = applied;
        }
        else
        {
            _faults.Add($"{name} is '{written}': give {setting.Wanted}.");
        }
    }

    /// <summary>Denies a filter to all who subscribe.</summary>
    public void Deny(string name, string filter)
    {
        if (TextRules.IsTopicFilter(filter))
        {
            _denied.Add(filter);
        }
        else
        {
            _faults.Add($"{name} is '{filter}': give a topic filter, such as plant/secret/#.");
        }
    }

    /// <summary>Sets where to listen.</summary>
    public void Listen(string name, string written)
    {
        try
        {
            var endPoint = ListenAddress.Parse(name, written);
            Choice = Choice with { Options = Choice.Options with { Address = endPoint.Address, Port = endPoint.Port } };
        }
        catch (SettingException wrong)
        {
            _faults.Add(wrong.Message);
        }
    }

    /// <summary>The options, when all that was set is right.</summary>
    /// <exception cref="SettingException">Names every fault, one a line.</exception>
    public MqttBrokerOptions Finish()
    {
        if (_faults.Count > 0)
        {
            throw new SettingException(string.Join(Environment.NewLine, _faults));
        }

        var options = Choice.Options with
        {
            DenySubscribe = [.. _denied],
            MaximumConnectBytes = Math.Min(Choice.Options.MaximumConnectBytes, Choice.Options.MaximumPacketBytes),
            Tls = Choice.Tls.Check().Mqtt(),
        };
        var faults = options.Check().Select(f => f.ToString()).ToList();
        return faults.Count == 0 ? options : throw new SettingException(string.Join(Environment.NewLine, faults));
    }

    private void Read(string name, JsonProperty setting)
    {
        if (setting.Name == BrokerSetting.InFile(ListenOption))
        {
            Listen(name, Written(setting.Value));
        }
        else if (setting.Name == BrokerSetting.InFile(DenyOption))
        {
            foreach (var filter in setting.Value.ValueKind == JsonValueKind.Array ? setting.Value.EnumerateArray().ToList() : [setting.Value])
            {
                Deny(name, Written(filter));
            }
        }
        else if (BrokerSetting.All.FirstOrDefault(s => s.FileName == setting.Name) is { } known)
        {
            Set(known, name, Written(setting.Value));
        }
        else
        {
            var names = BrokerSetting.All.Select(s => s.FileName).Append(BrokerSetting.InFile(ListenOption)).Append(BrokerSetting.InFile(DenyOption));
            _faults.Add($"{name} is not a setting: the settings are {string.Join(", ", names.Order(StringComparer.Ordinal))}.");
        }
    }

    private static string Written(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
}
