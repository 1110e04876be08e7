using Uns.Sparkplug.Topics;

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
/// <param name="DecodeErrors">Payloads and metrics that could not be read.</param>
/// <param name="Dropped">Messages and metrics left aside: repeats, data without a birth, unknown metrics.</param>
/// <param name="Historical">Historical values seen; they never move a current value.</param>
/// <param name="LastMessage">When it was last heard of, UTC; null when only learned of.</param>
public sealed record NodeInfo(
    EdgeNodeId Id, bool IsOnline, bool AwaitsBirth, int? BdSeq, int Devices, int Metrics, long Births, long Deaths, long Gaps,
    long RebirthsAsked, long DecodeErrors, long Dropped, long Historical, DateTimeOffset? LastMessage);
