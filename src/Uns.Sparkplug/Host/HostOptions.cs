using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;

namespace Uns.Sparkplug.Host;

/// <summary>How the host application calls itself and how patient it is.</summary>
public sealed record HostOptions
{
    /// <summary>Name of the host, unique on the infrastructure; edge nodes wait for its STATE. [tck-id-operational-behavior-host-application-host-id]</summary>
    public string HostId { get; init; } = "uns-hub";

    /// <summary>How long a message that overtook another waits for it, 0 to one minute. [tck-id-operational-behavior-host-reordering-param]</summary>
    /// <value>2 s unless set.</value>
    public TimeSpan ReorderTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Wait before a rebirth that was not answered is asked for again; doubled each time up to <see cref="RebirthLongest"/>.</summary>
    /// <value>5 s unless set.</value>
    public TimeSpan RebirthFirst { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest wait between two requests for a rebirth of one node.</summary>
    /// <value>5 minutes unless set.</value>
    public TimeSpan RebirthLongest { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Most requests for a rebirth in one second over all nodes, 1 to 1,000.</summary>
    /// <value>20 unless set: 500 nodes that lost their state are asked within 25 s.</value>
    public int RebirthsPerSecond { get; init; } = 20;

    /// <summary>Requests without an answer after which a node is left alone until it speaks again, 1 to 100.</summary>
    /// <value>5 unless set.</value>
    public int RebirthTries { get; init; } = 5;

    /// <summary>For what the host asks for a rebirth by itself. A person's request is always sent.</summary>
    /// <value>For everything unless set.</value>
    public RebirthCauses RebirthOn { get; init; } = RebirthCauses.All;

    /// <summary>What is otherwise for some nodes; at most 1,000.</summary>
    /// <value>None unless set.</value>
    public IReadOnlyList<NodeRule> NodeRules { get; init; } = [];

    /// <summary>True to say STATE also as Sparkplug 2.2 had it: <c>ONLINE</c> and <c>OFFLINE</c> on <c>STATE/{HostId}</c>, over a second connection that has the will for it.</summary>
    /// <value>False unless set.</value>
    public bool LegacyState { get; init; }

    /// <summary>Most messages per node that wait for one they overtook, 1 to 127. One more counts as a gap.</summary>
    /// <value>64 unless set.</value>
    public int ReorderMessages { get; init; } = 64;

    /// <summary>Most messages per node kept while its birth is awaited, 0 to 10,000; the oldest are dropped and counted.</summary>
    /// <value>256 unless set.</value>
    public int HeldMessages { get; init; } = 256;

    /// <summary>Most bytes per node that wait for an overtaken message, and as many for a birth; 4,096 to 64 MiB.</summary>
    /// <value>1 MiB unless set.</value>
    public long HeldBytes { get; init; } = 1024 * 1024;

    /// <summary>How long a message is kept while its birth is awaited, 0 to 5 minutes.</summary>
    /// <value>10 s unless set.</value>
    public TimeSpan HeldFor { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How far a node's clock may differ before it is told as a breach, 100 ms to a day.</summary>
    /// <value>5 s unless set.</value>
    public TimeSpan ClockWarn { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How far a node's clock may differ before it is said beside each of its values, <see cref="ClockWarn"/> to a day.</summary>
    /// <value>1 minute unless set.</value>
    public TimeSpan ClockNote { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long two publishers of one name are left alone before they are asked again, 10 s to a day.</summary>
    /// <value>1 minute unless set.</value>
    public TimeSpan TwoPublishersFor { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Events kept per node for the timeline, 4 to 1,000.</summary>
    /// <value>64 unless set.</value>
    public int JournalLength { get; init; } = 64;

    /// <summary>Most edge nodes kept; messages of further ones are dropped and counted. 1 to 100,000.</summary>
    /// <value>10,000 unless set.</value>
    public int NodesBound { get; init; } = 10_000;

    /// <summary>Most devices kept per edge node; births of further ones are dropped and counted. 1 to 100,000.</summary>
    /// <value>10,000 unless set.</value>
    public int DevicesBound { get; init; } = 10_000;

    /// <summary>Wait before the first new connection, doubled up to <see cref="ReconnectLongest"/>, and spread by up to a half.</summary>
    /// <value>1 s unless set.</value>
    public TimeSpan ReconnectFirst { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait before connecting again.</summary>
    /// <value>10 s unless set.</value>
    public TimeSpan ReconnectLongest { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How much one payload may ask of the reader.</summary>
    public PayloadLimits Limits { get; init; } = PayloadLimits.Default;

    /// <summary>For what one node is asked by itself.</summary>
    public RebirthCauses RebirthOnOf(EdgeNodeId node) => NodeRules.FirstOrDefault(rule => rule.RebirthOn is not null && rule.Fits(node))?.RebirthOn ?? RebirthOn;

    /// <summary>True when commands to one node go by name, whether or not it uses aliases.</summary>
    public bool CommandsByNameOf(EdgeNodeId node) => NodeRules.FirstOrDefault(rule => rule.CommandsByName is not null && rule.Fits(node))?.CommandsByName ?? false;

    /// <summary>Finds every fault at once: the setting, what it is and what is wanted.</summary>
    public IEnumerable<string> Check()
    {
        if (SparkplugTopic.Fault(HostId) is { } fault)
        {
            yield return $"{nameof(HostId)} {fault}";
        }

        if (ReorderTimeout < TimeSpan.Zero || ReorderTimeout > TimeSpan.FromMinutes(1))
        {
            yield return $"{nameof(ReorderTimeout)} is {ReorderTimeout}: give 0 to 1 minute.";
        }

        if (RebirthFirst <= TimeSpan.Zero || RebirthLongest < RebirthFirst || RebirthLongest > TimeSpan.FromDays(1))
        {
            yield return $"{nameof(RebirthFirst)} is {RebirthFirst} and {nameof(RebirthLongest)} is {RebirthLongest}: give more than 0, the second not below the first, at most 1 day.";
        }

        if (RebirthsPerSecond is < 1 or > 1000)
        {
            yield return $"{nameof(RebirthsPerSecond)} is {RebirthsPerSecond}: give 1 to 1000.";
        }

        if (RebirthTries is < 1 or > 100)
        {
            yield return $"{nameof(RebirthTries)} is {RebirthTries}: give 1 to 100.";
        }

        if (ReorderMessages is < 1 or > 127)
        {
            yield return $"{nameof(ReorderMessages)} is {ReorderMessages}: give 1 to 127.";
        }

        if (HeldMessages is < 0 or > 10_000)
        {
            yield return $"{nameof(HeldMessages)} is {HeldMessages}: give 0 to 10000.";
        }

        if (HeldBytes is < 4096 or > 64 * 1024 * 1024)
        {
            yield return $"{nameof(HeldBytes)} is {HeldBytes}: give 4096 to 67108864.";
        }

        if (HeldFor < TimeSpan.Zero || HeldFor > TimeSpan.FromMinutes(5))
        {
            yield return $"{nameof(HeldFor)} is {HeldFor}: give 0 to 5 minutes.";
        }

        if (ClockWarn < TimeSpan.FromMilliseconds(100) || ClockWarn > TimeSpan.FromDays(1))
        {
            yield return $"{nameof(ClockWarn)} is {ClockWarn}: give 100 ms to 1 day.";
        }

        if (ClockNote < ClockWarn || ClockNote > TimeSpan.FromDays(1))
        {
            yield return $"{nameof(ClockNote)} is {ClockNote}: give {nameof(ClockWarn)}, which is {ClockWarn}, to 1 day.";
        }

        if (NodeRules.Count > 1000)
        {
            yield return $"{nameof(NodeRules)} are {NodeRules.Count}: give at most 1000.";
        }

        foreach (var wrong in NodeRules.Select(rule => rule.Fault()).OfType<string>())
        {
            yield return $"{nameof(NodeRule.Node)} of a rule {wrong}";
        }

        if (TwoPublishersFor < TimeSpan.FromSeconds(10) || TwoPublishersFor > TimeSpan.FromDays(1))
        {
            yield return $"{nameof(TwoPublishersFor)} is {TwoPublishersFor}: give 10 s to 1 day.";
        }

        if (JournalLength is < 4 or > 1000)
        {
            yield return $"{nameof(JournalLength)} is {JournalLength}: give 4 to 1000.";
        }

        if (NodesBound is < 1 or > 100_000)
        {
            yield return $"{nameof(NodesBound)} is {NodesBound}: give 1 to 100000.";
        }

        if (DevicesBound is < 1 or > 100_000)
        {
            yield return $"{nameof(DevicesBound)} is {DevicesBound}: give 1 to 100000.";
        }

        if (ReconnectFirst <= TimeSpan.Zero || ReconnectLongest < ReconnectFirst || ReconnectLongest > TimeSpan.FromHours(1))
        {
            yield return $"{nameof(ReconnectFirst)} is {ReconnectFirst} and {nameof(ReconnectLongest)} is {ReconnectLongest}: give more than 0, the second not below the first, at most 1 hour.";
        }
    }
}
