namespace Uns.Connectors;

/// <summary>What few tags have, apart from what all have: a device of 50,000 tags holds it only for those.</summary>
internal sealed record TagRarities
{
    public static TagRarities None { get; } = new();

    public double Factor { get; init; } = 1;

    public double Offset { get; init; }

    public bool Clamp { get; init; }

    public double Deadband { get; init; }

    public double DeadbandPercent { get; init; }

    public double? Low { get; init; }

    public double? High { get; init; }

    public double? WriteMinimum { get; init; }

    public double? WriteMaximum { get; init; }

    public int WritesPerMinute { get; init; }
}
