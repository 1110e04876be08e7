using Uns.Sparkplug.Topics;

namespace Uns.Sparkplug.Host;

/// <summary>Why a host asks a node to be born again.</summary>
public enum RebirthReason
{
    /// <summary>The host has just connected and does not know what it missed.</summary>
    HostStart,

    /// <summary>A gap in seq outlasted the reorder timeout.</summary>
    Gap,

    /// <summary>Data or a device's message came without a birth.</summary>
    DataBeforeBirth,

    /// <summary>A metric or alias came that no birth named.</summary>
    UnknownMetric,

    /// <summary>A payload could not be read.</summary>
    Malformed,

    /// <summary>A person asked.</summary>
    Manual,
}

/// <summary>One request that is due to be sent as NCMD.</summary>
/// <param name="Node">Who is asked.</param>
/// <param name="Reason">Why.</param>
public readonly record struct RebirthRequest(EdgeNodeId Node, RebirthReason Reason);
