using Uns.Sparkplug.Topics;

namespace Uns.Sparkplug.Host;

/// <summary>One edge node as the host knows it: metrics, devices, aliases, order, history and counters.</summary>
internal sealed class NodeState
{
    private readonly Dictionary<string, DeviceState> _devices = new(StringComparer.Ordinal);

    public NodeState(EdgeNodeId id, HostOptions options, ISparkplugVersion version)
    {
        (Id, Version) = (id, version);
        Own = new DeviceState(this, null);
        Gate = new(options.ReorderTimeout, version.SequenceCount, options.ReorderMessages, options.HeldBytes);
        Early = new(options);
        Journal = new(options.JournalLength);
        Clock = new(options);
        (RebirthOn, CommandsByName) = (options.RebirthOnOf(id), options.CommandsByNameOf(id));
    }

    public EdgeNodeId Id { get; }

    public ISparkplugVersion Version { get; }

    /// <summary>The node's own metrics.</summary>
    public DeviceState Own { get; }

    public IReadOnlyDictionary<string, DeviceState> Devices => _devices;

    public AliasTable Aliases { get; } = new();

    public ReorderGate<HeldMessage> Gate { get; }

    /// <summary>What came before its birth.</summary>
    public EarlyMessages Early { get; }

    public NodeJournal Journal { get; }

    public DuplicateWatch Watch { get; } = new();

    public BdSeqLedger Sessions { get; } = new();

    public bool IsOnline { get; set; }

    /// <summary>True until an NBIRTH, and again after a gap: what comes meanwhile cannot be told apart for sure.</summary>
    public bool AwaitsBirth { get; set; } = true;

    /// <summary>True when names and aliases come from a certificate and the node has not spoken yet: its next seq opens the gate.</summary>
    public bool IsFromCertificate { get; set; }

    /// <summary>The timestamp of the certificate in force, as on the wire.</summary>
    public ulong CertificateTimestamp { get; set; }

    /// <summary>Certificates of devices that came before their node's; null when there are none.</summary>
    public List<HeldMessage>? PendingCertificates { get; set; }

    /// <summary>The template definitions of the NBIRTH in force; null while there are none and no instance came.</summary>
    public TemplateBook? Templates { get; set; }

    /// <summary>What was found in the metric at hand that broke a rule, where its own reason does not say it; null otherwise.</summary>
    public string? Finding { get; set; }

    /// <summary>Set while two publishers speak under the node's name: until then nothing of either is believed.</summary>
    public DateTimeOffset? TwoUntil { get; set; }

    /// <summary>Births seen since the node was asked, while two publishers are suspected; null while nobody was asked.</summary>
    public int? BirthsWhileAsked { get; set; }

    public int? BdSeq { get; set; }

    public long Births { get; set; }

    public long Deaths { get; set; }

    public long Gaps { get; set; }

    public long RebirthsAsked { get; set; }

    public bool HasGivenUp { get; set; }

    public long Dropped { get; set; }

    public long Historical { get; set; }

    public DateTimeOffset? LastMessage { get; set; }

    /// <summary>How the node's clock stands to the host's.</summary>
    public ClockWatch Clock { get; }

    /// <summary>For what the host asks the node for a rebirth by itself.</summary>
    public RebirthCauses RebirthOn { get; }

    /// <summary>True when commands to the node go by name alone.</summary>
    public bool CommandsByName { get; }

    /// <summary>Why a birth is missing that nobody asks for, since the settings do not let the host; null when none is.</summary>
    public RebirthReason? NotAsked { get; set; }

    /// <summary>The payload timestamp and number of the last message that was processed: a copy of it is no second publisher.</summary>
    public (int Seq, ulong Timestamp) Last { get; set; } = (-1, 0);

    /// <summary>All metrics of the node and its devices.</summary>
    public IEnumerable<HostMetric> All
    {
        get
        {
            foreach (var metric in Own.Metrics.All.ToArray())
            {
                yield return metric;
            }

            foreach (var device in _devices.Values)
            {
                foreach (var metric in device.Metrics.All.ToArray())
                {
                    yield return metric;
                }
            }
        }
    }

