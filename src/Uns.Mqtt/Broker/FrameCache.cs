using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker;

/// <summary>
/// The encoded variants of the message being routed: each is written once and then copied to every subscriber that
/// takes it, with only the packet identifier patched.
/// </summary>
internal sealed class FrameCache
{
    // Two versions, three QoS, RETAIN or not.
    private readonly (int Start, int Length, int IdOffset)[] _slots = new (int, int, int)[12];
    private byte[] _scratch = new byte[4096];
    private int _used;

    public void Reset()
    {
        Array.Clear(_slots);
        _used = 0;
    }

    public ReadOnlySpan<byte> Get(scoped in Frame frame, ProtocolVersion version, QualityOfService qos, bool retain, out int idOffset)
    {
        ref var slot = ref _slots[((((int)version & 1) * 3) + (int)qos) * 2 + (retain ? 1 : 0)];
        if (slot.Length == 0)
        {
            var needed = frame.Measure(version, qos, []);
            if (_scratch.Length - _used < needed)
            {
                Array.Resize(ref _scratch, Math.Max(_scratch.Length * 2, _used + needed));
            }

            var (bytes, offset) = frame.Write(_scratch.AsSpan(_used), version, qos, retain, duplicate: false, packetId: 0, []);
            slot = (_used, bytes, offset);
            _used += bytes;
        }

        idOffset = slot.IdOffset;
        return _scratch.AsSpan(slot.Start, slot.Length);
    }
}
