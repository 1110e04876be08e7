using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;

namespace Uns.Sparkplug.EdgeNode;

/// <content>What happens between births: metrics of the node itself, data, history, and the length of messages.</content>
public sealed partial class EdgeNodeSession
{
    private const int PacketOverhead = 256; // Fixed header, topic and the payload's own fields.
    private readonly Queue<(string Device, string Fault)> _faults = new();

    /// <summary>Largest packet the broker takes, in bytes; what does not fit is not begun.</summary>
    public long LongestPacket { get; set; } = uint.MaxValue;

    /// <summary>Single values that were too long for a packet of their own.</summary>
    public long ValuesTooLong { get; private set; }

    /// <summary>The next device that could not be born, with the reason; null when all are told.</summary>
    public (string Device, string Fault)? NextFault() => _faults.TryDequeue(out var fault) ? fault : null;

    /// <summary>Gives the node metrics of its own; a node that was born is born again with all its devices.</summary>
    /// <remarks>[tck-id-topics-nbirth-metric-reqs]</remarks>
    /// <exception cref="ArgumentException">A tag is named twice.</exception>
    public void SetNode(IReadOnlyList<TagDefinition> tags, DateTimeOffset now, List<OutgoingMessage> due)
    {
        if (_node.Define(tags, ref _nextAlias) && IsBorn)
        {
            Birth(now, due);
        }
    }

    /// <summary>Takes the samples of one device. They leave as DDATA while the device is born; else the last value of each tag waits for the birth.</summary>
    /// <param name="deviceId">The device; empty for the node itself, whose samples leave as NDATA.</param>
    /// <param name="samples">In the order of arrival. One that says nothing new is not sent.</param>
    /// <param name="now">Time of the messages.</param>
    /// <param name="due">Takes the messages.</param>
    /// <param name="sent">Takes the samples that are in the messages; null when nobody asks.</param>
    /// <returns>How many samples named a tag that the device does not have; they are dropped.</returns>
    public int Data(string deviceId, IReadOnlyList<TagSample> samples, DateTimeOffset now, List<OutgoingMessage> due, List<TagSample>? sent = null)
    {
        var device = deviceId.Length == 0 ? _node : _devices.GetValueOrDefault(deviceId);
        if (device is null)
        {
            return samples.Count;
        }

        var unknown = 0;
        List<Metric>? metrics = null;
        foreach (var sample in InTimeOrder(samples))
        {
            if (!device.TryTake(sample, _options.DataTypesInData, out var metric))
            {
                unknown++;
            }
            else if (metric is not null && IsBorn && device.IsBorn)
            {
                sent?.Add(sample);
                metrics ??= new List<Metric>(Math.Min(samples.Count, _options.MetricsPerMessage));
                metrics.Add(metric);
                if (metrics.Count == _options.MetricsPerMessage)
                {
                    AddData(device, metrics, now, due);
                    metrics = null;
                }
            }
        }

        if (metrics is not null)
        {
            AddData(device, metrics, now, due);
        }

        return unknown;
    }

    /// <summary>True while data of a device can be sent.</summary>
    public bool IsDeviceBorn(string deviceId) => IsBorn && _devices.TryGetValue(deviceId, out var device) && device.IsBorn;

    /// <summary>Sends what was kept while nobody could be told; every metric is marked historical.</summary>
    /// <param name="deviceId">A device that is born.</param>
    /// <param name="kept">Metrics with name, type, value and time, oldest first.</param>
    /// <param name="now">Time of the messages.</param>
    /// <param name="due">Takes the messages.</param>
    /// <returns>How many are dropped because their tag is gone or has another type now.</returns>
    public int History(string deviceId, IReadOnlyList<Metric> kept, DateTimeOffset now, List<OutgoingMessage> due)
    {
        if (!_devices.TryGetValue(deviceId, out var device) || !IsBorn || !device.IsBorn)
        {
            throw new InvalidOperationException($"The device '{deviceId}' is not born.");
        }

        var metrics = kept.Select(metric => device.Historical(metric, _options.DataTypesInData)).OfType<Metric>().ToList();
        foreach (var part in metrics.Chunk(_options.MetricsPerMessage))
        {
            AddData(device, part, now, due);
        }

        return kept.Count - metrics.Count;
    }

    private void AddData(EdgeDevice device, IReadOnlyList<Metric> metrics, DateTimeOffset now, List<OutgoingMessage> due)
    {
        if (!IsTooLong(metrics, out _))
        {
            Add(device == _node ? MessageVerb.NData : MessageVerb.DData, device, metrics, now, due);
        }
        else if (metrics.Count == 1)
        {
            ValuesTooLong++;
        }
        else
        {
            var half = metrics.Count / 2;
            AddData(device, [.. metrics.Take(half)], now, due);
            AddData(device, [.. metrics.Skip(half)], now, due);
        }
    }

    private bool IsTooLong(IReadOnlyList<Metric> metrics, out int bytes)
    {
        const int MostPerSmallMetric = 4096;
        bytes = 0;
        if (LongestPacket >= uint.MaxValue || (metrics.Count * (long)MostPerSmallMetric < LongestPacket && metrics.All(IsSmall)))
        {
            return false;
        }

        bytes = _version.Write(new SparkplugPayload { Metrics = metrics }).Length + PacketOverhead;
        return bytes > LongestPacket;
    }

    // Without text, bytes and long properties a metric stays far below what is reckoned for it.
    private static bool IsSmall(Metric metric) => metric.Value.Object is null && metric.Properties.Sum(p => (p.Value.Object as string)?.Length ?? 0) < 1000;

    // [tck-id-operational-behavior-data-publish-dbirth-order]
    private static IEnumerable<TagSample> InTimeOrder(IReadOnlyList<TagSample> samples)
    {
        for (var i = 1; i < samples.Count; i++)
        {
            if (samples[i].SourceTime < samples[i - 1].SourceTime)
            {
                return samples.OrderBy(sample => sample.SourceTime); // Stable: equal times keep their order.
            }
        }

        return samples;
    }
}
