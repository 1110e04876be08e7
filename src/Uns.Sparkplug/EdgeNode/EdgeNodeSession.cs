using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;

namespace Uns.Sparkplug.EdgeNode;

/// <summary>
/// The protocol memory of one edge node: which devices live, which number comes next, what a birth must say.
/// Pure: messages that are due are appended to a list, in the order in which they must be published.
/// </summary>
/// <remarks>Sparkplug 3.0, chapters 5 and 6. One caller at a time.</remarks>
public sealed partial class EdgeNodeSession
{
    /// <summary>The metric that pairs a death with its birth.</summary>
    public const string BdSeqName = "bdSeq";

    /// <summary>The metric by which a host asks for a rebirth. [tck-id-operational-behavior-data-commands-rebirth-name]</summary>
    public const string RebirthName = "Node Control/Rebirth";

    private readonly EdgeNodeOptions _options;
    private readonly ISparkplugVersion _version;
    private readonly EdgeNodeId _id;
    private readonly SortedDictionary<string, EdgeDevice> _devices = new(StringComparer.Ordinal);
    private readonly EdgeDevice _node = new("") { IsOnline = true };
    private ulong _nextAlias = 1;
    private int _bdSeq;
    private int _nextSeq;
    private bool _rebirthAsked;
    private TimeSpan? _lastAnswer;

    /// <summary>The memory of a node that was never born.</summary>
    /// <param name="options">Name and pace.</param>
    public EdgeNodeSession(EdgeNodeOptions options)
        : this(options, SparkplugB3.Instance)
    {
    }

    internal EdgeNodeSession(EdgeNodeOptions options, ISparkplugVersion version) => (_options, _id, _version) = (options, options.Id, version);

    /// <summary>What the node speaks.</summary>
    internal ISparkplugVersion Version => _version;

    /// <summary>True between the NBIRTH and the end of the connection.</summary>
    public bool IsBorn { get; private set; }

    /// <summary>Births published because a host asked.</summary>
    public long Rebirths { get; private set; }

