using Uns.Sparkplug.Topics;

namespace Uns.Sparkplug.Host;

/// <summary>What happened to an edge node.</summary>
public enum NodeEventKind
{
    /// <summary>NBIRTH of a new session.</summary>
    Birth,

    /// <summary>NBIRTH with the bdSeq of the session in force.</summary>
    Rebirth,

    /// <summary>DBIRTH.</summary>
    DeviceBirth,

    /// <summary>NDATA and DDATA, counted until something other than a breach happens.</summary>
    Data,

    /// <summary>Messages that came out of order were put in order again.</summary>
    GapHealed,

    /// <summary>A message stayed missing: nothing is believed until the next birth.</summary>
    Gap,

    /// <summary>The host asked for a rebirth.</summary>
    RebirthAsked,

    /// <summary>A birth is missing, and the host's settings for the node let it not ask.</summary>
    RebirthNotAsked,

    /// <summary>The node's clock is so far off that it is said beside its values.</summary>
    ClockFarOff,

    /// <summary>The node's clock is no longer far off.</summary>
    ClockNearAgain,

    /// <summary>The host asked often enough without an answer.</summary>
    GaveUp,

    /// <summary>NDEATH of the session in force.</summary>
    Death,

    /// <summary>DDEATH.</summary>
    DeviceDeath,

    /// <summary>The host lost its broker.</summary>
    BrokerLost,

    /// <summary>Names and aliases were taken from the certificate that the broker keeps.</summary>
    Certificate,

    /// <summary>A rule was broken; equal ones are counted, also with data between them.</summary>
    Breach,

    /// <summary>One publisher is left of two.</summary>
    OnePublisher,
}

/// <summary>One line of an edge node's timeline.</summary>
/// <param name="At">When it happened first, UTC, the host's clock.</param>
/// <param name="Until">When it happened last.</param>
/// <param name="Count">How often in a row.</param>
/// <param name="Kind">What.</param>
/// <param name="Device">The device it is about; null for the node.</param>
/// <param name="Seq">The message's seq; the last one for a row; null when it has none.</param>
/// <param name="BdSeq">The bdSeq told; null when none was.</param>
/// <param name="Breach">Which breach, for that kind; null for others.</param>
/// <param name="Rule">The id of the rule broken; null for other kinds.</param>
/// <param name="Detail">What was found; null when the kind says all.</param>
public readonly record struct NodeEvent(
    DateTimeOffset At, DateTimeOffset Until, long Count, NodeEventKind Kind, string? Device, int? Seq, int? BdSeq, RuleBreach? Breach, string? Rule, string? Detail);

/// <summary>The last events of one edge node, equal ones in a row as one; data and breaches in turn are one line each. Bounded; grows only as far as it is used.</summary>
internal sealed class NodeJournal(int bound)
{
    private const int TurnsBound = 16; // Breaches and data in turn that are looked back through for an equal one.

    private Line[] _lines = [];
    private int _first;
    private int _count;
    private long[]? _breaches;

    private struct Line
    {
        public long At;
        public long Until;
        public string? Device;
        public string? Detail;
        public long Count;
        public int BdSeq; // -1: none.
        public short Seq; // -1: none.
        public NodeEventKind Kind;
        public RuleBreach Breach;
        public MessageVerb Verb;
    }

    /// <summary>Breaches counted since the process started.</summary>
    public long Breaches { get; private set; }

    /// <summary>How often one rule was broken.</summary>
    public long CountOf(RuleBreach breach) => _breaches?[(int)breach] ?? 0;

    /// <summary>How much could not be read.</summary>
    public long Unreadable { get; private set; }

    /// <summary>A data message was taken.</summary>
    public void Data(long nowTicks, int seq)
    {
        // A node that breaks a rule with each message would fill the timeline: data and breaches in turn are one line each.
        for (var back = 1; back <= _count && back <= TurnsBound; back++)
        {
            ref var line = ref _lines[(_first + _count - back) % _lines.Length];
            if (line.Kind == NodeEventKind.Data)
            {
                (line.Until, line.Seq) = (nowTicks, (short)seq);
                line.Count++;
                return;
            }

            if (line.Kind != NodeEventKind.Breach)
            {
                break;
            }
        }

        Add(NodeEventKind.Data, new(nowTicks, TimeSpan.Zero), seq: seq);
    }

