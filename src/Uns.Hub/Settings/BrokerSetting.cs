using System.Globalization;
using Uns.Mqtt.Broker;
using Uns.Mqtt.Packets;

namespace Uns.Hub.Settings;

/// <summary>One setting of the <c>broker</c> command: <c>--server-keep-alive</c> on the command line is <c>serverKeepAlive</c> in the file.</summary>
/// <param name="Option">Name on the command line.</param>
/// <param name="Value">What stands behind it in the help.</param>
/// <param name="Wanted">What the user may give; ends the sentence of an error.</param>
/// <param name="Description">One line for the help.</param>
/// <param name="Apply">Lays the written value over the options; null when it is none of those wanted.</param>
public sealed record BrokerSetting(string Option, string Value, string Wanted, string Description, Func<MqttBrokerOptions, string, MqttBrokerOptions?> Apply)
{
    private const int LargestPacket = 268_435_460;

    /// <summary>All settings that have one value.</summary>
    public static IReadOnlyList<BrokerSetting> All { get; } =
    [
        Truth("--allow-anonymous", "Whether clients without a user name are let in.", (o, v) => o with { AllowAnonymous = v }),
        Number("--receive-maximum", "N", "Unacknowledged QoS 1 and 2 messages from one MQTT 5.0 client.", 1, 65_535, (o, v) => o with { ReceiveMaximum = (int)v }),
        Number("--maximum-packet-size", "BYTES", "Largest packet taken from a client.", 1024, LargestPacket, (o, v) => o with { MaximumPacketBytes = (int)v }),
        Number("--topic-alias-maximum", "N", "Largest topic alias taken from a client.", 0, 65_535, (o, v) => o with { TopicAliasMaximum = (int)v }),
        Number("--server-keep-alive", "SECONDS", "Caps an MQTT 5.0 client's keep alive; 0: the client's own.", 0, 65_535, (o, v) => o with { ServerKeepAlive = TimeSpan.FromSeconds(v) }),
        Number("--maximum-qos", "N", "Highest QoS taken from clients.", 0, 2, (o, v) => o with { MaximumQos = (QualityOfService)v }),
        Truth("--retain-available", "Whether retained messages are taken and kept.", (o, v) => o with { RetainAvailable = v }),
        Number("--max-connections", "N", "Most clients at once.", 1, 1_000_000, (o, v) => o with { MaximumConnections = (int)v }),
        Number("--max-queued-messages", "N", "Most QoS 1 and 2 messages that wait in one session.", 1, int.MaxValue, (o, v) => o with { QueuedMessages = (int)v }),
        Number("--max-inflight", "N", "Unacknowledged QoS 1 and 2 messages to one client.", 1, 65_535, (o, v) => o with { MaximumInflight = (int)v }),
        Number("--session-expiry-maximum", "SECONDS", "Longest life of a session without its client.", 1, uint.MaxValue, (o, v) => o with { MaximumSessionExpiry = TimeSpan.FromSeconds(v) }),
        new("--deny-reason", "CODE", "0x80, 0x83, 0x87, 0x8F or 0x97", "Reason told to MQTT 5.0 clients for a denied subscription.", DenyReason),
    ];

    /// <summary>Its name in the settings file.</summary>
    public string FileName => InFile(Option);

    /// <summary>The name in the settings file of an option: <c>--max-inflight</c> is <c>maxInflight</c>.</summary>
    public static string InFile(string option)
    {
        var words = option.TrimStart('-').Split('-');
        return words[0] + string.Concat(words.Skip(1).Select(w => char.ToUpperInvariant(w[0]) + w[1..]));
    }

    private static BrokerSetting Number(string option, string value, string description, long least, long most, Func<MqttBrokerOptions, long, MqttBrokerOptions> apply) =>
        new(option, value, $"a whole number, {least} to {most}", description, (options, written) =>
            long.TryParse(written, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? apply(options, number) : null);

    private static BrokerSetting Truth(string option, string description, Func<MqttBrokerOptions, bool, MqttBrokerOptions> apply) =>
        new(option, "BOOL", "true or false", description, (options, written) => bool.TryParse(written, out var truth) ? apply(options, truth) : null);

    private static MqttBrokerOptions? DenyReason(MqttBrokerOptions options, string written)
    {
        var digits = written.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? written[2..] : "";
        return byte.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
            && code is 0x80 or 0x83 or 0x87 or 0x8F or 0x97
            ? options with { DenySubscribeReason = (ReasonCode)code }
            : null;
    }
}
