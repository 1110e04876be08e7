using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;

namespace Uns.Sparkplug.EdgeNode;

/// <summary>
/// The protocol memory of one edge node: which devices live, which number comes next, what a birth must say.
/// Pure: messages that are due are appended to a list, in the order in which they must be published.
/// </summary>
/// <remarks>Sparkplug 3.0, chapters 5 and 6. One caller at a time.</remarks>
public sealed class EdgeNodeSession(EdgeNodeOptions options)
{
    /// <summary>The metric that pairs a death with its birth.</summary>
    public const string BdSeqName = "bdSeq";

    /// <summary>The metric by which a host asks for a rebirth. [tck-id-operational-behavior-data-commands-rebirth-name]</summary>
    public const string RebirthName = "Node Control/Rebirth";

    private readonly EdgeNodeId _id = options.Id;
    private readonly SortedDictionary<string, EdgeDevice> _devices = new(StringComparer.Ordinal);
    private ulong _nextAlias = 1;
    private int _bdSeq;
    private int _nextSeq;
    private bool _rebirthAsked;
    private DateTimeOffset? _lastAnswer;

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
        metrics.AddRange(options.Properties.Select(p => Metric.Of("Properties/" + p.Key, TagValue.Of(p.Value), now)));
        due.Add(new(SparkplugTopic.OfNode(MessageVerb.NBirth, _id), new SparkplugPayload { Timestamp = now, Seq = NextSeq(), Metrics = metrics }));
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

    /// <summary>Takes the samples of one device. They leave as DDATA while the device is born; else the last value of each tag waits for the birth.</summary>
    /// <returns>How many samples named a tag that the device does not have; they are dropped.</returns>
    public int Data(string deviceId, IReadOnlyList<TagSample> samples, DateTimeOffset now, List<OutgoingMessage> due)
    {
        if (!_devices.TryGetValue(deviceId, out var device))
        {
            return samples.Count;
        }

        var unknown = 0;
        List<Metric>? metrics = null;
        foreach (var sample in InTimeOrder(samples))
        {
            if (device.Take(sample, options.DataTypesInData) is not { } metric)
            {
                unknown++;
            }
            else if (IsBorn && device.IsBorn)
            {
                metrics ??= new List<Metric>(Math.Min(samples.Count, options.MetricsPerMessage));
                metrics.Add(metric);
                if (metrics.Count == options.MetricsPerMessage)
                {
                    AddData(device, metrics, now, due);
                    metrics = null;
                }
            }
        }

        if (metrics is not null)
        {
            AddData(device, metrics, now, due);
        }

        return unknown;
    }

    /// <summary>A host asks for a rebirth. Requests are answered together by <see cref="AnswerRebirth"/>.</summary>
    public void AskRebirth() => _rebirthAsked |= IsBorn;

    /// <summary>When the request that waits may be answered; null when none waits.</summary>
    public DateTimeOffset? RebirthDue => !_rebirthAsked ? null : _lastAnswer is { } last ? last + options.RebirthDistance : DateTimeOffset.MinValue;

    /// <summary>Answers the requests that wait, once the distance to the last answer is kept: the whole birth with the same bdSeq.</summary>
    /// <remarks>[tck-id-operational-behavior-data-commands-rebirth-action-2], [tck-id-operational-behavior-data-commands-rebirth-action-3]</remarks>
    public void AnswerRebirth(DateTimeOffset now, List<OutgoingMessage> due)
    {
        if (IsBorn && RebirthDue <= now)
        {
            _rebirthAsked = false;
            _lastAnswer = now;
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
        if (IsBorn && device.IsOnline && !device.IsBorn)
        {
            device.IsBorn = true;
            Add(MessageVerb.DBirth, device, device.BirthMetrics(now), now, due);
        }
    }

    private void DeathOf(EdgeDevice device, DateTimeOffset now, List<OutgoingMessage> due)
    {
        if (IsBorn && device.IsBorn)
        {
            device.IsBorn = false;
            Add(MessageVerb.DDeath, device, [], now, due); // [tck-id-payloads-ddeath-seq]
        }
    }

    private void AddData(EdgeDevice device, List<Metric> metrics, DateTimeOffset now, List<OutgoingMessage> due) =>
        Add(MessageVerb.DData, device, metrics, now, due);

    private void Add(MessageVerb verb, EdgeDevice device, IReadOnlyList<Metric> metrics, DateTimeOffset now, List<OutgoingMessage> due) =>
        due.Add(new(SparkplugTopic.OfDevice(verb, _id, device.Id), new SparkplugPayload { Timestamp = now, Seq = NextSeq(), Metrics = metrics }));

    // One counter for the node and all its devices. [tck-id-payloads-sequence-num-incrementing]
    private int NextSeq()
    {
        var seq = _nextSeq;
        _nextSeq = (seq + 1) % 256;
        return seq;
    }

    private Metric BdSeq(DateTimeOffset now) => Metric.Of(BdSeqName, TagValue.OfInteger(DataType.Int64, _bdSeq), now);

    // [tck-id-operational-behavior-data-publish-dbirth-order]
    private static IEnumerable<TagSample> InTimeOrder(IReadOnlyList<TagSample> samples)
    {
        for (var i = 1; i < samples.Count; i++)
        {
            if (samples[i].SourceTime < samples[i - 1].SourceTime)
            {
                return samples.OrderBy(sample => sample.SourceTime); // Stable: equal times keep their order.
            }
        }

        return samples;
    }
}
