using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using Uns.Historian;
using Uns.Tags;
using Uns.Tree;

namespace Uns.Hub.Api;

/// <summary>The past over HTTP: JSON for programs, CSV for spreadsheets.</summary>
internal static class HistoryApi
{
    private const int MostPaths = 32;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/history", Read)
            .WithName("GetHistory").WithTags("History")
            .WithSummary("The past of one or more tags: every change of the range, or, when there are more than 'buckets' (1 to 10000, 1000 unless given), spans with low, high and mean. "
                + "'from' and 'to' are ISO 8601, the last hour unless given; format json or csv.")
            .Produces<HistoryView>().Produces<string>(StatusCodes.Status200OK, "text/csv")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        routes.MapGet("/api/v1/history/status", (HistoryRecorder recorder) => recorder.Status)
            .WithName("GetHistoryStatus").WithTags("History").WithSummary("How the history fares: faults, losses, bytes.");
    }

    private static async Task<IResult> Read(
        string[] path, HistoryReader reader, TimeProvider clock, CancellationToken cancellationToken, string? from = null, string? to = null, int buckets = 1000, string? format = null)
    {
        var end = clock.GetUtcNow();
        if (path.Length is 0 or > MostPaths)
        {
            return Bad($"{path.Length} paths are given: give path=… 1 to {MostPaths} times.");
        }

        if (to is not null && !TryTime(to, out end))
        {
            return Bad($"to is '{to}': give a time such as 2026-01-31T12:00:00Z.");
        }

        var begin = end - TimeSpan.FromHours(1);
        if (from is not null && !TryTime(from, out begin))
        {
            return Bad($"from is '{from}': give a time such as 2026-01-31T12:00:00Z.");
        }

        if (begin >= end)
        {
            return Bad("from is not before to.");
        }

        if (buckets is < 1 or > HistoryReader.MaximumPoints)
        {
            return Bad($"buckets is {buckets}: give 1 to {HistoryReader.MaximumPoints}.");
        }

        var series = new List<HistoryAnswer>();
        foreach (var one in path)
        {
            if (await reader.ReadAsync(one.Trim('/'), begin, end, buckets, cancellationToken) is not { } answer)
            {
                return Results.Problem($"Nothing was recorded at '{one}': names are case-sensitive.", statusCode: StatusCodes.Status404NotFound);
            }

            series.Add(answer);
        }

        return (format ?? "json").ToUpperInvariant() switch
        {
            "JSON" => Results.Ok(new HistoryView(ValuePayload.Iso(begin), ValuePayload.Iso(end), [.. series.Select(SeriesView.Of)])),
            "CSV" => Results.File(Encoding.UTF8.GetBytes(Csv(series)), "text/csv; charset=utf-8", "history.csv"),
            _ => Bad($"format is '{format}': give json or csv."),
        };
    }

    private static IResult Bad(string detail) => Results.Problem(detail, statusCode: StatusCodes.Status400BadRequest);

    private static bool TryTime(string text, out DateTimeOffset time) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time) && time.Year is >= 1970 and < 9999;

    private static string Csv(IReadOnlyList<HistoryAnswer> series)
    {
        var text = new StringBuilder("path,time,value,low,high,average,count,quality,unit\r\n");
        foreach (var one in series)
        {
            foreach (var sample in one.Samples ?? [])
            {
                text.Append(Cell(one.Path)).Append(',').Append(Iso(sample.Time)).Append(',').Append(sample.Value.IsNull ? "" : Cell(sample.Value.ToString()))
                    .Append(",,,,1,").Append(sample.Quality).Append(',').Append(Cell(one.Unit)).Append("\r\n");
            }

            foreach (var span in one.Buckets ?? [])
            {
                text.Append(Cell(one.Path)).Append(',').Append(Iso(span.Start)).Append(',').Append(Number(span.Last)).Append(',').Append(Number(span.Low)).Append(',').Append(Number(span.High))
                    .Append(',').Append(Number(span.Average)).Append(',').Append(span.Count).Append(',').Append(span.Quality).Append(',').Append(Cell(one.Unit)).Append("\r\n");
            }
        }

        return text.ToString();
    }

    private static string Number(double number) => double.IsNaN(number) ? "" : number.ToString("R", CultureInfo.InvariantCulture);

    // RFC 4180; and a text that a spreadsheet would run as a formula is told to be a text.
    private static string Cell(string text)
    {
        var safe = text.Length > 0 && text[0] is '=' or '+' or '-' or '@' && !double.TryParse(text, CultureInfo.InvariantCulture, out _) ? "'" + text : text;
        return safe.AsSpan().IndexOfAny(",\"\r\n") < 0 ? safe : $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    public static string Iso(long time) => ValuePayload.Iso(DateTimeOffset.FromUnixTimeMilliseconds(time));
}

/// <summary>Some tags' past.</summary>
internal sealed record HistoryView(string From, string To, IReadOnlyList<SeriesView> Series);

/// <summary>One tag's past.</summary>
/// <param name="Path">Where it stands, or stood last.</param>
/// <param name="Unit">Its unit; missing when there is none.</param>
/// <param name="Changes">Every change; the first may lie before the range: it held at its beginning. Missing when there are spans instead.</param>
/// <param name="Buckets">Spans of equal length. Missing when there are changes instead.</param>
/// <param name="MissingRuns">Runs that the disk lost.</param>
internal sealed record SeriesView(string Path, string? Unit, IReadOnlyList<ChangeView>? Changes, IReadOnlyList<BucketView>? Buckets, int MissingRuns)
{
    public static SeriesView Of(HistoryAnswer answer) => new(
        answer.Path, answer.Unit.Length > 0 ? answer.Unit : null, answer.Samples?.Select(s => new ChangeView(HistoryApi.Iso(s.Time), s.Value, s.Quality)).ToList(),
        answer.Buckets?.Select(BucketView.Of).ToList(), answer.Missing);
}

/// <summary>One change. The value holds until the next.</summary>
internal sealed record ChangeView(
    string Time, [property: JsonConverter(typeof(TagValueConverter)), JsonIgnore(Condition = JsonIgnoreCondition.Never)] TagValue? Value, HistoryQuality Quality);

/// <summary>One span; numbers are missing where none stood. Coverage is the share of the time at which one did.</summary>
internal sealed record BucketView(string Time, long Count, double? Low, double? High, double? Average, double? Last, HistoryQuality Quality, double Coverage)
{
    public static BucketView Of(HistoryBucket span) => new(
        HistoryApi.Iso(span.Start), span.Count, Of(span.Low), Of(span.High), Of(span.Average), Of(span.Last), span.Quality, Math.Round(span.Coverage, 4));

    private static double? Of(double number) => double.IsFinite(number) ? number : null;
}
