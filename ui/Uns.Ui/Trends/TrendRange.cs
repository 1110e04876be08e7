using System.Globalization;

namespace Uns.Ui.Trends;

/// <summary>The stretch of time a trend shows, as it stands in the address: its length, and its end unless that is now.</summary>
/// <param name="Span">Its length, one second to ten years.</param>
/// <param name="End">Its end, UTC; null: it follows the clock.</param>
public readonly record struct TrendRange(TimeSpan Span, DateTimeOffset? End)
{
    /// <summary>What is shown unless the address says otherwise.</summary>
    public static TrendRange Default { get; } = new(TimeSpan.FromHours(1), null);

    /// <summary>The lengths that have a button.</summary>
    public static IReadOnlyList<(string Name, string Words)> Presets { get; } =
    [
        ("1m", "1 min"), ("15m", "15 min"), ("1h", "1 h"), ("8h", "8 h"), ("1d", "1 day"), ("7d", "7 days"), ("30d", "30 days"), ("365d", "1 year"),
    ];

    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3650);

    /// <summary>True while the end follows the clock.</summary>
    public bool IsLive => End is null;

    /// <summary>Reads what stands in the address; what cannot be read is the default.</summary>
    /// <param name="span">A number with s, m, h or d, such as <c>8h</c>; null: the default.</param>
    /// <param name="to">ISO 8601; null: now.</param>
    public static TrendRange Parse(string? span, string? to) => new(
        ParseSpan(span) ?? Default.Span,
        DateTimeOffset.TryParse(to, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var end) && end.Year is >= 1971 and < 9000 ? end : null);

    /// <summary>The length as it stands in the address.</summary>
    public string SpanText => Span.Ticks % TimeSpan.TicksPerDay == 0 ? Whole(Span.TotalDays, "d")
        : Span.Ticks % TimeSpan.TicksPerHour == 0 ? Whole(Span.TotalHours, "h")
        : Span.Ticks % TimeSpan.TicksPerMinute == 0 ? Whole(Span.TotalMinutes, "m")
        : Whole(Math.Max(1, Math.Round(Span.TotalSeconds)), "s");

    /// <summary>The end as it stands in the address; null while it follows the clock.</summary>
    public string? EndText => End?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Beginning and end at a moment.</summary>
    public (DateTimeOffset From, DateTimeOffset To) At(DateTimeOffset now) => ((End ?? now) - Span, End ?? now);

    /// <summary>Moves by a share of the length; what would lie in the future follows the clock.</summary>
    public TrendRange Moved(double share, DateTimeOffset now)
    {
        var end = At(now).To + (Span * share);
        return this with { End = end >= now ? null : end };
    }

    /// <summary>Longer or shorter about the middle, or about now while it follows the clock.</summary>
    public TrendRange Scaled(double factor, DateTimeOffset now)
    {
        var span = Fit(Span * factor);
        if (End is not { } end)
        {
            return this with { Span = span };
        }

        end = end - (Span / 2) + (span / 2);
        return new(span, end >= now ? null : end);
    }

    /// <summary>The part between two shares of what is shown, 0 at the left and 1 at the right.</summary>
    public TrendRange Part(double left, double right, DateTimeOffset now)
    {
        (left, right) = (Math.Clamp(Math.Min(left, right), 0, 1), Math.Clamp(Math.Max(left, right), 0, 1));
        var span = Fit(Span * (right - left));
        var end = At(now).From + (Span * right);
        return IsLive && right > 0.999 ? new(span, null) : new(span, end);
    }

    private static TimeSpan Fit(TimeSpan span) => TimeSpan.FromSeconds(Math.Round((span < Shortest ? Shortest : span > Longest ? Longest : span).TotalSeconds));

    private static TimeSpan? ParseSpan(string? text)
    {
        if (text is not { Length: > 1 } || !double.TryParse(text.AsSpan(..^1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return null;
        }

        var seconds = number * (text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86_400, _ => double.NaN });
        return seconds >= Shortest.TotalSeconds && seconds <= Longest.TotalSeconds ? TimeSpan.FromSeconds(seconds) : null;
    }

    private static string Whole(double number, string unit) => number.ToString("0", CultureInfo.InvariantCulture) + unit;
}
