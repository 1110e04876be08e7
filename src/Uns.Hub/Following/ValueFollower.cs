using System.Collections.Frozen;
using Uns.Connectors;
using Uns.Hub.Republish;
using Uns.Hub.Settings;
using Uns.Hub.Wiring;
using Uns.Mqtt.Broker;
using Uns.Mqtt.Broker.Access;
using Uns.Mqtt.Broker.Inspection;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tree;
using Uns.Ui.Following;

namespace Uns.Hub.Following;

/// <summary>
/// Follows single values along the road. The rooms are asked to tell only while somebody follows; each then looks its value up in a
/// small table. Nothing is asked of them otherwise but whether anybody does.
/// </summary>
internal sealed class ValueFollower(
    UnsTree tree, HostApplication host, MqttBroker broker, EdgeNodes edges, UnsRepublisher topics, DeviceBook devices, IEnumerable<IConnectorKind> kinds, HubOptions options, TimeProvider clock)
    : IValueFollower, IValueWitness, IDeliveryFollower
{
    private static readonly TimeSpan FramesBack = TimeSpan.FromSeconds(5); // Of a device that tells by itself.

    private readonly Lock _gate = new(); // Never held while a room is called.
    private readonly Lock _arming = new();
    private volatile FrozenDictionary<string, Followed> _byPath = FrozenDictionary<string, Followed>.Empty;
    private volatile FrozenDictionary<string, Followed[]> _byTopic = FrozenDictionary<string, Followed[]>.Empty;
    private long _lastEnd;
    private (string Topic, long Stamp) _taking; // By the host's pump alone, within its lock.

    /// <summary>How many values are followed.</summary>
    public int Count => _byPath.Count;

    /// <inheritdoc/>
    public FollowedValue? Follow(string path, TimeSpan time)
    {
        if (tree.Find(path) is not { Source: { } source } node)
        {
            return null;
        }

        time = TimeSpan.FromSeconds(Math.Clamp(time.TotalSeconds, 1, IValueFollower.LongestSeconds));
        var alias = host.AliasOf(source);
        var now = clock.GetUtcNow();
        Followed followed;
        lock (_arming)
        {
            DropEnded(now);
            if (!_byPath.TryGetValue(node.Path, out followed!) || followed.Source != source)
            {
                if (_byPath.Count >= IValueFollower.MostValues && followed is null)
                {
                    throw new InvalidOperationException($"{IValueFollower.MostValues} values are followed already: leave one of them, or wait until its time is over.");
                }

                followed = new Followed(node.Path, $"{options.TopicPrefix}/{node.Path}", source, now, new ValueRoads(clock)) { Origin = OriginOf(source) };
                Index([.. _byPath.Values.Where(f => f.Path != followed.Path), followed]);
            }

            followed.Alias = alias ?? followed.Alias;
            followed.Until = now + time > followed.Until ? now + time : followed.Until;
            Interlocked.Exchange(ref _lastEnd, Math.Max(_lastEnd, followed.Until.UtcTicks));
            Arm(followed);
        }

        lock (_gate)
        {
            var (roads, quiet) = followed.Roads.View(clock.GetTimestamp(), station => WhyStuck(followed, station));
            return new(
                followed.Path, followed.Topic, source.ToString(), followed.Alias, followed.Origin?.Device.Name, followed.Origin?.Tag.Address, followed.Since, followed.Until, roads, quiet);
        }
    }

    /// <inheritdoc/>
    public void Leave(string path)
    {
        lock (_arming)
        {
            if (_byPath.TryGetValue(path.Trim('/'), out var followed))
            {
                Disarm(followed);
                Index([.. _byPath.Values.Where(f => f != followed)]);
            }
        }
    }

    void IValueWitness.Changed(UnsNode node, in MetricChange change)
    {
        if (_byPath.TryGetValue(node.Path, out var followed) && followed.Source == change.Key)
        {
            var (stamp, now) = (clock.GetTimestamp(), clock.GetUtcNow());
            var taken = _byTopic.TryGetValue(_taking.Topic ?? "", out var those) && those.Contains(followed) ? _taking.Stamp : 0;
            lock (_gate)
            {
                followed.Roads.Placed(change, taken, stamp, now);
            }
        }

        EndIfOver();
    }

    void IValueWitness.Late(UnsNode node, in MetricChange change)
    {
        // A value of the past goes to history alone; its road ends at the broker and says so.
    }

    void IValueWitness.Gone(UnsNode node)
    {
        // The next look finds no value there, and says so.
    }

    bool IDeliveryFollower.Follows(string topic) => _byTopic.ContainsKey(topic);

    void IDeliveryFollower.Routed(string topic, ReadOnlySpan<byte> payload, long arrived, IReadOnlyList<DeliverySighting> subscribers)
    {
        if (!_byTopic.TryGetValue(topic, out var those))
        {
            return;
        }

        List<RoadReceiver> receivers = [.. subscribers.Select(s => new RoadReceiver(s.ClientId, s.Listener == ClientListener.InProcess, s.Outcome.ToString())).OrderBy(r => r.IsOwn).ThenBy(r => r.ClientId, StringComparer.Ordinal)];
        var now = clock.GetUtcNow();
        var isSparkplug = topic.StartsWith(SparkplugTopic.Namespace, StringComparison.Ordinal);
        var message = isSparkplug && PayloadReader.TryRead(payload, out var read, out _) ? read : null;
        lock (_gate)
        {
            foreach (var followed in those)
            {
                if (!isSparkplug)
                {
                    followed.Roads.Delivered(arrived, receivers);
                }
                else if (message is not null)
                {
                    followed.Roads.Routed(topic, message, followed.Alias, followed.Source.Name, arrived, receivers, now);
                }
            }
        }

        EndIfOver();
    }

    private void Read(Followed followed, in ReadSighting seen)
    {
        var (stamp, now) = (clock.GetTimestamp(), clock.GetUtcNow());
        if (followed.Origin is not { } origin)
        {
            return;
        }

        var from = seen.Group is not null ? seen.ReadBegun : stamp - (long)(FramesBack.TotalSeconds * clock.TimestampFrequency);
        var kind = kinds.First(k => k.Protocol.Equals(origin.Device.Protocol, StringComparison.OrdinalIgnoreCase));
        List<(TrafficFrame, string?)> frames = seen.Passed ? [.. devices.FramesSince(origin.Device.Name, from).Select(f => (f, kind.Explain(origin.Device, f)))] : [];
        lock (_gate)
        {
            followed.Roads.Read(seen, origin.Tag, frames, stamp, now);
        }

        EndIfOver();
    }

    private void Sending(string topic, SparkplugPayload payload)
    {
        if (_byTopic.TryGetValue(topic, out var those))
        {
            var (stamp, now) = (clock.GetTimestamp(), clock.GetUtcNow());
            lock (_gate)
            {
                foreach (var followed in those)
                {
                    followed.Roads.Sent(topic, payload, followed.Alias, followed.Source.Name, stamp, now);
                }
            }
        }

        EndIfOver();
    }

    private void Taking(string topic) => _taking = (topic, clock.GetTimestamp());

    private void Publishing(string path)
    {
        if (_byPath.TryGetValue(path, out var followed))
        {
            var stamp = clock.GetTimestamp();
            lock (_gate)
            {
                followed.Roads.Telling(followed.Topic, stamp);
            }
        }

        EndIfOver();
    }

    private void Arm(Followed followed)
    {
        foreach (var edge in edges.All)
        {
            edge.OnSending = Sending;
        }

        (tree.Follower, broker.Follower, host.OnTaking, topics.OnPublishing) = (this, this, Taking, Publishing);
        if (followed.Origin is { } origin)
        {
            devices.Follow(origin.Device.Name, origin.Tag.Name, followed.Reader ??= seen => Read(followed, seen));
        }
    }

    private void Disarm(Followed followed)
    {
        if (followed.Origin is { } origin)
        {
            devices.Follow(origin.Device.Name, origin.Tag.Name, null);
        }
    }

    private void Index(IReadOnlyCollection<Followed> all)
    {
        _byPath = all.ToFrozenDictionary(f => f.Path, StringComparer.Ordinal);
        _byTopic = all.SelectMany(f => f.Topics.Append(f.Topic).Select(topic => (Topic: topic, Value: f))).GroupBy(t => t.Topic, StringComparer.Ordinal)
            .ToFrozenDictionary(g => g.Key, g => g.Select(t => t.Value).ToArray(), StringComparer.Ordinal);
        if (all.Count == 0)
        {
            foreach (var edge in edges.All)
            {
                edge.OnSending = null;
            }

            (tree.Follower, broker.Follower, host.OnTaking, topics.OnPublishing) = (null, null, null, null);
        }
    }

    // Whoever comes along after the last one's end puts everything back; a road on which nothing comes along costs nothing.
    private void EndIfOver()
    {
        if (clock.GetUtcNow().UtcTicks > Interlocked.Read(ref _lastEnd) && _arming.TryEnter())
        {
            try
            {
                DropEnded(clock.GetUtcNow());
            }
            finally
            {
                _arming.Exit();
            }
        }
    }

    private void DropEnded(DateTimeOffset now)
    {
        var ended = _byPath.Values.Where(f => f.Until <= now).ToList();
        if (ended.Count > 0)
        {
            ended.ForEach(Disarm);
            Index([.. _byPath.Values.Except(ended)]);
        }
    }

    private (DeviceOptions Device, TagOptions Tag)? OriginOf(MetricKey source) =>
        source.Device is { } name && source.Node.GroupId == options.GroupId && source.Node.NodeId == (options.EdgeNodePerDevice ? $"{options.NodeId}-{name}" : options.NodeId)
            && devices.Find(name) is { } device && device.Tags.FirstOrDefault(t => t.Name == source.Name) is { } tag
            ? (device, tag)
            : null;

    private string? WhyStuck(Followed followed, RoadStation station)
    {
        if (station == RoadStation.Topic)
        {
            return topics.IsConnected ? null : "The topics are not written at present: their connection to the broker is broken.";
        }

        if (station == RoadStation.Host)
        {
            return host.IsConnected ? null : "The host application is not connected to its broker.";
        }

        return followed.Origin is { } origin && edges.For(origin.Device.Name).Status is var status
            ? status.DeviceFaults.TryGetValue(origin.Device.Name, out var fault) ? $"The edge node cannot bear the device: {fault}"
                : !status.IsConnected ? "The edge node is not connected: the value is kept and sent later, as history." : null
            : null;
    }

    private sealed class Followed(string path, string topic, MetricKey source, DateTimeOffset since, ValueRoads roads)
    {
        public string Path { get; } = path;

        public string Topic { get; } = topic;

        public MetricKey Source { get; } = source;

        public DateTimeOffset Since { get; } = since;

        public ValueRoads Roads { get; } = roads;

        /// <summary>The messages that carry it: data and births of its device, or of the node.</summary>
        public IReadOnlyList<string> Topics { get; } = source.Device is { } device
            ? [SparkplugTopic.OfDevice(MessageVerb.DData, source.Node, device).ToString(), SparkplugTopic.OfDevice(MessageVerb.DBirth, source.Node, device).ToString()]
            : [SparkplugTopic.OfNode(MessageVerb.NData, source.Node).ToString(), SparkplugTopic.OfNode(MessageVerb.NBirth, source.Node).ToString()];

        public (DeviceOptions Device, TagOptions Tag)? Origin { get; init; }

        public Action<ReadSighting>? Reader { get; set; }

        public ulong? Alias { get; set; }

        public DateTimeOffset Until { get; set; }
    }
}
