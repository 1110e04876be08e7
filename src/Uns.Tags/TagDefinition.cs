namespace Uns.Tags;

/// <summary>What is fixed about a tag while it lives: all that a birth certificate tells about it.</summary>
public sealed record TagDefinition
{
    // Made for the tags that have one, which few do.
    private readonly TagRange? _range;

    /// <summary>Name within the device; <c>/</c> separates folders. See <see cref="TagName"/>.</summary>
    public string Name { get; init; } = "";

    /// <summary>Type of the value as published, after scaling.</summary>
    public DataType DataType { get; init; }

    /// <summary>Engineering unit as the user wrote it; empty when there is none.</summary>
    public string Unit { get; init; } = "";

    /// <summary>Free text for people; empty when there is none.</summary>
    public string Description { get; init; } = "";

    /// <summary>Lowest value the tag is meant to take, in engineering units; null when unknown. Writes below it are refused.</summary>
    public double? Low { get => _range?.Low; init => _range = TagRange.Of(value, High); }

    /// <summary>Highest value the tag is meant to take, in engineering units; null when unknown. Writes above it are refused.</summary>
    public double? High { get => _range?.High; init => _range = TagRange.Of(Low, value); }

    /// <summary>True when commands may set the tag.</summary>
    public bool Writable { get; init; }

    private sealed record TagRange(double? Low, double? High)
    {
        public static TagRange? Of(double? low, double? high) => low is null && high is null ? null : new(low, high);
    }
}
