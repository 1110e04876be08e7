using System.Text;
using System.Text.Json;

namespace Uns.Hub.Bench;

/// <summary>The figures of a run as one line of JSON: every round, the medians, and the ratios of the first broker to the second.</summary>
internal static class BenchReport
{
    private static readonly (string Name, Func<RoundFigures, double?> Value)[] Figures =
    [
        ("rate", f => f.Rate),
        ("seconds", f => f.Seconds),
        ("cpuMicroseconds", f => f.CpuMicroseconds),
        ("p50Microseconds", f => f.P50Microseconds),
        ("p99Microseconds", f => f.P99Microseconds),
        ("p999Microseconds", f => f.P999Microseconds),
        ("generatorLoad", f => f.GeneratorLoad),
        ("memoryBytes", f => f.MemoryBytes),
        ("bytesPerConnection", f => f.BytesPerConnection),
    ];

    /// <summary>Writes the line.</summary>
    public static string Line(BenchOptions options, IReadOnlyList<IReadOnlyList<RoundFigures>> rounds)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("load", options.Load);
            WriteCounts(json, options);
            json.WriteStartArray("brokers");
            for (var i = 0; i < rounds.Count; i++)
            {
                WriteBroker(json, options.Targets[i], rounds[i]);
            }

            json.WriteEndArray();
            if (rounds.Count == 2)
            {
                WriteRatios(json, rounds[0], rounds[1]);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    /// <summary>The middle value; of an even number the mean of the two in the middle; null when there is none.</summary>
    public static double? Median(IEnumerable<double?> values)
    {
        var sorted = values.Where(v => v is not null).Select(v => v!.Value).Order().ToList();
        return sorted.Count == 0 ? null : (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    private static void WriteCounts(Utf8JsonWriter json, BenchOptions options)
    {
        json.WriteNumber("publishers", options.Publishers);
        json.WriteNumber("subscribers", options.Subscribers);
        json.WriteNumber("payloadBytes", options.PayloadBytes);
        json.WriteNumber("qos", options.Qos);
        json.WriteNumber("window", options.Window);
        json.WriteNumber("messagesPerSecond", options.Rate);
        json.WriteNumber("roundSeconds", options.Round.TotalSeconds);
    }

    private static void WriteBroker(Utf8JsonWriter json, BenchTarget target, IReadOnlyList<RoundFigures> rounds)
    {
        json.WriteStartObject();
        json.WriteString("broker", target.EndPoint.ToString());
        json.WriteNumber("count", rounds.Sum(r => r.Count));
        json.WriteNumber("lost", rounds.Count == 0 ? 0 : rounds.Max(r => r.Lost));
        json.WriteNumber("doubled", rounds.Sum(r => r.Doubled));
        json.WriteNumber("reordered", rounds.Sum(r => r.Reordered));
        json.WriteStartObject("median");
        foreach (var (name, value) in Figures)
        {
            Write(json, name, Median(rounds.Select(value)));
        }

        json.WriteEndObject();
        json.WriteStartArray("rounds");
        foreach (var round in rounds)
        {
            json.WriteStartObject();
            json.WriteNumber("count", round.Count);
            foreach (var (name, value) in Figures)
            {
                Write(json, name, value(round));
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>First broker to second, round by round: below 1 the first is cheaper, quicker or smaller, and slower in the rate.</summary>
    private static void WriteRatios(Utf8JsonWriter json, IReadOnlyList<RoundFigures> first, IReadOnlyList<RoundFigures> second)
    {
        json.WriteStartObject("ratios");
        foreach (var (name, value) in Figures)
        {
            var ratios = first.Zip(second, (a, b) => value(b) is > 0 ? value(a) / value(b) : null).ToList();
            if (Median(ratios) is { } median)
            {
                json.WriteStartObject(name);
                Write(json, "median", median);
                json.WriteStartArray("rounds");
                foreach (var ratio in ratios)
                {
                    json.WriteNumberValue(Rounded(ratio ?? 0));
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } known)
        {
            json.WriteNumber(name, Rounded(known));
        }
    }

    /// <summary>Four significant digits at least: more would be noise.</summary>
    private static double Rounded(double value) => Math.Abs(value) >= 1000 ? Math.Round(value) : Math.Round(value, 4);
}
