namespace Uns.Sparkplug.EdgeNode;

/// <summary>How an edge node fares, at one moment. Counters start with the process.</summary>
/// <param name="IsConnected">True from the NBIRTH to the end of the connection.</param>
/// <param name="BdSeq">The number of the last CONNECT; null before the first.</param>
/// <param name="Connects">Connections that came to a birth.</param>
/// <param name="Rebirths">Births that hosts asked for.</param>
/// <param name="MessagesSent">Births, deaths and data handed to the broker.</param>
/// <param name="SamplesMerged">Samples that a newer one of the same tag replaced before they were sent.</param>
/// <param name="SamplesUnknown">Samples dropped because their device or tag is not known.</param>
/// <param name="CommandsRefused">Commands that were not passed on.</param>
public readonly record struct EdgeNodeStatus(
    bool IsConnected, int? BdSeq, long Connects, long Rebirths, long MessagesSent, long SamplesMerged, long SamplesUnknown, long CommandsRefused)
{
    /// <summary>The broker it speaks to, or tries to.</summary>
    public string Broker { get; init; } = "";

    /// <summary>Whether the primary host is online there; null when the node has none.</summary>
    public bool? IsHostOnline { get; init; }

    /// <summary>Samples kept because they could not be sent, or may have been lost on the line.</summary>
    public long SamplesKept { get; init; }

    /// <summary>Kept samples that were sent as history.</summary>
    public long SamplesForwarded { get; init; }

    /// <summary>Samples lost for good: the store was full or failed, their tag is gone, or one value was longer than a packet.</summary>
    public long SamplesLost { get; init; }

    /// <summary>Times the store of kept samples refused to tell or to forget; it is asked again, and live data go on.</summary>
    public long StoreRefusals { get; init; }

    /// <summary>Devices that cannot be born on this broker, with the reason.</summary>
    public IReadOnlyDictionary<string, string> DeviceFaults { get; init; } = new Dictionary<string, string>();
}