    /// <summary>Starts a session: called with the number of the CONNECT about to be sent.</summary>
    /// <returns>The death certificate, to be left as the will: QoS 1, not retained.</returns>
    /// <remarks>[tck-id-payloads-ndeath-will-message], [tck-id-message-flow-edge-node-birth-publish-will-message-payload-bdSeq]</remarks>
    public OutgoingMessage Connect(int bdSeq, DateTimeOffset now)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bdSeq);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bdSeq, 255);
        _bdSeq = bdSeq;
        Disconnected();
        return Death(now);
    }

    /// <summary>The death certificate of this session: bdSeq and nothing else, no seq.</summary>
    /// <remarks>[tck-id-topics-ndeath-payload], [tck-id-payloads-ndeath-seq]</remarks>
    public OutgoingMessage Death(DateTimeOffset now) =>
        new(SparkplugTopic.OfNode(MessageVerb.NDeath, _id), new SparkplugPayload { Timestamp = now, Metrics = [BdSeq(now)] });

    /// <summary>The connection has gone: nothing is born any more. Last values stay, for the next births.</summary>
    public void Disconnected()
    {
        IsBorn = false;
        _rebirthAsked = false;
        foreach (var device in _devices.Values)
        {
            device.IsBorn = false;
            device.Fault = null; // The next broker may take more.
        }
    }

    /// <summary>The whole birth: NBIRTH with seq 0, then one DBIRTH for each device that is online.</summary>
    public void Birth(DateTimeOffset now, List<OutgoingMessage> due)
    {
        _nextSeq = 0; // [tck-id-topics-nbirth-seq-num]
        var metrics = new List<Metric>
        {
            BdSeq(now), // [tck-id-topics-nbirth-bdseq-matching], [tck-id-payloads-nbirth-bdseq-repeat]

            // Never an alias: a host that knows no birth asks by name. [tck-id-operational-behavior-data-commands-rebirth-name-aliases]
            Metric.Of(RebirthName, TagValue.Of(false), now),
        };
        metrics.AddRange(_options.Properties.Select(p => Metric.Of("Properties/" + p.Key, TagValue.Of(p.Value), now)));
        metrics.AddRange(_node.BirthMetrics(now));
        metrics = [.. metrics.OrderBy(metric => metric.Timestamp)]; // [tck-id-operational-behavior-data-publish-nbirth-order]
        due.Add(new(SparkplugTopic.OfNode(MessageVerb.NBirth, _id), new SparkplugPayload { Timestamp = now, Seq = NextSeq(), Metrics = metrics }));
        _node.IsBorn = true;
        IsBorn = true;
        foreach (var device in _devices.Values)
        {
            device.IsBorn = false;
            BirthOf(device, now, due);
        }
    }

    /// <summary>Adds a device, offline at first, or gives a device other tags; one that was born dies and is born again.</summary>
    /// <exception cref="ArgumentException">The id cannot stand in a topic, or a tag is named twice.</exception>
    public void SetDevice(string deviceId, IReadOnlyList<TagDefinition> tags, DateTimeOffset now, List<OutgoingMessage> due)
    {
        if (SparkplugTopic.Fault(deviceId) is { } fault)
        {
            throw new ArgumentException($"The device id {fault}", nameof(deviceId));
        }

        if (!_devices.TryGetValue(deviceId, out var device))
        {
            device = new EdgeDevice(deviceId);
            _devices.Add(deviceId, device);
        }

        if (device.Define(tags, ref _nextAlias))
        {
            device.Fault = null;
            DeathOf(device, now, due);
            BirthOf(device, now, due);
        }
    }

    /// <summary>Forgets a device; one that was born dies first. An unknown one is no news.</summary>
    public void RemoveDevice(string deviceId, DateTimeOffset now, List<OutgoingMessage> due)
    {
        if (_devices.Remove(deviceId, out var device))
        {
            DeathOf(device, now, due);
        }
    }

    /// <summary>The device can be reached, or no longer: DBIRTH or DDEATH when that is news. An unknown device is no news.</summary>
    /// <remarks>[tck-id-operational-behavior-device-ddeath]</remarks>
    public void SetOnline(string deviceId, bool isOnline, DateTimeOffset now, List<OutgoingMessage> due)
    {
        if (!_devices.TryGetValue(deviceId, out var device) || device.IsOnline == isOnline)
        {
            return;
        }

        device.IsOnline = isOnline;
        if (isOnline)
        {
            BirthOf(device, now, due);
        }
        else
        {
            DeathOf(device, now, due);
        }
    }

    /// <summary>A host asks for a rebirth. Requests are answered together by <see cref="AnswerRebirth"/>.</summary>
    public void AskRebirth() => _rebirthAsked |= IsBorn;

    /// <summary>The moment at which the request that waits may be answered, on the time that only goes forward; null when none waits.</summary>
    public TimeSpan? RebirthDue => !_rebirthAsked ? null : _lastAnswer is { } last ? last + _options.RebirthDistance : TimeSpan.Zero;

    /// <summary>Answers the requests that wait, once the distance to the last answer is kept: the whole birth with the same bdSeq.</summary>
    /// <param name="moment">Now, on a time that only goes forward: the time of day may be set back, and data wait for this answer.</param>
    /// <param name="now">Time of the messages.</param>
    /// <param name="due">Takes the messages.</param>
    /// <remarks>[tck-id-operational-behavior-data-commands-rebirth-action-2], [tck-id-operational-behavior-data-commands-rebirth-action-3]</remarks>
    public void AnswerRebirth(TimeSpan moment, DateTimeOffset now, List<OutgoingMessage> due)
    {
        if (IsBorn && RebirthDue <= moment)
        {
            _rebirthAsked = false;
            _lastAnswer = moment;
            Rebirths++;
            Birth(now, due);
        }
    }

    /// <summary>The tag that a command's metric means; null when the device or the tag is not known.</summary>
    public TagDefinition? FindTag(string deviceId, Metric metric) =>
        _devices.TryGetValue(deviceId, out var device) ? device.Find(metric) : null;

    private void BirthOf(EdgeDevice device, DateTimeOffset now, List<OutgoingMessage> due)
    {
        // A DBIRTH only ever follows an NBIRTH of this session. [tck-id-message-flow-device-birth-publish-nbirth-wait]
        if (!IsBorn || !device.IsOnline || device.IsBorn || device.Fault is not null)
        {
            return;
        }

        var metrics = device.BirthMetrics(now).ToList();
        if (IsTooLong(metrics, out var bytes))
        {
            // A seq spent on a message that never arrives would be a gap that no rebirth heals.
            device.Fault = $"its birth certificate of {metrics.Count} metrics has {bytes} bytes, and the broker takes packets of {LongestPacket}: give it fewer tags, or the broker a larger packet.";
            _faults.Enqueue((device.Id, device.Fault));
            return;
        }

        device.IsBorn = true;
        Add(MessageVerb.DBirth, device, metrics, now, due);
    }

    private void DeathOf(EdgeDevice device, DateTimeOffset now, List<OutgoingMessage> due)
    {
        if (IsBorn && device.IsBorn)
        {
            device.IsBorn = false;
            Add(MessageVerb.DDeath, device, [], now, due); // [tck-id-payloads-ddeath-seq]
        }
    }

    private void Add(MessageVerb verb, EdgeDevice device, IReadOnlyList<Metric> metrics, DateTimeOffset now, List<OutgoingMessage> due) => due.Add(new(
        device == _node ? SparkplugTopic.OfNode(verb, _id) : SparkplugTopic.OfDevice(verb, _id, device.Id),
        new SparkplugPayload { Timestamp = now, Seq = NextSeq(), Metrics = metrics }));

    // One counter for the node and all its devices. [tck-id-payloads-sequence-num-incrementing]
    private int NextSeq()
    {
        var seq = _nextSeq;
        _nextSeq = (seq + 1) % _version.SequenceCount;
        return seq;
    }

    private Metric BdSeq(DateTimeOffset now) => Metric.Of(BdSeqName, TagValue.OfInteger(DataType.Int64, _bdSeq), now);
}
