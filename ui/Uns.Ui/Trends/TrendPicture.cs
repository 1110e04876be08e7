using System.Globalization;
using System.Text;
using Uns.Historian;

namespace Uns.Ui.Trends;

/// <summary>A tag on a trend.</summary>
/// <param name="Path">Where it stands.</param>
/// <param name="Past">Its past in the range; null: nothing was ever recorded.</param>
/// <param name="IsSwitch">True for truth values: drawn between 0 and 1 in a panel of their own.</param>
public sealed record TrendTag(string Path, HistoryAnswer? Past, bool IsSwitch);

/// <summary>One line, worked out for drawing.</summary>
/// <param name="Index">Place among the tags: gives colour and dashes.</param>
/// <param name="Path">The tag.</param>
/// <param name="Line">The line, as SVG says it.</param>
/// <param name="Band">From low to high, as SVG says it; empty where every change is drawn.</param>
/// <param name="Marks">Where the value is not to be believed, or not known.</param>
public sealed record TrendLine(int Index, string Path, string Line, string Band, IReadOnlyList<TrendMark> Marks);

/// <summary>A stretch that is not good.</summary>
/// <param name="Left">Its left end in px.</param>
/// <param name="Width">Its width in px, at least one.</param>
/// <param name="Quality">What is wrong.</param>
public readonly record struct TrendMark(double Left, double Width, HistoryQuality Quality);

/// <summary>All tags of one unit, over one scale.</summary>
/// <param name="Top">Upper edge in px.</param>
/// <param name="Height">Height in px.</param>
/// <param name="Unit">The unit; empty when there is none.</param>
/// <param name="Ticks">The scale: px from the top, and its text.</param>
/// <param name="Lines">The lines.</param>
public sealed record TrendPanel(double Top, double Height, string Unit, IReadOnlyList<Tick> Ticks, IReadOnlyList<TrendLine> Lines);

/// <summary>A trend worked out for drawing: panels under one another over one scale of time. Pure.</summary>
public sealed class TrendPicture
{
    /// <summary>Space for the scales at the left, in px.</summary>
    public const double Left = 62;

    /// <summary>Space at the right, in px.</summary>
    public const double Right = 10;

    private const double PanelGap = 14;

    private readonly long _from;
    private readonly long _to;
    private readonly long _now;
    private readonly double _plot;

    /// <summary>Works it out.</summary>
    /// <param name="tags">The tags.</param>
    /// <param name="from">Beginning, ms since 1970.</param>
    /// <param name="to">End.</param>
    /// <param name="now">Nothing is drawn behind it.</param>
    /// <param name="width">Width in px.</param>
    /// <param name="height">Height of the panels together in px, when there are few.</param>
    public TrendPicture(IReadOnlyList<TrendTag> tags, long from, long to, long now, double width, double height)
    {
        (_from, _to, _now, Width) = (from, to, now, Math.Max(200, width));
        _plot = Width - Left - Right;
        var groups = tags.Select((tag, index) => (tag, index)).Where(t => t.tag.Past is not null).GroupBy(t => t.tag.IsSwitch ? T("on / off") : t.tag.Past!.Unit, StringComparer.Ordinal).ToList();
        var shares = groups.Sum(g => g.All(t => t.tag.IsSwitch) ? 0.4 : 1);
        var top = 6.0;
        foreach (var group in groups)
        {
            var share = (group.All(t => t.tag.IsSwitch) ? 0.4 : 1) / shares;
            var panel = Math.Max(group.All(t => t.tag.IsSwitch) ? 50 : 110, (height - (PanelGap * groups.Count)) * share);
            Panels.Add(Panel(top, panel, group.Key, [.. group]));
            top += panel + PanelGap;
        }

        Bottom = groups.Count == 0 ? height : top - PanelGap;
        Times = [.. Ticks.Times(from, to, (int)Math.Max(2, _plot / 95)).Select(t => t with { At = X((long)t.At) })];
    }

    /// <summary>Width of the picture in px.</summary>
    public double Width { get; }

    /// <summary>Lower edge of the last panel in px.</summary>
    public double Bottom { get; }

    /// <summary>The panels, from above.</summary>
    public List<TrendPanel> Panels { get; } = [];

    /// <summary>The scale of time: px from the left, and its text.</summary>
    public IReadOnlyList<Tick> Times { get; }

    /// <summary>The px of a moment.</summary>
    public double X(long time) => Left + (_plot * (Math.Clamp(time, _from, _to) - _from) / (_to - _from));

    /// <summary>A number as SVG wants it.</summary>
    public static string Px(double px) => px.ToString("0.#", CultureInfo.InvariantCulture);

    private TrendPanel Panel(double top, double height, string unit, IReadOnlyList<(TrendTag Tag, int Index)> tags)
    {
        var (low, high) = tags.All(t => t.Tag.IsSwitch) ? (0, 1) : Range(tags.SelectMany(t => Numbers(t.Tag.Past!)));
        double Y(double value) => top + 3 + ((height - 6) * (1 - ((value - low) / (high - low))));
        var ticks = tags.All(t => t.Tag.IsSwitch) ? [new Tick(Y(0), T("off")), new Tick(Y(1), T("on"))] : Ticks.Values(low, high, (int)Math.Max(2, height / 34)).Select(t => t with { At = Y(t.At) }).ToList();
        return new(top, height, unit, ticks, [.. tags.Select(t => Line(t.Tag, t.Index, Y))]);
    }

