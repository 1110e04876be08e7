using System.Globalization;
using System.Net;
using Uns.Mqtt.Broker;
using Uns.Mqtt.Packets;
using Uns.Store;

namespace Uns.Hub.Settings;

/// <summary>One setting of the <c>broker</c> command: <c>--server-keep-alive</c> on the command line is <c>serverKeepAlive</c> in the file.</summary>
/// <param name="Option">Name on the command line.</param>
/// <param name="Value">What stands behind it in the help.</param>
/// <param name="Wanted">What the user may give; ends the sentence of an error.</param>
/// <param name="Description">One line for the help.</param>
/// <param name="Apply">Lays the written value over what was chosen; null when it is none of those wanted.</param>
public sealed record BrokerSetting(string Option, string Value, string Wanted, string Description, Func<BrokerChoice, string, BrokerChoice?> Apply)
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
        Number("--max-sessions", "N", "Most sessions, those of absent clients included; never fewer than --max-connections.", 1, 10_000_000, (o, v) => o with { MaximumSessions = (int)v }),
        Number("--max-queued-messages", "N", "Most QoS 1 and 2 messages that wait in one session.", 1, int.MaxValue, (o, v) => o with { QueuedMessages = (int)v }),
        Number("--max-queued-bytes", "BYTES", "Most bytes that wait in all sessions together.", 1024, long.MaxValue, (o, v) => o with { AllQueuedBytes = v }),
        Number("--max-retained", "N", "Most retained messages.", 1, int.MaxValue, (o, v) => o with { MaximumRetained = (int)v }),
        Number("--max-retained-bytes", "BYTES", "Most bytes of all retained messages.", 1024, long.MaxValue, (o, v) => o with { RetainedBytes = v }),
        Number("--max-topic-levels", "N", "Most levels of a topic or filter.", 1, 1024, (o, v) => o with { MaximumTopicLevels = (int)v }),
        Number("--max-topic-bytes", "BYTES", "Longest topic or filter.", 64, 65_535, (o, v) => o with { MaximumTopicBytes = (int)v }),
        Number("--max-inflight", "N", "Unacknowledged QoS 1 and 2 messages to one client.", 1, 65_535, (o, v) => o with { MaximumInflight = (int)v }),
        Number("--session-expiry-maximum", "SECONDS", "Longest life of a session without its client.", 1, uint.MaxValue, (o, v) => o with { MaximumSessionExpiry = TimeSpan.FromSeconds(v) }),
        Text("--response-information", "TEXT", "Basis of response topics, told to MQTT 5.0 clients that ask for it. [default: none]", (o, v) => o with { ResponseInformation = v }),
        Text("--server-reference", "TEXT", "Another server, told to MQTT 5.0 clients that find no room and to all when the broker stops. [default: none]", (o, v) => o with { ServerReference = v }),
        new("--deny-reason", "CODE", "0x80, 0x83, 0x87, 0x8F or 0x97", "Reason told to MQTT 5.0 clients for a denied subscription.", DenyReason),
        new("--durability", "WORD", "power-safe, crash-safe or none", "What an acknowledgement outlives: all; the process, but not a second before a power cut; nothing, as --memory. [default: power-safe]", Durability),
        Number("--sys-interval", "SECONDS", "Time between two reports under $SYS/broker; 0: no reports.", 0, 3600, (o, v) => o with { SysInterval = TimeSpan.FromSeconds(v) }),
        Tls("--mqtts", "ADDRESS:PORT", "an address and a port, such as 127.0.0.1:8883", "Where it speaks TLS beside the plain listener; port 0 takes any free one. [default: nowhere]", (t, v) => Address(v) is { } address ? t with { Mqtts = address } : null),
        Tls("--tls-certificate", "FILE", "a file", "Its certificate, PEM or PKCS #12; read again when it changes.", (t, v) => t with { Certificate = v }),
        Tls("--tls-key", "FILE", "a file", "PEM file of its private key, unless it is in the certificate's file.", (t, v) => t with { Key = v }),
        Tls("--tls-client-certificates", "RULE", "none, optional or required", "What is asked of clients that speak TLS. [default: none]", (t, v) => Rule(v) is { } rule ? t with { ClientCertificates = rule } : null),
        Tls("--tls-client-authority", "FILE", "a file", "PEM file of the authorities whose client certificates are trusted.", (t, v) => t with { ClientAuthority = v }),
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
        new(option, value, $"a whole number, {least} to {most}", description, (choice, written) =>
            long.TryParse(written, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? choice with { Options = apply(choice.Options, number) } : null);

    private static BrokerSetting Truth(string option, string description, Func<MqttBrokerOptions, bool, MqttBrokerOptions> apply) =>
        new(option, "BOOL", "true or false", description, (choice, written) => bool.TryParse(written, out var truth) ? choice with { Options = apply(choice.Options, truth) } : null);

    private static BrokerSetting Text(string option, string value, string description, Func<MqttBrokerOptions, string, MqttBrokerOptions> apply) =>
        new(option, value, "1 to 1,024 letters", description, (choice, written) => written.Length is >= 1 and <= 1024 && !written.Contains('\0', StringComparison.Ordinal) ? choice with { Options = apply(choice.Options, written) } : null);

    private static BrokerSetting Tls(string option, string value, string wanted, string description, Func<TlsSettings, string, TlsSettings?> apply) =>
        new(option, value, wanted, description, (choice, written) => written.Length > 0 && apply(choice.Tls, written) is { } tls ? choice with { Tls = tls } : null);

    private static BrokerChoice? DenyReason(BrokerChoice choice, string written)
    {
        var digits = written.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? written[2..] : "";
        return byte.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
            && code is 0x80 or 0x83 or 0x87 or 0x8F or 0x97
            ? choice with { Options = choice.Options with { DenySubscribeReason = (ReasonCode)code } }
            : null;
    }

    private static BrokerChoice? Durability(BrokerChoice choice, string written) => written switch
    {
        "power-safe" => choice with { Options = choice.Options with { StorePolicy = StorePolicy.Group } },
        "crash-safe" => choice with { Options = choice.Options with { StorePolicy = StorePolicy.Interval } },
        "none" => choice with { Options = choice.Options with { StorePolicy = StorePolicy.Memory } },
        _ => null,
    };

    private static ClientCertificateRule? Rule(string written) => written switch
    {
        "none" => ClientCertificateRule.None,
        "optional" => ClientCertificateRule.Optional,
        "required" => ClientCertificateRule.Required,
        _ => null,
    };

    private static IPEndPoint? Address(string written)
    {
        try
        {
            return ListenAddress.Parse("", written);
        }
        catch (SettingException)
        {
            return null;
        }
    }
}
