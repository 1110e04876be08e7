using Uns.Sparkplug.Host;
using Uns.Sparkplug.Topics;

namespace Uns.Tree;

/// <summary>How the Sparkplug edge nodes fare, for pages: what the host application knows, in words.</summary>
public interface ISparkplugDoctor
{
    /// <summary>Every node seen, by name.</summary>
    IReadOnlyList<NodeHealth> Nodes();

    /// <summary>One node with its history; null when it is not known.</summary>
    NodeCase? Node(string group, string node);

    /// <summary>Asks a node to be born again, soon.</summary>
    void AskRebirth(string group, string node);
}

/// <summary>One edge node in a list.</summary>
/// <param name="Group">Group id.</param>
/// <param name="Node">Edge node id.</param>
/// <param name="State">Online, Offline, Awaits birth, Birth missing, Two publishers or No answer.</param>
/// <param name="IsWell">True when its values can be believed.</param>
/// <param name="BdSeq">The number of the birth in force; null when there is none.</param>
/// <param name="Devices">Devices known.</param>
/// <param name="Metrics">Metrics known, of the node and its devices.</param>
/// <param name="Births">NBIRTHs taken since the start.</param>
/// <param name="Gaps">Gaps that were not healed.</param>
/// <param name="RebirthsAsked">Rebirths asked for.</param>
/// <param name="Breaches">Rules broken.</param>
/// <param name="Dropped">Messages and metrics left aside.</param>
/// <param name="Historical">Historical values seen.</param>
/// <param name="ClockSkew">How far its clock is ahead; null when it is not known.</param>
/// <param name="LastMessage">When it was last heard of, UTC; null when never.</param>
public sealed record NodeHealth(
    string Group, string Node, string State, bool IsWell, int? BdSeq, int Devices, int Metrics, long Births, long Gaps, long RebirthsAsked, long Breaches, long Dropped,
    long Historical, TimeSpan? ClockSkew, DateTimeOffset? LastMessage)
{
    /// <summary>What is said beside its values because its clock is far off; null: nothing.</summary>
    public string? ClockNote { get; init; }

    /// <summary>For what it is asked for a rebirth: gap, unknown, start; empty: for nothing.</summary>
    public IReadOnlyList<string> RebirthOn { get; init; } = [];

    /// <summary>Why a birth is missing that nobody asks for, as its settings say; null when none is.</summary>
    public string? NotAsked { get; init; }

    /// <summary>True when commands go to it by name.</summary>
    public bool CommandsByName { get; init; }
}

/// <summary>One edge node with its history.</summary>
/// <param name="Health">How it fares.</param>
/// <param name="Timeline">What happened, newest first.</param>
/// <param name="Sessions">Births and deaths that bdSeq pairs, newest first.</param>
/// <param name="Breaches">Rules broken, most frequent first: the breach and how often.</param>
/// <param name="Devices">Its devices, by name.</param>
/// <param name="Aliases">The alias table, by number.</param>
public sealed record NodeCase(
    NodeHealth Health, IReadOnlyList<NodeCaseEvent> Timeline, IReadOnlyList<NodeCaseSession> Sessions, IReadOnlyList<(string Breach, long Count)> Breaches,
    IReadOnlyList<(string Name, bool IsOnline, int Metrics)> Devices, IReadOnlyList<(ulong Alias, string Metric, string Type)> Aliases);

/// <summary>One line of a node's timeline.</summary>
/// <param name="At">When it happened first, UTC.</param>
/// <param name="Until">When it happened last in a row, UTC.</param>
/// <param name="Count">How often in a row.</param>
/// <param name="What">What happened, in words.</param>
/// <param name="IsFault">True for what should not happen.</param>
/// <param name="Device">The device it is about; null for the node.</param>
/// <param name="Numbers">seq and bdSeq; empty when there are none.</param>
/// <param name="Rule">The id of the rule that was broken; null when none was.</param>
/// <param name="Detail">What was found; null when there is nothing to add.</param>
public sealed record NodeCaseEvent(DateTimeOffset At, DateTimeOffset Until, long Count, string What, bool IsFault, string? Device, string Numbers, string? Rule, string? Detail);

/// <summary>One session of a node.</summary>
/// <param name="BdSeq">Its number; null when the birth told none.</param>
/// <param name="Born">When it began, UTC; null when only its death was seen.</param>
/// <param name="Died">When it ended, UTC; null while it lasts.</param>
/// <param name="Paired">False for a death that paired with no birth.</param>
public sealed record NodeCaseSession(int? BdSeq, DateTimeOffset? Born, DateTimeOffset? Died, bool Paired);

/// <summary>Reads the host application for the pages.</summary>
public sealed class SparkplugDoctor(HostApplication host) : ISparkplugDoctor
{
    /// <inheritdoc/>
    public IReadOnlyList<NodeHealth> Nodes() => [.. host.Nodes().Select(Health)];

    /// <inheritdoc/>
    public NodeCase? Node(string group, string node) => host.Report(new EdgeNodeId(group, node)) is not { } report
        ? null
        : new NodeCase(
            Health(report.Info),
            [.. report.Timeline.Reverse().Select(Event)],
            [.. report.Sessions.Reverse().Select(s => new NodeCaseSession(s.BdSeq, s.Born, s.Died, s.Counted))],
            [.. report.Breaches.Select(b => (Words(b.Breach.ToString()), b.Count))],
            [.. report.Devices.Select(d => (d.Id, d.IsOnline, d.Metrics))],
            [.. report.Aliases.Select(a => (a.Alias, a.Device is null ? a.Name : $"{a.Device}: {a.Name}", a.Type.ToString()))]);

    /// <inheritdoc/>
    public void AskRebirth(string group, string node) => host.AskRebirth(new EdgeNodeId(group, node));

    private static NodeHealth Health(NodeInfo info) => new(
        info.Id.GroupId, info.Id.NodeId,
        info.IsTwoPublishers ? "Two publishers" : info.HasGivenUp ? "No answer" : info is { AwaitsBirth: true, NotAsked: not null } ? "Birth missing" : !info.IsOnline ? "Offline" : info.AwaitsBirth ? "Awaits birth" : "Online",
        info is { IsOnline: true, AwaitsBirth: false, IsTwoPublishers: false },
        info.BdSeq, info.Devices, info.Metrics, info.Births, info.Gaps, info.RebirthsAsked, info.Breaches, info.Dropped, info.Historical, info.ClockSkew, info.LastMessage)
    {
        ClockNote = info.ClockNote,
        RebirthOn = info.RebirthOn,
        NotAsked = info.NotAsked is { } reason ? Words(reason.ToString()) : null,
        CommandsByName = info.CommandsByName,
    };

    private static NodeCaseEvent Event(NodeEvent e)
    {
        var numbers = string.Join(", ", new[] { e.Seq is { } seq ? $"seq {seq}" : null, e.BdSeq is { } bdSeq ? $"bdSeq {bdSeq}" : null }.OfType<string>());
        var isFault = e.Kind is NodeEventKind.Breach or NodeEventKind.Gap or NodeEventKind.GaveUp or NodeEventKind.RebirthNotAsked or NodeEventKind.ClockFarOff;
        return new(e.At, e.Until, e.Count, e.Breach is { } breach ? Words(breach.ToString()) : Words(e.Kind.ToString()), isFault, e.Device, numbers, e.Rule, e.Detail);
    }

    // DataBeforeBirth becomes "Data before birth".
    private static string Words(string name) => string.Concat(name.Select((c, i) => i > 0 && char.IsUpper(c) ? $" {char.ToLowerInvariant(c)}" : c.ToString()));
}
