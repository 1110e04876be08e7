using System.Globalization;
using Uns.Historian;

namespace Uns.Ui.Trends;

/// <summary>What a trend says, in words and numbers: the picture for those who do not see it, and the table under it for all.</summary>
/// <param name="Path">The tag.</param>
/// <param name="Unit">Its unit; empty when there is none.</param>
/// <param name="Low">Smallest number; empty when there is none.</param>
/// <param name="High">Largest number.</param>
/// <param name="Mean">Mean over time.</param>
/// <param name="Last">What holds at the end, or at the cursor.</param>
/// <param name="Trouble">What is not good, in a sentence; empty when all is.</param>
public sealed record TrendFigures(string Path, string Unit, string Low, string High, string Mean, string Last, string Trouble)
{
    /// <summary>Works them out.</summary>
    /// <param name="tag">The tag with its past.</param>
    /// <param name="from">Beginning, ms since 1970.</param>
    /// <param name="to">End.</param>
    /// <param name="now">The future counts for nothing.</param>
    /// <param name="cursor">Moment at which the value is asked for; null: the end.</param>
    public static TrendFigures Of(TrendTag tag, long from, long to, long now, long? cursor)
    {
        if (tag.Past is not { } past)
        {
            return new(tag.Path, "", "", "", "", "", T("Nothing was recorded at this path. It may have another one now."));
        }

        var end = Math.Min(to, now);
        var spans = past.Buckets ?? Spans(past.Samples!, from, end);
        var (low, high, area, covered) = (double.NaN, double.NaN, 0.0, 0.0);
        var bad = new Dictionary<HistoryQuality, double>();
        for (var i = 0; i < spans.Count && spans[i].Start < end; i++)
        {
            var span = spans[i];
            var length = Math.Max(0, Math.Min(end, i + 1 < spans.Count ? spans[i + 1].Start : to) - span.Start);
            low = double.IsNaN(low) || span.Low < low ? span.Low : low;
            high = double.IsNaN(high) || span.High > high ? span.High : high;
            if (!double.IsNaN(span.Average))
            {
                (area, covered) = (area + (span.Average * length * span.Coverage), covered + (length * span.Coverage));
            }

            if (span.Quality != HistoryQuality.Good)
            {
                bad[span.Quality] = bad.GetValueOrDefault(span.Quality) + length;
            }
        }

        var trouble = string.Join(", ", bad.Where(b => b.Value > 0).OrderBy(b => b.Key).Select(b => $"{Words(b.Key)} {Share(b.Value / Math.Max(1, end - from))}"))
            + (past.Missing > 0 ? (bad.Count > 0 ? "; " : "") + T("the file is damaged there") : "");
        return new(past.Path, past.Unit, Text(low), Text(high), covered > 0 ? Text(area / covered) : "", At(past, cursor ?? end), trouble);
    }

    private static string At(HistoryAnswer past, long moment)
    {
        if (past.Samples is { } samples)
        {
            var at = samples.LastOrDefault(s => s.Time <= moment);
            return at.Time == 0 ? "" : at.Quality > HistoryQuality.Uncertain ? Words(at.Quality) : at.Value.IsNumber && double.IsFinite(at.Number) ? Text(at.Number) : Short(at.Value.ToString());
        }

        var span = past.Buckets!.LastOrDefault(b => b.Start <= moment);
        return double.IsNaN(span.Average) ? Words(span.Quality) : span.Low == span.High ? Text(span.Low) : $"{Text(span.Low)} … {Text(span.High)}";
    }

    private static List<HistoryBucket> Spans(IReadOnlyList<HistorySample> samples, long from, long end) =>
        [
            .. samples.Count == 0 || samples[0].Time > from ? [new HistoryBucket(from, 0, double.NaN, double.NaN, double.NaN, double.NaN, HistoryQuality.Gap, 0)] : Array.Empty<HistoryBucket>(),
            .. samples.Where((s, i) => i + 1 == samples.Count || samples[i + 1].Time > from).Select(s => new HistoryBucket(
            Math.Max(s.Time, from), 1, s.Number, s.Number, s.Number, s.Number, s.Quality, double.IsNaN(s.Number) ? 0 : 1)).Where(s => s.Start <= end),
        ];

    private static string Words(HistoryQuality quality) => quality switch
    {
        HistoryQuality.Good => T("good"),
        HistoryQuality.Uncertain => T("uncertain"),
        HistoryQuality.Bad => T("bad"),
        HistoryQuality.Stale => T("source gone"),
        _ => T("not recorded"),
    };

    private static string Share(double share) => share < 0.001 ? T("under 0.1 %") : share.ToString("0.0 %", CultureInfo.InvariantCulture);

    private static string Short(string text) => text.Length <= 40 ? text : text[..40] + "…";

    private static string Text(double number) => double.IsNaN(number) ? "" : number.ToString(Math.Abs(number) is >= 1e9 or (> 0 and < 1e-4) ? "0.#####E+0" : "0.#####", CultureInfo.InvariantCulture);
}
