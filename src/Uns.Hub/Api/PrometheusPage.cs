using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Uns.Hub.Api;

/// <summary>
/// Renders every instrument of the meters named <c>Uns.…</c> in the Prometheus text format, version 0.0.4.
/// Counters are summed here; observable instruments are read at each scrape.
/// </summary>
/// <remarks>A tag set counts as one series; instruments carry few and bounded tags (device, reason), never topics or client ids.</remarks>
public sealed class PrometheusPage : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<(Instrument Instrument, string Labels), double> _series = new();

    /// <summary>Starts to listen.</summary>
    public PrometheusPage()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name.StartsWith("Uns.", StringComparison.Ordinal))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>Puts the page in the routes.</summary>
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/metrics", (PrometheusPage page) => Results.Text(page.Render(), "text/plain; version=0.0.4; charset=utf-8"))
            .WithTags("Operation").WithName("GetMetrics").WithSummary("All meters in the Prometheus text format.");

    /// <summary>The page's text, instruments in order of their names.</summary>
    public string Render()
    {
        foreach (var gauge in _series.Keys.Where(k => k.Instrument.IsObservable).ToList())
        {
            _series.TryRemove(gauge, out _); // What is not observed any more shall not stand there for ever.
        }

        _listener.RecordObservableInstruments();
        var page = new StringBuilder();
        foreach (var group in _series.GroupBy(s => s.Key.Instrument).OrderBy(g => g.Key.Name, StringComparer.Ordinal))
        {
            var counter = group.Key.GetType().Name.Contains("Counter", StringComparison.Ordinal) && !group.Key.GetType().Name.Contains("UpDown", StringComparison.Ordinal);
            var name = group.Key.Name.Replace('.', '_') + (counter ? "_total" : "");
            page.Append("# HELP ").Append(name).Append(' ').AppendLine((group.Key.Description ?? "").Replace("\\", "\\\\").Replace("\n", "\\n"));
            page.Append("# TYPE ").Append(name).AppendLine(counter ? " counter" : " gauge");
            foreach (var (key, value) in group.OrderBy(s => s.Key.Labels, StringComparer.Ordinal))
            {
                page.Append(name).Append(key.Labels).Append(' ').AppendLine(value.ToString("R", CultureInfo.InvariantCulture));
            }
        }

        return page.ToString().ReplaceLineEndings("\n");
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var key = (instrument, Labels(tags));
        if (instrument.IsObservable)
        {
            _series[key] = value;
        }
        else
        {
            _series.AddOrUpdate(key, static (_, add) => add, static (_, sum, add) => sum + add, value);
        }
    }

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
        {
            return "";
        }

        var labels = new StringBuilder("{");
        foreach (var (name, value) in tags)
        {
            labels.Append(labels.Length > 1 ? "," : "").Append(name).Append("=\"")
                .Append((value?.ToString() ?? "").Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n")).Append('"');
        }

        return labels.Append('}').ToString();
    }
}