    /// <summary>A rule was broken.</summary>
    /// <param name="breach">Which.</param>
    /// <param name="verb">By which message.</param>
    /// <param name="now">When.</param>
    /// <param name="device">By which device; null for the node.</param>
    /// <param name="detail">What was found.</param>
    /// <param name="seq">The message's seq; -1 when it has none.</param>
    /// <param name="count">How often.</param>
    public void Broken(RuleBreach breach, MessageVerb verb, DateTimeOffset now, string? device, string? detail, int seq, int count = 1)
    {
        Breaches += count;
        Unreadable += RuleBook.IsUnreadable(breach) ? count : 0;
        _breaches ??= new long[Enum.GetValues<RuleBreach>().Length];
        _breaches[(int)breach] += count;
        Add(NodeEventKind.Breach, now, device, seq, detail: detail, breach: breach, verb: verb, count: count);
    }

    /// <summary>Something happened.</summary>
    public void Add(
        NodeEventKind kind, DateTimeOffset now, string? device = null, int seq = -1, int? bdSeq = null, string? detail = null,
        RuleBreach breach = default, MessageVerb verb = default, int count = 1)
    {
        for (var back = 1; kind is NodeEventKind.Breach or NodeEventKind.RebirthAsked && back <= _count && back <= TurnsBound; back++)
        {
            ref var line = ref _lines[(_first + _count - back) % _lines.Length];
            if (line.Kind == kind && line.Breach == breach && line.Device == device && line.Verb == verb)
            {
                (line.Until, line.Seq, line.Detail) = (now.UtcTicks, (short)seq, detail);
                line.Count += count;
                return;
            }

            if (kind != NodeEventKind.Breach || line.Kind is not (NodeEventKind.Breach or NodeEventKind.Data))
            {
                break;
            }
        }

        MakeRoom();
        _lines[(_first + _count++) % _lines.Length] = new Line
        {
            At = now.UtcTicks,
            Until = now.UtcTicks,
            Count = count,
            Kind = kind,
            Device = device,
            Seq = (short)seq,
            BdSeq = bdSeq ?? -1,
            Breach = breach,
            Verb = verb,
            Detail = detail,
        };
    }

    /// <summary>The events kept, oldest first.</summary>
    public IReadOnlyList<NodeEvent> Events() => [.. Enumerable.Range(0, _count).Select(i => Told(_lines[(_first + i) % _lines.Length]))];

    /// <summary>The breaches met, most frequent first.</summary>
    public IReadOnlyList<BreachCount> Counts() => _breaches is null
        ? []
        : [.. Enum.GetValues<RuleBreach>().Where(b => _breaches[(int)b] > 0).Select(b => new BreachCount(b, _breaches[(int)b])).OrderByDescending(c => c.Count)];

    private static NodeEvent Told(in Line line) => new(
        new(line.At, TimeSpan.Zero), new(line.Until, TimeSpan.Zero), line.Count, line.Kind, line.Device, line.Seq < 0 ? null : line.Seq, line.BdSeq < 0 ? null : line.BdSeq,
        line.Kind == NodeEventKind.Breach ? line.Breach : null,
        line.Kind == NodeEventKind.Breach ? RuleBook.IdOf(line.Breach, line.Verb) : null,
        line.Detail);

    private void MakeRoom()
    {
        if (_count < _lines.Length)
        {
            return;
        }

        if (_lines.Length < bound)
        {
            var larger = new Line[Math.Min(bound, Math.Max(4, _lines.Length * 2))];
            for (var i = 0; i < _count; i++)
            {
                larger[i] = _lines[(_first + i) % _lines.Length];
            }

            (_lines, _first) = (larger, 0);
            return;
        }

        _first = (_first + 1) % _lines.Length;
        _count--;
    }
}

/// <summary>How often a rule was broken.</summary>
/// <param name="Breach">Which.</param>
/// <param name="Count">Since the process started.</param>
public readonly record struct BreachCount(RuleBreach Breach, long Count);
