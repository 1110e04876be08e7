using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Mqtt.Packets;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;

namespace Uns.UnitTests.Sparkplug.Host;

/// <summary>A host session, a clock turned by hand, and an edge node whose every message the test writes itself.</summary>
internal sealed class HostStage : IMetricSink
{
    public static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    public static readonly EdgeNodeId Id = new("G", "E");

    public HostStage(HostOptions? options = null, ILogger? logger = null) =>
        Session = new HostSession(options ?? new HostOptions(), this, logger ?? NullLogger.Instance, () => 0.5);

    public HostSession Session { get; }

    public DateTimeOffset Now { get; set; } = Noon;

    public Dictionary<MetricKey, MetricChange> Known { get; } = [];

    public List<MetricChange> Past { get; } = [];

    public int Changes { get; private set; }

    /// <summary>The metrics whose note became another, in order.</summary>
    public List<MetricSource> Notes { get; } = [];

    public NodeInfo Info => Session.Nodes().Single(n => n.Id == Id);

    public NodeReport Report => Session.Report(Id)!;

    public MetricChange this[string name, string? device = "D"] => Known[new(Id, device, name)];

    void IMetricSink.Changed(in MetricChange change)
    {
        Known[change.Key] = change;
        Changes++;
    }

    void IMetricSink.Removed(MetricKey key) => Known.Remove(key);

    void IMetricSink.Noted(MetricSource metric) => Notes.Add(metric);

    void IMetricSink.Historical(in MetricChange change) => Past.Add(change);

    public static Metric Double(string name, double value, ulong? alias = null) => Metric.Of(name, TagValue.Of(value)) with { Alias = alias };

    /// <summary>A data metric by alias, without a type.</summary>
    public static Metric ByAlias(ulong alias, double value) => new() { Alias = alias, Value = WireConversion.ToWire(TagValue.Of(value)) };

    public static Metric ByName(string name, double value) => new() { Name = name, Value = WireConversion.ToWire(TagValue.Of(value)) };

    /// <summary>NBIRTH with seq 0 and DBIRTH of device D with seq 1: level (alias 1), count (alias 2, Int32).</summary>
    public void Born(long bdSeq = 0)
    {
        NodeBirth(bdSeq);
        DeviceBirth(1);
    }

    public void NodeBirth(long bdSeq = 0, int? seq = 0, DateTimeOffset? at = null) => Send(
        MessageVerb.NBirth, null, seq, at ?? Now, Metric.Of("bdSeq", TagValue.OfInteger(DataType.Int64, bdSeq)), Metric.Of("Node Control/Rebirth", TagValue.Of(false)));

    public void DeviceBirth(int seq, string device = "D") =>
        Send(MessageVerb.DBirth, device, seq, Now, Double("level", 1, alias: 1), Metric.Of("count", TagValue.OfInteger(DataType.Int32, 5)) with { Alias = 2 });

    public void Data(int seq, params Metric[] metrics) => Send(MessageVerb.DData, "D", seq, Now, metrics);

    public void Death(long bdSeq, QualityOfService? qos = null) => Deliver(
        SparkplugTopic.OfNode(MessageVerb.NDeath, Id), new SparkplugPayload { Metrics = [Metric.Of("bdSeq", TagValue.OfInteger(DataType.Int64, bdSeq))] }, qos);

    /// <summary>A message whose metrics have its own time unless they have another.</summary>
    public void Send(MessageVerb verb, string? device, int? seq, DateTimeOffset? timestamp, params Metric[] metrics) => Deliver(
        device is null ? SparkplugTopic.OfNode(verb, Id) : SparkplugTopic.OfDevice(verb, Id, device),
        new SparkplugPayload { Timestamp = timestamp, Seq = seq, Metrics = [.. metrics.Select(m => m.Timestamp is null ? m with { Timestamp = timestamp } : m)] });

    public void Deliver(SparkplugTopic topic, SparkplugPayload payload, QualityOfService? qos = null) => Session.Accept(topic, PayloadWriter.Write(payload), Now, qos);

    public List<RebirthRequest> Rebirths()
    {
        var due = new List<RebirthRequest>();
        Session.TakeRebirths(Now, due);
        return due;
    }

    public long CountOf(RuleBreach breach) => Report.Breaches.FirstOrDefault(b => b.Breach == breach).Count;
}
