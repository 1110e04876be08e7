using System.Text;
using Microsoft.Extensions.Logging;
using Uns.Mqtt.Broker.Access;
using Uns.Mqtt.Packets;
using Uns.Sparkplug.Topics;

namespace Uns.Sparkplug.Aware;

/// <summary>
/// Makes the broker Sparkplug-aware: it keeps each birth certificate under <c>$sparkplug/certificates/</c>, stamps deaths with
/// the time of their delivery, and lets nobody speak in the name of a node or host that is connected itself.
/// </summary>
/// <remarks>Sparkplug 3.0, 10.1.4. Called by the broker alone, on one thread; the counters may be read from any.</remarks>
public sealed partial class SparkplugWatch : ITopicWatch
{
    /// <summary>Beginning of the topics that only the broker writes.</summary>
    public const string Own = "$sparkplug/";

    /// <summary>Beginning of the certificates' topics; the topic of the birth follows.</summary>
    public const string Certificates = Own + "certificates/";

    private const int TopicsBound = 65_536; // As many as the broker itself keeps at hand.
    private const int WarningsBound = 4_096;

    private static readonly byte[] OwnBytes = Encoding.UTF8.GetBytes(Own);

    private readonly AwareOptions _options;
    private readonly ILogger<SparkplugWatch> _logger;
    private readonly ISparkplugVersion _version;
    private readonly byte[] _namespace;
    private readonly Dictionary<string, Known> _topics = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _willOf = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _owners = new(StringComparer.Ordinal);
    private readonly HashSet<(string Client, string Rule)> _warned = [];
    private long _refused;
    private long _warnings;
    private long _certificates;

    /// <summary>A watch that has seen nothing.</summary>
    /// <param name="options">What it does about faults.</param>
    /// <param name="logger">Hears of the first fault of each kind and client.</param>
    public SparkplugWatch(AwareOptions options, ILogger<SparkplugWatch> logger)
        : this(options, logger, SparkplugB3.Instance)
    {
    }

    internal SparkplugWatch(AwareOptions options, ILogger<SparkplugWatch> logger, ISparkplugVersion version)
    {
        (_options, _logger, _version) = (options, logger, version);
        _namespace = Encoding.UTF8.GetBytes(version.Namespace + "/");
    }

    /// <summary>Messages that were refused.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Messages that broke a rule and passed.</summary>
    public long Warnings => Interlocked.Read(ref _warnings);

    /// <summary>Birth certificates that were kept, repeats included.</summary>
    public long Kept => Interlocked.Read(ref _certificates);

    /// <inheritdoc/>
    public bool Owns(ReadOnlySpan<byte> topic) => topic.StartsWith(OwnBytes);

    /// <inheritdoc/>
    public bool Watches(ReadOnlySpan<byte> topic) => topic.StartsWith(_namespace);

    /// <inheritdoc/>
    public void WillKept(string clientId, string topic)
    {
        WillGone(clientId);
        _willOf[clientId] = topic;
        if (!_owners.TryGetValue(topic, out var owners))
        {
            _owners.Add(topic, owners = new(StringComparer.Ordinal));
        }

        owners.Add(clientId);
    }

    /// <inheritdoc/>
    public void WillGone(string clientId)
    {
        if (_willOf.Remove(clientId, out var topic) && _owners.TryGetValue(topic, out var owners) && owners.Remove(clientId) && owners.Count == 0)
        {
            _owners.Remove(topic);
        }
    }

    /// <inheritdoc/>
    public WatchVerdict Judge(in WatchedMessage message)
    {
        var known = Find(message.Topic);
        if (Fault(known, message) is { } fault)
        {
            if (fault.Policy == AwarePolicy.Refuse)
            {
                Interlocked.Increment(ref _refused);
                Tell(message.ClientId, message.Topic, fault.Rule, "was refused");
                return new() { Refusal = fault.Reason };
            }

            Interlocked.Increment(ref _warnings);
            Tell(message.ClientId, message.Topic, fault.Rule, "was let through");
        }

        if (known.Certificate is { } certificate)
        {
            Interlocked.Increment(ref _certificates);
            return new() { KeepAs = certificate }; // [tck-id-conformance-mqtt-aware-store], [tck-id-conformance-mqtt-aware-nbirth-mqtt-topic], [tck-id-conformance-mqtt-aware-dbirth-mqtt-topic]
        }

        return known.Verb == MessageVerb.NDeath && _options.StampDeaths
            ? new() { Payload = DeathStamp.Set(message.Payload, message.Now) } // [tck-id-conformance-mqtt-aware-ndeath-timestamp]
            : default;
    }

