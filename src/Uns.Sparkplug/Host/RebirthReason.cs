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

    /// <summary>Two publishers spoke under one name: it is looked whether both still do.</summary>
    TwoPublishers,
}

/// <summary>For what a host asks for a rebirth by itself.</summary>
/// <remarks>Sparkplug 3.0, 5.15, leaves it to the host's settings.</remarks>
[Flags]
public enum RebirthCauses
{
    /// <summary>For nothing: metrics stay stale until their node is born again by itself.</summary>
    None = 0,

    /// <summary>The host has just connected.</summary>
    HostStart = 1,

    /// <summary>A gap in seq outlasted the reorder timeout.</summary>
    Gap = 2,

    /// <summary>A message came before its birth.</summary>
    DataBeforeBirth = 4,

    /// <summary>A metric or alias came that no birth named.</summary>
    UnknownMetric = 8,

    /// <summary>A payload could not be read.</summary>
    Malformed = 16,

    /// <summary>For everything.</summary>
    All = 31,
}

/// <summary>The words by which settings and reports name the causes.</summary>
public static class RebirthWords
{
    /// <summary>Every word and what it stands for. <c>gap</c>: something was lost or could not be read; <c>unknown</c>: something came that no birth named, or before its birth; <c>start</c>: the host has just connected.</summary>
    public static IReadOnlyList<(string Word, RebirthCauses Causes)> All { get; } =
    [
        ("gap", RebirthCauses.Gap | RebirthCauses.Malformed),
        ("unknown", RebirthCauses.UnknownMetric | RebirthCauses.DataBeforeBirth),
        ("start", RebirthCauses.HostStart),
    ];

    private static readonly string[][] Told = [.. Enumerable.Range(0, (int)RebirthCauses.All + 1).Select(causes => (string[])[.. All.Where(w => ((RebirthCauses)causes & w.Causes) != 0).Select(w => w.Word)])];

    /// <summary>The words for causes; a word stands there when one of its causes does.</summary>
    public static IReadOnlyList<string> Of(RebirthCauses causes) => Told[(int)(causes & RebirthCauses.All)];
}

/// <summary>One request that is due to be sent as NCMD.</summary>
/// <param name="Node">Who is asked.</param>
/// <param name="Reason">Why.</param>
public readonly record struct RebirthRequest(EdgeNodeId Node, RebirthReason Reason);