    public int MetricCount => Own.Metrics.Count + _devices.Values.Sum(device => device.Metrics.Count);

    public DeviceState? Find(string? device) => device is null ? Own : _devices.GetValueOrDefault(device);

    public DeviceState Add(string device)
    {
        var added = new DeviceState(this, device);
        _devices.Add(device, added);
        return added;
    }

    /// <summary>Keeps the certificate of a device until its node's comes. Bounded as messages are.</summary>
    public void KeepCertificate(HeldMessage certificate, HostOptions options)
    {
        PendingCertificates ??= [];
        if (PendingCertificates.Count < options.DevicesBound && PendingCertificates.Sum(held => (long)held.Wire.Length) + certificate.Wire.Length <= options.HeldBytes)
        {
            PendingCertificates.Add(certificate);
        }
    }

    public NodeInfo Info() => new(
        Id, IsOnline, AwaitsBirth, BdSeq, _devices.Count, MetricCount, Births, Deaths, Gaps, RebirthsAsked,
        Journal.Unreadable, Dropped, Historical, LastMessage)
    {
        IsTwoPublishers = TwoUntil is not null,
        HasGivenUp = HasGivenUp,
        ClockSkew = Clock.Skew,
        ClockNote = Clock.Note,
        RebirthOn = RebirthWords.Of(RebirthOn),
        NotAsked = NotAsked,
        CommandsByName = CommandsByName,
        Breaches = Journal.Breaches,
    };
}

/// <summary>One device of an edge node, or the node's own metrics.</summary>
internal sealed class DeviceState(NodeState node, string? id)
{
    public NodeState Node { get; } = node;

    /// <summary>Null for the node itself.</summary>
    public string? Id { get; } = id;

    /// <summary>True from DBIRTH to DDEATH; of no meaning for the node itself.</summary>
    public bool IsOnline { get; set; }

    /// <summary>Counts the births, so that metrics that were not named again are found.</summary>
    public int Epoch { get; set; }

    public MetricTable Metrics { get; } = new();
}

/// <summary>A message kept for later, as its bytes.</summary>
/// <param name="Topic">Who speaks, and what for.</param>
/// <param name="Wire">The expanded payload.</param>
/// <param name="Seq">Its seq.</param>
/// <param name="Timestamp">Its payload timestamp as on the wire; null when there is none.</param>
/// <param name="Arrived">When it came, UTC.</param>
public sealed record HeldMessage(SparkplugTopic Topic, byte[] Wire, int Seq, ulong? Timestamp, DateTimeOffset Arrived);

/// <summary>Messages that came before their birth, in case they overtook it. Bounded in number, bytes and age.</summary>
internal sealed class EarlyMessages(HostOptions options)
{
    private readonly Queue<HeldMessage> _held = new();
    private long _bytes;

    /// <summary>How many are kept.</summary>
    public int Count => _held.Count;

    /// <summary>Keeps one.</summary>
    /// <returns>How many older ones were dropped for it.</returns>
    public int Hold(HeldMessage message)
    {
        var dropped = Forget(message.Arrived);
        _held.Enqueue(message);
        _bytes += message.Wire.Length;
        while (_held.Count > options.HeldMessages || (_bytes > options.HeldBytes && _held.Count > 0))
        {
            _bytes -= _held.Dequeue().Wire.Length;
            dropped++;
        }

        return dropped;
    }

    /// <summary>Takes all of them, oldest first.</summary>
    public HeldMessage[] TakeAll()
    {
        var all = _held.ToArray();
        _held.Clear();
        _bytes = 0;
        return all;
    }

    private int Forget(DateTimeOffset now)
    {
        var dropped = 0;
        for (; _held.TryPeek(out var oldest) && now - oldest.Arrived > options.HeldFor; dropped++)
        {
            _bytes -= _held.Dequeue().Wire.Length;
        }

        return dropped;
    }
}
