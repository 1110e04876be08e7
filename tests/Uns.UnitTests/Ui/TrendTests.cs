using Uns.Historian;
using Uns.Tags;
using Uns.Ui.Trends;

namespace Uns.UnitTests.Ui;

public sealed class TrendTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly long NoonMs = Noon.ToUnixTimeMilliseconds();

    [Theory]
    [InlineData("8h", null, "8h", null)]
    [InlineData("90m", null, "90m", null)]
    [InlineData("86400s", null, "1d", null)]
    [InlineData(null, null, "1h", null)]
    [InlineData("h", null, "1h", null)]
    [InlineData("0s", null, "1h", null)]
    [InlineData("99999d", null, "1h", null)]
    [InlineData("1e3s", null, "1h", null)]
    [InlineData("15m", "2026-01-01T11:30:00Z", "15m", "2026-01-01T11:30:00Z")]
    [InlineData("15m", "2026-01-01T12:30:00+01:00", "15m", "2026-01-01T11:30:00Z")]
    [InlineData("15m", "soon", "15m", null)]
    public void The_address_tells_the_range_and_nonsense_in_it_is_the_default(string? span, string? to, string spanText, string? endText)
    {
        var range = TrendRange.Parse(span, to);
        Assert.Equal((spanText, endText), (range.SpanText, range.EndText));
    }

    [Fact]
    public void A_range_moves_scales_and_ends_where_the_clock_is()
    {
        var live = TrendRange.Parse("8h", null);
        var earlier = live.Moved(-.5, Noon);
        Assert.Equal(("8h", "2026-01-01T08:00:00Z"), (earlier.SpanText, earlier.EndText));
        Assert.True(earlier.Moved(.5, Noon).IsLive);
        Assert.Equal(("4h", "2026-01-01T06:00:00Z"), (earlier.Scaled(.5, Noon).SpanText, earlier.Scaled(.5, Noon).EndText));
        Assert.Equal(("2h", "2026-01-01T08:00:00Z"), (live.Part(.25, .5, Noon).SpanText, live.Part(.5, .25, Noon).EndText));
        Assert.True(live.Part(.5, 1, Noon).IsLive);
    }

    [Theory]
    [InlineData(0, 10, 5, "0 2 4 6 8 10")]
    [InlineData(17.6, 24.3, 4, "18 20 22 24")]
    [InlineData(-0.02, 0.02, 4, "-0.02 -0.01 0.00 0.01 0.02")]
    [InlineData(5, 5, 4, "")]
    [InlineData(double.NaN, 5, 4, "")]
    public void Scales_have_round_numbers(double low, double high, int most, string ticks) =>
        Assert.Equal(ticks, string.Join(' ', Ticks.Values(low, high, most).Select(t => t.Text)).Replace("-0.00", "0.00", StringComparison.Ordinal));

    [Theory]
    [InlineData(60, "12:00:00 12:00:15 12:00:30 12:00:45 12:01:00")]
    [InlineData(3600 * 8, "12:00 14:00 16:00 18:00 20:00")]
    [InlineData(86_400 * 7, "2026-01-03 2026-01-05 2026-01-07")]
    public void Scales_have_round_times(int seconds, string ticks) =>
        Assert.Equal(ticks, string.Join(' ', Ticks.Times(NoonMs, NoonMs + (seconds * 1000L), 4).Select(t => t.Text)));

    [Fact]
    public void Changes_are_a_staircase_that_breaks_where_nothing_is_known()
    {
        var picture = Picture([Sample(0, 10), Sample(25, 20), new(NoonMs + 50_000, TagValue.Null(0), HistoryQuality.Gap), Sample(75, 10)]);
        var line = Assert.Single(Assert.Single(picture.Panels).Lines);
        Assert.Equal(2, line.Line.Count(c => c == 'M'));
        var mark = Assert.Single(line.Marks);
        Assert.Equal((HistoryQuality.Gap, picture.X(NoonMs + 50_000), picture.X(NoonMs + 75_000)), (mark.Quality, mark.Left, mark.Left + mark.Width));
    }

    [Fact]
    public void What_lies_before_the_first_record_and_in_the_future_is_not_drawn_as_known()
    {
        var picture = Picture([Sample(50, 10)], now: NoonMs + 75_000);
        var line = picture.Panels[0].Lines[0];
        Assert.Equal([HistoryQuality.Gap], line.Marks.Select(m => m.Quality));
        Assert.EndsWith("H" + TrendPicture.Px(picture.X(NoonMs + 75_000)), line.Line, StringComparison.Ordinal);
    }

    [Fact]
    public void Tags_of_one_unit_share_a_scale_and_switches_stand_apart()
    {
        var picture = new TrendPicture(
            [Tag("a", "bar", [Sample(0, 1)]), Tag("b", "°C", [Sample(0, 1)]), Tag("c", "bar", [Sample(0, 1e300)]), Tag("d", "", [Sample(0, 1)], isSwitch: true), new("e", null, false)],
            NoonMs, NoonMs + 100_000, NoonMs + 100_000, 800, 400);
        Assert.Equal(["bar", "°C", "on / off"], picture.Panels.Select(p => p.Unit));
        Assert.Equal([0, 2], picture.Panels[0].Lines.Select(l => l.Index));
        Assert.DoesNotContain(picture.Panels, p => p.Lines.Any(l => l.Line.Contains("NaN", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_table_says_what_the_picture_shows()
    {
        var tag = Tag("a", "bar", [Sample(0, 10), Sample(50, 30), new(NoonMs + 75_000, TagValue.Null(0), HistoryQuality.Stale)]);
        var figures = TrendFigures.Of(tag, NoonMs, NoonMs + 100_000, NoonMs + 100_000, cursor: NoonMs + 60_000);
        Assert.Equal(new TrendFigures("a", "bar", "10", "30", "16.66667", "30", "source gone 25.0 %"), figures);
        Assert.Equal("source gone", TrendFigures.Of(tag, NoonMs, NoonMs + 100_000, NoonMs + 100_000, null).Last);
    }

    private static HistorySample Sample(int second, double value) => new(NoonMs + (second * 1000L), TagValue.Of(value), HistoryQuality.Good);

    private static TrendTag Tag(string path, string unit, IReadOnlyList<HistorySample> samples, bool isSwitch = false) => new(path, new HistoryAnswer(path, unit, samples, null, 0), isSwitch);

    private static TrendPicture Picture(IReadOnlyList<HistorySample> samples, long? now = null) =>
        new([Tag("a", "bar", samples)], NoonMs, NoonMs + 100_000, now ?? NoonMs + 100_000, 800, 400);
}
