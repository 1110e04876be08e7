using Uns.Sparkplug.Topics;
using Uns.Tags;

namespace Uns.Sparkplug.Host;

/// <summary>How one edge node fares, as the host sees it at one moment. Counters start with the process.</summary>
/// <param name="Id">Which node.</param>
/// <param name="IsOnline">True from its birth to its death or the loss of the broker.</param>
/// <param name="AwaitsBirth">True while its messages cannot be trusted or read before it is born again.</param>
/// <param name="BdSeq">The number of the birth in force; null before one, and for nodes that send none.</param>
/// <param name="Devices">Devices known, online or not.</param>
/// <param name="Metrics">Metrics known, of the node and its devices.</param>
/// <param name="Births">NBIRTHs taken.</param>
/// <param name="Deaths">NDEATHs that counted.</param>
/// <param name="Gaps">Gaps in seq that outlasted the reorder timeout.</param>
/// <param name="RebirthsAsked">Rebirths asked for.</param>
/// <param name="DecodeErrors">Payloads, metrics and values that could not be read.</param>
/// <param name="Dropped">Messages and metrics left aside: repeats, data without a birth, unknown metrics.</param>
/// <param name="Historical">Historical values seen; they never move a current value.</param>
/// <param name="LastMessage">When it was last heard of, UTC; null when only learned of.</param>
public sealed record NodeInfo(
    EdgeNodeId Id, bool IsOnline, bool AwaitsBirth, int? BdSeq, int Devices, int Metrics, long Births, long Deaths, long Gaps,
    long RebirthsAsked, long DecodeErrors, long Dropped, long Historical, DateTimeOffset? LastMessage)
{
    /// <summary>True while two publishers speak under the node's name: nothing of either is believed.</summary>
    public bool IsTwoPublishers { get; init; }

    /// <summary>True when the node did not answer the requests for a rebirth; it is asked again when it speaks.</summary>
    public bool HasGivenUp { get; init; }

    /// <summary>How far the node's clock is ahead of the host's; negative when it is behind. Null before a timestamp came.</summary>
    public TimeSpan? ClockSkew { get; init; }

    /// <summary>What is said beside the node's values because its clock is far off, one sentence without its full stop; null: nothing.</summary>
    public string? ClockNote { get; init; }

    /// <summary>For what the host asks the node for a rebirth by itself: <c>gap</c>, <c>unknown</c>, <c>start</c>; empty: for nothing.</summary>
    public IReadOnlyList<string> RebirthOn { get; init; } = [];

    /// <summary>Why a birth is missing that the host does not ask for, as its settings for this node say; null when none is. A person may ask.</summary>
    public RebirthReason? NotAsked { get; init; }

    /// <summary>True when commands to the node name their metric and carry no alias.</summary>
    public bool CommandsByName { get; init; }

    /// <summary>Rules broken, all together.</summary>
    public long Breaches { get; init; }
}

/// <summary>All that the host can tell about one edge node.</summary>
/// <param name="Info">How it fares.</param>
/// <param name="Timeline">What happened, oldest first; the last <see cref="HostOptions.JournalLength"/> events.</param>
/// <param name="Sessions">The births and deaths that bdSeq pairs, oldest first; the last 16.</param>
/// <param name="Breaches">The rules broken, most frequent first.</param>
/// <param name="Devices">Its devices, by name.</param>
/// <param name="Aliases">The alias table in force, by number; at most 5,000 entries.</param>
public sealed record NodeReport(
    NodeInfo Info, IReadOnlyList<NodeEvent> Timeline, IReadOnlyList<SessionPair> Sessions, IReadOnlyList<BreachCount> Breaches,
    IReadOnlyList<DeviceInfo> Devices, IReadOnlyList<AliasInfo> Aliases);

/// <summary>One device of an edge node.</summary>
/// <param name="Id">Its id.</param>
/// <param name="IsOnline">True from its DBIRTH to its death.</param>
/// <param name="Metrics">How many it has.</param>
public readonly record struct DeviceInfo(string Id, bool IsOnline, int Metrics);

/// <summary>One alias in force.</summary>
/// <param name="Alias">The number.</param>
/// <param name="Device">Its device; null for the node's own metrics.</param>
/// <param name="Name">The metric's name.</param>
/// <param name="Type">The metric's type.</param>
public readonly record struct AliasInfo(ulong Alias, string? Device, string Name, DataType Type);