    private static IEnumerable<double> Numbers(HistoryAnswer past) =>
        past.Samples?.Select(s => s.Number) ?? past.Buckets!.SelectMany(b => new[] { b.Low, b.High });

    private static (double Low, double High) Range(IEnumerable<double> numbers)
    {
        var (low, high) = (double.NaN, double.NaN);
        foreach (var number in numbers.Where(double.IsFinite))
        {
            (low, high) = (double.IsNaN(low) || number < low ? number : low, double.IsNaN(high) || number > high ? number : high);
        }

        if (double.IsNaN(low))
        {
            return (0, 1);
        }

        var room = high > low ? (high - low) * 0.05 : Math.Max(Math.Abs(high) * 0.05, 0.5);
        return double.IsFinite(high - low + (2 * room)) ? (low - room, high + room) : (-1, 1);
    }

    private TrendLine Line(TrendTag tag, int index, Func<double, double> y) => tag.Past!.Samples is { } samples
        ? new(index, tag.Path, Steps(samples, y), "", Marks(Stretches(samples)))
        : new(index, tag.Path, Means(tag.Past.Buckets!, y), Bands(tag.Past.Buckets!, y), Marks(Stretches(tag.Past.Buckets!)));

    // A value holds until the next change: a staircase.
    private string Steps(IReadOnlyList<HistorySample> samples, Func<double, double> y)
    {
        var path = new StringBuilder();
        var isDrawing = false;
        foreach (var (sample, until) in Held(samples))
        {
            if (double.IsNaN(sample.Number))
            {
                isDrawing = false;
                continue;
            }

            path.Append(isDrawing ? "V" : $"M{Px(X(sample.Time))} ").Append(Px(y(sample.Number))).Append('H').Append(Px(X(until)));
            isDrawing = true;
        }

        return path.ToString();
    }

    private IEnumerable<(HistorySample Sample, long Until)> Held(IReadOnlyList<HistorySample> samples)
    {
        for (var i = 0; i < samples.Count; i++)
        {
            var until = i + 1 < samples.Count ? samples[i + 1].Time : Math.Max(samples[i].Time, Math.Min(_to, _now));
            if (until >= _from)
            {
                yield return (samples[i], until);
            }
        }
    }

    private string Means(IReadOnlyList<HistoryBucket> spans, Func<double, double> y)
    {
        var path = new StringBuilder();
        var isDrawing = false;
        for (var i = 0; i < spans.Count; i++)
        {
            if (double.IsNaN(spans[i].Average))
            {
                isDrawing = false;
                continue;
            }

            path.Append(isDrawing ? 'L' : 'M').Append(Px(Middle(spans, i))).Append(' ').Append(Px(y(spans[i].Average)));
            isDrawing = true;
        }

        return path.ToString();
    }

    private string Bands(IReadOnlyList<HistoryBucket> spans, Func<double, double> y)
    {
        var path = new StringBuilder();
        for (var i = 0; i < spans.Count;)
        {
            var end = i;
            for (; end < spans.Count && !double.IsNaN(spans[end].Low); end++)
            {
            }

            if (end > i)
            {
                path.Append('M').AppendJoin('L', Enumerable.Range(i, end - i).Select(k => $"{Px(Middle(spans, k))} {Px(y(spans[k].High))}"));
                path.Append('L').AppendJoin('L', Enumerable.Range(i, end - i).Reverse().Select(k => $"{Px(Middle(spans, k))} {Px(y(spans[k].Low))}")).Append('Z');
            }

            i = end + 1;
        }

        return path.ToString();
    }

    private double Middle(IReadOnlyList<HistoryBucket> spans, int index) => (X(spans[index].Start) + X(index + 1 < spans.Count ? spans[index + 1].Start : _to)) / 2;

    private IEnumerable<(long From, long To, HistoryQuality Quality)> Stretches(IReadOnlyList<HistorySample> samples) =>
        Held(samples).Select(h => (h.Sample.Time, h.Until, h.Sample.Quality)).Prepend((_from, samples.Count > 0 ? samples[0].Time : _to, samples.Count > 0 && samples[0].Time <= _from ? HistoryQuality.Good : HistoryQuality.Gap));

    private IEnumerable<(long From, long To, HistoryQuality Quality)> Stretches(IReadOnlyList<HistoryBucket> spans) =>
        spans.Select((span, i) => (span.Start, Math.Min(i + 1 < spans.Count ? spans[i + 1].Start : _to, Math.Max(_now, span.Start)), span.Quality));

    private List<TrendMark> Marks(IEnumerable<(long From, long To, HistoryQuality Quality)> stretches)
    {
        var marks = new List<TrendMark>();
        foreach (var (from, to, quality) in stretches)
        {
            if (quality == HistoryQuality.Good || to < _from || from >= _now)
            {
                continue;
            }

            var (left, right) = (X(from), X(to));
            if (marks.Count > 0 && marks[^1].Quality == quality && left <= marks[^1].Left + marks[^1].Width + 0.5)
            {
                marks[^1] = marks[^1] with { Width = Math.Max(1, right - marks[^1].Left) };
            }
            else
            {
                marks.Add(new(left, Math.Max(1, right - left), quality));
            }
        }

        return marks;
    }
}
