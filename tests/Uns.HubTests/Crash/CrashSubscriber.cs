using System.Buffers.Binary;
using Uns.Mqtt.Packets;

namespace Uns.HubTests.Crash;

/// <summary>A persistent subscriber that counts how often each message came to it.</summary>
internal sealed class CrashSubscriber(string clientId, QualityOfService qos, CrashLog log) : CrashClient(clientId, log)
{
    private readonly Dictionary<int, List<byte>> _counts = [];
    private readonly Dictionary<int, int> _newest = [];
    private readonly HashSet<ushort> _held = [];
    private readonly TaskCompletionSource _subscribed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _received;

    public string Name => ClientId;

    public QualityOfService Qos { get; } = qos;

    /// <summary>Ends when the broker has acknowledged the subscription.</summary>
    public Task Subscribed => _subscribed.Task;

    public long Received => Interlocked.Read(ref _received);

    /// <summary>How often a message came. Read when all is at rest.</summary>
    public int Count(int publisher, int number) => _counts.TryGetValue(publisher, out var counts) && number < counts.Count ? counts[number] : 0;

    protected override void Connected(bool isFirst)
    {
        if (isFirst)
        {
            new SubscribePacket { PacketId = 1, Requests = [new("load/#", Qos)] }.Write(Output, ProtocolVersion.V5);
        }
    }

    protected override void Handle(FixedHeader header, ReadOnlySpan<byte> body)
    {
        switch (header.Type)
        {
            case PacketType.SubAck:
                _subscribed.TrySetResult();
                break;
            case PacketType.Publish:
                PublishPacket.TryRead(header, body, ProtocolVersion.V5, out var publish, out _);
                OnPublish(publish);
                break;
            case PacketType.PubRel:
                PublishAckPacket.TryRead(PacketType.PubRel, body, ProtocolVersion.V5, out var release, out _);
                _held.Remove(release.PacketId);
                new PublishAckPacket(PacketType.PubComp, release.PacketId).Write(Output, ProtocolVersion.V5);
                break;
        }
    }

    private void OnPublish(in PublishPacket publish)
    {
        if (publish.Qos == QualityOfService.ExactlyOnce)
        {
            var isNew = _held.Add(publish.PacketId);
            new PublishAckPacket(PacketType.PubRec, publish.PacketId).Write(Output, ProtocolVersion.V5);
            if (!isNew)
            {
                return; // [MQTT-4.3.3-10]
            }
        }
        else if (publish.Qos == QualityOfService.AtLeastOnce)
        {
            new PublishAckPacket(PacketType.PubAck, publish.PacketId).Write(Output, ProtocolVersion.V5);
        }

        Take(BinaryPrimitives.ReadInt32BigEndian(publish.Payload), BinaryPrimitives.ReadInt32BigEndian(publish.Payload[4..]), publish.Qos);
    }

    private void Take(int publisher, int number, QualityOfService qos)
    {
        if (!_counts.TryGetValue(publisher, out var counts))
        {
            _counts.Add(publisher, counts = []);
        }

        while (counts.Count <= number)
        {
            counts.Add(0);
        }

        counts[number]++;
        Interlocked.Increment(ref _received);
        if (qos != QualityOfService.ExactlyOnce)
        {
            return;
        }

        if (counts[number] > 1)
        {
            Log.Violation($"{ClientId} got QoS 2 message {number} of publisher {publisher} twice");
        }
        else if (publisher < CrashRun.FirstWill && _newest.TryGetValue(publisher, out var newest) && number < newest)
        {
            Log.Violation($"{ClientId} got QoS 2 message {number} of publisher {publisher} behind {newest}"); // [MQTT-4.6.0-5]
        }

        _newest[publisher] = Math.Max(number, _newest.GetValueOrDefault(publisher));
    }
}
