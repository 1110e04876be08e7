using Uns.Sparkplug.Topics;

namespace Uns.Sparkplug.EdgeNode;

/// <summary>One edge node, as the user names and paces it.</summary>
public sealed record EdgeNodeOptions
{
    /// <summary>First half of the edge node's name: often the site or area.</summary>
    public string GroupId { get; init; } = "";

    /// <summary>Second half of the edge node's name; the pair is unique on the infrastructure.</summary>
    public string NodeId { get; init; } = "";

    /// <summary>What the node says of itself: name to text, sent in the NBIRTH as <c>Properties/{name}</c>.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();

    /// <summary>How long the samples of one poll are gathered before they leave together, 0 to one second.</summary>
    /// <value>20 ms unless set.</value>
    public TimeSpan CollectFor { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Shortest time between two changes of a device's tags, or of the node's own; those in between are told together in one birth. 0 to one minute.</summary>
    /// <value>1 s unless set. A change that follows none within this time is told at once.</value>
    public TimeSpan TagChangeDistance { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The node connects for the first time at a random moment within this time, so that many nodes do not come together when power returns. 0 to ten minutes.</summary>
    /// <value>5 s unless set.</value>
    public TimeSpan StartWithin { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Most metrics in one data message, 1 to 10,000.</summary>
    /// <value>500 unless set.</value>
    public int MetricsPerMessage { get; init; } = 500;

    /// <summary>Shortest time between two births that hosts asked for; requests in between are answered together. 0 to one minute.</summary>
    /// <value>5 s unless set. The first request is always answered at once.</value>
    public TimeSpan RebirthDistance { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>True to name each metric's data type in data messages too, not only in births.</summary>
    /// <value>False unless set: data SHOULD NOT carry it [tck-id-payloads-metric-datatype-not-req]; receivers that decode each message by itself need it.</value>
    public bool DataTypesInData { get; init; }

    /// <summary>Host id of the primary host; empty: none. With one the node is born only while that host is online.</summary>
    public string PrimaryHost { get; init; } = "";

    /// <summary>How long a node with several brokers waits for its primary host on one of them, one second to one hour.</summary>
    /// <value>30 s unless set.</value>
    public TimeSpan HostWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Most messages per second with kept samples, 1 to 1,000. Live data go first.</summary>
    /// <value>10 unless set: with 500 metrics each, an hour of 100 changes a second is told in 72 seconds.</value>
    public int HistoryMessagesPerSecond { get; init; } = 10;

    /// <summary>First wait before connecting again, doubled up to <see cref="ReconnectLongest"/>, and spread by up to a half.</summary>
    /// <value>1 s unless set.</value>
    public TimeSpan ReconnectFirst { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait before connecting again.</summary>
    /// <value>30 s unless set.</value>
    public TimeSpan ReconnectLongest { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Both halves of the name.</summary>
    public EdgeNodeId Id => new(GroupId, NodeId);

    /// <summary>Finds every fault at once: the setting, what it is and what is wanted.</summary>
    public IEnumerable<string> Check()
    {
        if (SparkplugTopic.Fault(GroupId) is { } group)
        {
            yield return $"{nameof(GroupId)} {group}";
        }

        if (SparkplugTopic.Fault(NodeId) is { } node)
        {
            yield return $"{nameof(NodeId)} {node}";
        }

        if (CollectFor < TimeSpan.Zero || CollectFor > TimeSpan.FromSeconds(1))
        {
            yield return $"{nameof(CollectFor)} is {CollectFor}: give 0 to 1 second.";
        }

        if (TagChangeDistance < TimeSpan.Zero || TagChangeDistance > TimeSpan.FromMinutes(1))
        {
            yield return $"{nameof(TagChangeDistance)} is {TagChangeDistance}: give 0 to 1 minute.";
        }

        if (StartWithin < TimeSpan.Zero || StartWithin > TimeSpan.FromMinutes(10))
        {
            yield return $"{nameof(StartWithin)} is {StartWithin}: give 0 to 10 minutes.";
        }

        if (MetricsPerMessage is < 1 or > 10_000)
        {
            yield return $"{nameof(MetricsPerMessage)} is {MetricsPerMessage}: give 1 to 10000.";
        }

        if (RebirthDistance < TimeSpan.Zero || RebirthDistance > TimeSpan.FromMinutes(1))
        {
            yield return $"{nameof(RebirthDistance)} is {RebirthDistance}: give 0 to 1 minute.";
        }

        if (PrimaryHost.Length > 0 && SparkplugTopic.Fault(PrimaryHost) is { } host)
        {
            yield return $"{nameof(PrimaryHost)} {host}";
        }

        if (HostWait < TimeSpan.FromSeconds(1) || HostWait > TimeSpan.FromHours(1))
        {
            yield return $"{nameof(HostWait)} is {HostWait}: give 1 second to 1 hour.";
        }

        if (HistoryMessagesPerSecond is < 1 or > 1000)
        {
            yield return $"{nameof(HistoryMessagesPerSecond)} is {HistoryMessagesPerSecond}: give 1 to 1000.";
        }

        if (ReconnectFirst <= TimeSpan.Zero || ReconnectLongest < ReconnectFirst || ReconnectLongest > TimeSpan.FromHours(1))
        {
            yield return $"{nameof(ReconnectFirst)} is {ReconnectFirst} and {nameof(ReconnectLongest)} is {ReconnectLongest}: give more than 0, the second not below the first, at most 1 hour.";
        }
    }
}
