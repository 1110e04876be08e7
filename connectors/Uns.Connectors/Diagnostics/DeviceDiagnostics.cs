namespace Uns.Connectors;

/// <summary>All that is known about why one device is as it is, at one moment.</summary>
/// <param name="Status">Where the worker stands.</param>
/// <param name="Traffic">What passed on the wire; zeros where the connector does not tell.</param>
/// <param name="Groups">Poll groups, those of one period and lane as one; empty for a device that pushes.</param>
/// <param name="Silences">What the watchdog saw and did, the oldest first.</param>
/// <param name="Budget">What the plan asks of the device, by the round trips measured so far.</param>
public sealed record DeviceDiagnostics(
    ConnectorStatus Status, TrafficFigures Traffic, IReadOnlyList<GroupFigures> Groups, IReadOnlyList<SilenceEvent> Silences, PollBudget Budget)
{
    /// <summary>What slows the device down or makes it doubtful, each in one sentence; empty when nothing does.</summary>
    public IReadOnlyList<string> Findings => [.. DeviceFindings.Of(this)];
}

/// <summary>What passed between the hub and one device since it was started.</summary>
/// <param name="Requests">Requests sent, repeats included.</param>
/// <param name="Answers">Requests answered, refusals included.</param>
/// <param name="Timeouts">Requests without an answer in time.</param>
/// <param name="Retries">Requests that were sent once more.</param>
/// <param name="Refusals">Answers by which the device said no.</param>
/// <param name="DroppedAnswers">Late or foreign answers that were not taken.</param>
/// <param name="BytesOut">Bytes sent.</param>
/// <param name="BytesIn">Bytes of whole frames received.</param>
/// <param name="RoundTrip50">Half of the answers of the last minutes came within this time; null when there were none.</param>
/// <param name="RoundTrip90">Nine of ten came within this time.</param>
/// <param name="RoundTrip99">99 of 100 came within this time.</param>
/// <param name="Stations">The same for each unit behind a gateway.</param>
/// <param name="Errors">The last errors, the oldest first.</param>
public sealed record TrafficFigures(
    long Requests,
    long Answers,
    long Timeouts,
    long Retries,
    long Refusals,
    long DroppedAnswers,
    long BytesOut,
    long BytesIn,
    TimeSpan? RoundTrip50,
    TimeSpan? RoundTrip90,
    TimeSpan? RoundTrip99,
    IReadOnlyList<StationFigures> Stations,
    IReadOnlyList<ErrorFigures> Errors)
{
    /// <summary>Tags that are read from another address than the saved one, the oldest change first.</summary>
    public IReadOnlyList<Rebinding> Rebindings { get; init; } = [];

    /// <summary>What stands and is worth knowing, each in one sentence.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];
}

/// <summary>One tag whose saved address is gone, or means something else now.</summary>
/// <param name="At">When it was found. UTC.</param>
/// <param name="Tag">The tag.</param>
/// <param name="From">The saved address.</param>
/// <param name="To">What it is read from now.</param>
public sealed record Rebinding(DateTimeOffset At, string Tag, string From, string To);

/// <summary>One unit behind a gateway; the only one has the number its protocol gives it, or 0.</summary>
/// <param name="Station">Its number.</param>
/// <param name="Requests">Requests sent to it.</param>
/// <param name="Timeouts">Requests it left unanswered.</param>
/// <param name="RoundTrip">The mean of its last answers; null when it never answered.</param>
public sealed record StationFigures(int Station, long Requests, long Timeouts, TimeSpan? RoundTrip);

/// <summary>One error, and how often it came in a row.</summary>
/// <param name="FirstAt">When it first came. UTC.</param>
/// <param name="LastAt">When it last came. UTC.</param>
/// <param name="Count">How often.</param>
/// <param name="Sentence">What it was.</param>
public sealed record ErrorFigures(DateTimeOffset FirstAt, DateTimeOffset LastAt, long Count, string Sentence);

/// <summary>How the poll groups of one period and lane do.</summary>
/// <param name="Period">What was asked for.</param>
/// <param name="Lane">Which lane reads them.</param>
/// <param name="Requests">Requests of one cycle, as planned.</param>
/// <param name="Reads">Reads that ended well.</param>
/// <param name="Missed">Cycles left out because there was no time.</param>
/// <param name="Cycle">The mean of the last cycles, from one beginning to the next; null before the second read.</param>
/// <param name="Busy">What the reads of one cycle last took together; null before the first.</param>
public sealed record GroupFigures(TimeSpan Period, int Lane, int Requests, long Reads, long Missed, TimeSpan? Cycle, TimeSpan? Busy);
