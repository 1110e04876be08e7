namespace Uns.Sparkplug.Payloads;

/// <summary>The property keys that births of this hub carry and understand. Beside <c>Quality</c> the standard fixes none.</summary>
public static class MetricPropertyKeys
{
    /// <summary>Engineering unit, text.</summary>
    public const string Unit = "engUnit";

    /// <summary>Lowest value meant, number.</summary>
    public const string Low = "engLow";

    /// <summary>Highest value meant, number.</summary>
    public const string High = "engHigh";

    /// <summary>Free text for people.</summary>
    public const string Description = "description";

    /// <summary>True when commands cannot set the metric.</summary>
    public const string ReadOnly = "readOnly";

    /// <summary>Why the quality is not good, one sentence.</summary>
    public const string Reason = "qualityReason";
}
