using Uns.Sparkplug.Payloads;
using Uns.Tags;

namespace Uns.Benchmarks.Sparkplug;

/// <summary>The payloads that the benchmarks of this room share: births by name and alias, data by alias with a time each.</summary>
internal static class SparkplugLoad
{
    private static readonly DateTimeOffset At = DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_000);

    /// <summary>NBIRTH with bdSeq and the rebirth metric.</summary>
    public static byte[] NodeBirth(params Metric[] metrics) => Write(
        0, [Metric.Of("bdSeq", TagValue.OfInteger(DataType.Int64, 0), At), Metric.Of("Node Control/Rebirth", TagValue.Of(false), At), .. metrics]);

    /// <summary>A birth's metrics: doubles with alias, unit and range.</summary>
    public static Metric[] Born(int count, int firstAlias = 0, bool withProperties = false) => [.. Enumerable.Range(0, count).Select(n => new Metric
    {
        Name = $"line/unit{n}/temperature",
        Alias = (ulong)(firstAlias + n),
        DataType = DataType.Double,
        Timestamp = At,
        Value = WireConversion.ToWire(TagValue.Of(20.5 + n)),
        Properties = withProperties ? [MetricProperty.Of("engUnit", "°C"), MetricProperty.Of("engLow", 0.0), MetricProperty.Of("engHigh", 100.0)] : [],
    })];

    /// <summary>A payload of data: alias, time and a double for each metric; 20 of them take 414 bytes. A real host needs real times: else it says beside each value that the clock is off.</summary>
    public static SparkplugPayload Data(int count, int seq, double value = 20.5, DateTimeOffset? at = null) => new()
    {
        Timestamp = at ?? At,
        Seq = seq,
        Metrics = [.. Enumerable.Range(0, count).Select(n => new Metric { Alias = (ulong)n, Timestamp = at ?? At, Value = WireConversion.ToWire(TagValue.Of(value + n)) })],
    };

    /// <summary>The bytes of a payload.</summary>
    public static byte[] Write(int seq, Metric[] metrics) => PayloadWriter.Write(new SparkplugPayload { Timestamp = At, Seq = seq, Metrics = metrics });
}
