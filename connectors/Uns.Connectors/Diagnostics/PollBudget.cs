using System.Globalization;

namespace Uns.Connectors;

/// <summary>One request that a poll group needs in every cycle.</summary>
/// <param name="Group">The poll group's index.</param>
/// <param name="Station">The unit asked; 0 where the protocol knows none.</param>
/// <param name="What">What is read, in the protocol's own words, e.g. <c>HR1 to HR40</c>.</param>
/// <param name="Tags">How many tags are cut from it.</param>
/// <param name="RequestBytes">Bytes of the request on the wire.</param>
/// <param name="AnswerBytes">Bytes of a full answer on the wire.</param>
public sealed record PlannedRead(int Group, int Station, string What, int Tags, int RequestBytes, int AnswerBytes)
{
    /// <summary>What one round trip is taken to need until it has been measured.</summary>
    public TimeSpan Assumed { get; init; } = TimeSpan.FromMilliseconds(20);
}

/// <summary>What a plan asks of a device and its network, and whether there is time for it.</summary>
/// <param name="RequestsPerSecond">Over all groups, when all keep their period.</param>
/// <param name="BytesPerSecond">Requests and answers together.</param>
/// <param name="Groups">One for each period and lane.</param>
/// <param name="Stations">One for each unit.</param>
/// <param name="Warnings">What will not be kept, each in one sentence; empty when all will.</param>
public sealed record PollBudget(
    double RequestsPerSecond, double BytesPerSecond, IReadOnlyList<BudgetGroup> Groups, IReadOnlyList<BudgetStation> Stations, IReadOnlyList<string> Warnings)
{
    // Below this a lane has room for retries and for writes.
    private const double FullLane = 0.8;

    /// <summary>The budget of a device that is not saved yet.</summary>
    /// <param name="kind">Its protocol.</param>
    /// <param name="device">Without faults.</param>
    /// <param name="running">A running device of that name, whose measured round trips are taken; null when there is none.</param>
    /// <param name="clock">Not started by this.</param>
    public static PollBudget DryRun(IConnectorKind kind, DeviceOptions device, DeviceDiagnostics? running, TimeProvider clock)
    {
        var trips = running?.Traffic.Stations.ToDictionary(s => s.Station, s => s.RoundTrip) ?? [];
        return Of(kind.Plan(device, clock), trips.GetValueOrDefault);
    }

    /// <summary>Works the budget out.</summary>
    /// <param name="plan">The plan; one without reads, as a device that pushes has, gives an empty budget.</param>
    /// <param name="measured">The measured round trip of a station; null for one that never answered.</param>
    public static PollBudget Of(ConnectorPlan plan, Func<int, TimeSpan?> measured)
    {
        var stations = new Dictionary<int, (TimeSpan Trip, bool IsMeasured)>();
        foreach (var read in plan.Reads.DistinctBy(r => r.Station))
        {
            var trip = measured(read.Station);
            stations[read.Station] = (trip ?? read.Assumed, trip is not null);
        }

        TimeSpan CostOf(PlannedRead read) => stations[read.Station].Trip + plan.RequestPause;
        double RateOf(PlannedRead read) => 1 / plan.Groups[read.Group].Period.TotalSeconds;
        var loads = plan.Reads.GroupBy(r => plan.Groups[r.Group].Lane).ToDictionary(g => g.Key, g => g.Sum(r => CostOf(r).TotalSeconds * RateOf(r)));
        var groups = plan.Reads.GroupBy(r => (plan.Groups[r.Group].Period, plan.Groups[r.Group].Lane)).OrderBy(g => g.Key)
            .Select(g => new BudgetGroup(
                g.Key.Period, g.Key.Lane, g.Count(), g.Sum(r => r.Tags), g.Sum(r => r.RequestBytes + r.AnswerBytes),
                g.Aggregate(TimeSpan.Zero, (sum, r) => sum + CostOf(r)), g.Key.Period * Math.Max(1, loads[g.Key.Lane]), [.. g]))
            .ToList();
        return new(
            plan.Reads.Sum(RateOf),
            plan.Reads.Sum(r => (r.RequestBytes + r.AnswerBytes) * RateOf(r)),
            groups,
            [.. plan.Reads.GroupBy(r => r.Station).OrderBy(g => g.Key).Select(g => new BudgetStation(
                g.Key, stations[g.Key].Trip, stations[g.Key].IsMeasured, g.Sum(RateOf), g.Sum(r => CostOf(r).TotalSeconds * RateOf(r))))],
            [.. groups.Where(g => g.Expected > g.Period).Select(Late), .. Full(loads)]);
    }

    private static string Late(BudgetGroup group) => string.Create(
        CultureInfo.InvariantCulture,
        $"The {Words(group.Period)} group will take {Words(group.Expected)}: {group.Requests} requests need {Words(group.Busy)} of each cycle. Give longer periods or fewer tags, or see whether blocks can be joined.");

    private static IEnumerable<string> Full(Dictionary<int, double> loads) => loads.Where(l => l.Value is > FullLane and <= 1).Select(l => string.Create(
        CultureInfo.InvariantCulture,
        $"The line is busy for {l.Value:0%} of the time: a retry or a write will make a cycle late."));

    private static string Words(TimeSpan time) => time.TotalSeconds >= 1
        ? $"{time.TotalSeconds.ToString("0.##", CultureInfo.InvariantCulture)} s"
        : $"{time.TotalMilliseconds.ToString("0.#", CultureInfo.InvariantCulture)} ms";
}

/// <summary>What the poll groups of one period and lane need.</summary>
/// <param name="Period">What was asked for.</param>
/// <param name="Lane">Which lane reads them.</param>
/// <param name="Requests">Requests of one cycle.</param>
/// <param name="Tags">Tags read by them.</param>
/// <param name="BytesPerCycle">Requests and answers together.</param>
/// <param name="Busy">Time the requests of one cycle need.</param>
/// <param name="Expected">The cycle that comes of it, all groups of the lane taken together; the period when there is time for all.</param>
/// <param name="Reads">The joined blocks.</param>
public sealed record BudgetGroup(
    TimeSpan Period, int Lane, int Requests, int Tags, int BytesPerCycle, TimeSpan Busy, TimeSpan Expected, IReadOnlyList<PlannedRead> Reads);

/// <summary>What is asked of one unit.</summary>
/// <param name="Station">Its number.</param>
/// <param name="RoundTrip">What one request takes.</param>
/// <param name="IsMeasured">True when that was measured, false when it was assumed.</param>
/// <param name="RequestsPerSecond">Requests to it when all groups keep their period.</param>
/// <param name="Load">Part of the time that its requests take; above 1 there is not time for all.</param>
public sealed record BudgetStation(int Station, TimeSpan RoundTrip, bool IsMeasured, double RequestsPerSecond, double Load);
