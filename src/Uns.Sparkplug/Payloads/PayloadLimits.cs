namespace Uns.Sparkplug.Payloads;

/// <summary>How much one payload may ask of the reader.</summary>
public sealed record PayloadLimits
{
    /// <summary>Longest payload, in bytes, as received.</summary>
    /// <value>16 MiB unless set: far above any birth seen, far below what a box would miss.</value>
    public int Bytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Most messages within a payload: metrics, properties, rows, cells, members.</summary>
    /// <value>500,000 unless set: at some 200 bytes each the reader then needs at most 100 MB for a moment.</value>
    public int Elements { get; init; } = 500_000;

    /// <summary>Deepest nesting of templates and property sets, in levels of messages.</summary>
    /// <value>32 unless set.</value>
    public int Depth { get; init; } = 32;

    /// <summary>Longest payload after decompression, in bytes.</summary>
    /// <value>16 MiB unless set.</value>
    public int ExpandedBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>How many times longer than its compressed form a payload may become.</summary>
    /// <value>200 unless set: repetitive births reach some 40.</value>
    public int ExpansionRatio { get; init; } = 200;

    /// <summary>The limits used when none are given.</summary>
    public static PayloadLimits Default { get; } = new();
}