    private (AwarePolicy Policy, string Rule, ReasonCode Reason)? Fault(Known known, in WatchedMessage message)
    {
        if (known.Verb is not { } verb)
        {
            return _options.Topic == AwarePolicy.Off ? null : (_options.Topic, "tck-id-topic-structure", ReasonCode.TopicNameInvalid);
        }

        var policy = verb == MessageVerb.State ? _options.ForeignState : _options.ForeignNode;
        if (policy != AwarePolicy.Off && known.Will is { } will && _owners.TryGetValue(will, out var owners) && !owners.Contains(message.ClientId))
        {
            return (policy, verb == MessageVerb.State ? "tck-id-operational-behavior-host-application-host-id" : "tck-id-intro-edge-node-id-uniqueness", ReasonCode.NotAuthorized);
        }

        // A will of a node is QoS 1; what it says itself on leaving may be either.
        var isQosRight = verb switch
        {
            MessageVerb.State => message.Qos == QualityOfService.AtLeastOnce,
            MessageVerb.NDeath => message.Qos != QualityOfService.ExactlyOnce && (!message.IsWill || message.Qos == QualityOfService.AtLeastOnce),
            _ => message.Qos == QualityOfService.AtMostOnce,
        };
        if (!isQosRight && _options.Qos != AwarePolicy.Off)
        {
            return (_options.Qos, known.QosRule, ReasonCode.ImplementationSpecificError);
        }

        return message.Retain != (verb == MessageVerb.State) && _options.Retain != AwarePolicy.Off
            ? (_options.Retain, known.RetainRule, ReasonCode.ImplementationSpecificError)
            : null;
    }

    private Known Find(string topic)
    {
        if (!_topics.TryGetValue(topic, out var known))
        {
            if (_topics.Count >= TopicsBound)
            {
                _topics.Clear();
            }

            _topics.Add(topic, known = Known.Of(topic, _version));
        }

        return known;
    }

    private void Tell(string client, string topic, string rule, string fate)
    {
        if (_warned.Count < WarningsBound && _warned.Add((client, rule)))
        {
            LogFault(client, topic, fate, rule);
        }
    }

    /// <summary>What is known of one topic.</summary>
    /// <param name="Verb">Null when it is no Sparkplug topic.</param>
    /// <param name="Will">The will of who may write it; null when anybody may.</param>
    /// <param name="Certificate">Where a birth is kept too.</param>
    /// <param name="QosRule">The rule about its QoS.</param>
    /// <param name="RetainRule">The rule about its retain flag.</param>
    private sealed record Known(MessageVerb? Verb, string? Will, string? Certificate, string QosRule, string RetainRule)
    {
        public static Known Of(string name, ISparkplugVersion version)
        {
            if (!version.TryParseTopic(name, out var topic))
            {
                return new(null, null, null, "", "");
            }

            var death = topic.Verb == MessageVerb.State ? name : version.Write(SparkplugTopic.OfNode(MessageVerb.NDeath, topic.Node));
            var isBirth = topic.Verb is MessageVerb.NBirth or MessageVerb.DBirth;
            var isCommand = topic.Verb is MessageVerb.NCmd or MessageVerb.DCmd;
            var (qos, retain) = topic.Verb switch
            {
                MessageVerb.NBirth => ("tck-id-payloads-nbirth-qos", "tck-id-payloads-nbirth-retain"),
                MessageVerb.DBirth => ("tck-id-payloads-dbirth-qos", "tck-id-payloads-dbirth-retain"),
                MessageVerb.NData => ("tck-id-payloads-ndata-qos", "tck-id-payloads-ndata-retain"),
                MessageVerb.DData => ("tck-id-payloads-ddata-qos", "tck-id-payloads-ddata-retain"),
                MessageVerb.NCmd => ("tck-id-payloads-ncmd-qos", "tck-id-payloads-ncmd-retain"),
                MessageVerb.DCmd => ("tck-id-payloads-dcmd-qos", "tck-id-payloads-dcmd-retain"),
                MessageVerb.NDeath => ("tck-id-payloads-ndeath-will-message-qos", "tck-id-payloads-ndeath-will-message-retain"),
                MessageVerb.DDeath => ("tck-id-topics-ddeath-mqtt", "tck-id-topics-ddeath-mqtt"),
                _ => ("tck-id-host-topic-phid-birth-qos", "tck-id-host-topic-phid-birth-retain"),
            };
            return new(topic.Verb, isCommand ? null : death, isBirth ? Certificates + name : null, qos, retain);
        }
    }

    [LoggerMessage(2300, LogLevel.Warning, "A message of {ClientId} on {Topic} {Fate}: it breaks {Rule}. The same fault of this client is only counted from now on.")]
    private partial void LogFault(string clientId, string topic, string fate, string rule);
}
