using System.Buffers;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Payloads;
using Uns.Tree;

namespace Uns.Benchmarks.Sparkplug;

/// <summary>What a host pays to take data into what it knows, and to say it again as JSON.</summary>
/// <remarks>
/// Budget: 1 us and 0 B for a data message of 20 metrics by alias into the host's state; 6.6 us with one JSON payload and topic per metric,
/// which is 150,000 messages/s and core.
/// </remarks>
[MemoryDiagnoser, ShortRunJob]
public class HostDataBenchmark
{
    private const string Topic = "spBv1.0/Plant/DDATA/Line 1/oven";
    private const int Round = 256;

    private readonly DateTimeOffset _now = DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_000);
    private readonly Nobody _nobody = new();
    private readonly JsonTopics _topics = new();
    private readonly byte[][] _round = [.. Enumerable.Range(0, Round).Select(i => PayloadWriter.Write(SparkplugLoad.Data(20, (i + 2) % Round, i)))];
    private HostSession _state = null!;
    private HostSession _said = null!;

    [GlobalSetup]
    public void Fill()
    {
        _state = Born(_nobody);
        _said = Born(_topics);
        if (_round[0].Length is < 400 or > 420)
        {
            throw new InvalidOperationException($"The message has {_round[0].Length} bytes.");
        }
    }

    [Benchmark(OperationsPerInvoke = Round)]
    public long IntoState()
    {
        foreach (var wire in _round)
        {
            _state.Accept(Topic, wire, _now);
        }

        return _nobody.Changes;
    }

    [Benchmark(OperationsPerInvoke = Round)]
    public long IntoTreeAndJson()
    {
        foreach (var wire in _round)
        {
            _said.Accept(Topic, wire, _now);
        }

        return _topics.Bytes;
    }

    private HostSession Born(IMetricSink sink)
    {
        var session = new HostSession(new HostOptions(), sink, NullLogger.Instance);
        session.Accept("spBv1.0/Plant/NBIRTH/Line 1", SparkplugLoad.NodeBirth(), _now);
        session.Accept("spBv1.0/Plant/DBIRTH/Line 1/oven", SparkplugLoad.Write(1, SparkplugLoad.Born(20, withProperties: true)), _now);
        return session;
    }

    internal sealed class Nobody : IMetricSink
    {
        public long Changes { get; private set; }

        public void Changed(in MetricChange change) => Changes++;

        public void Removed(MetricKey key)
        {
        }
    }

    /// <summary>The real tree, and for each change the topic and the JSON that the hub publishes.</summary>
    private sealed class JsonTopics : IMetricSink
    {
        private readonly UnsTree _tree = new(TimeProvider.System);
        private readonly ArrayBufferWriter<byte> _payload = new(256);

        public long Bytes { get; private set; }

        public void Changed(in MetricChange change)
        {
            ((IMetricSink)_tree).Changed(change);
            if (change.Source?.Place is UnsNode { Current: { } current } node)
            {
                _payload.ResetWrittenCount();
                ValuePayload.Write(_payload, node, current);
                Bytes += _payload.WrittenCount + node.Path.Length;
            }
        }

        public void Removed(MetricKey key) => ((IMetricSink)_tree).Removed(key);
    }
}

/// <summary>What a birth of 500 metrics costs a host that does not know the node, and one that does.</summary>
/// <remarks>Budget: 150 us new, 30 us known.</remarks>
[MemoryDiagnoser, ShortRunJob]
public class HostBirthBenchmark
{
    private const string Topic = "spBv1.0/Plant/NBIRTH/Line 1";

    private readonly DateTimeOffset _now = DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_000);
    private readonly HostDataBenchmark.Nobody _nobody = new();
    private byte[] _birth = [];
    private HostSession _known = null!;

    [Params(false, true)]
    public bool WithProperties { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        _birth = SparkplugLoad.NodeBirth(SparkplugLoad.Born(500, withProperties: WithProperties));
        _known = new HostSession(new HostOptions(), _nobody, NullLogger.Instance);
        _known.Accept(Topic, _birth, _now);
    }

    [Benchmark]
    public long New()
    {
        new HostSession(new HostOptions(), _nobody, NullLogger.Instance).Accept(Topic, _birth, _now);
        return _nobody.Changes;
    }

    [Benchmark]
    public long Known()
    {
        _known.Accept(Topic, _birth, _now);
        return _nobody.Changes;
    }
}
