using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Client;

/// <summary>The requests of one connection that wait for the broker's answer, by packet identifier.</summary>
internal sealed class PendingAnswers
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ushort, Entry> _waiting = [];
    private ushort _last;
    private Exception? _closed;

    /// <summary>Takes a free identifier, 1 to 65,535, whose answer ends with a packet of the given type.</summary>
    /// <exception cref="MqttConnectionLostException">The connection has ended, or all identifiers are in use.</exception>
    public (ushort Id, Task<IReadOnlyList<ReasonCode>> Answer) Open(PacketType answeredBy)
    {
        lock (_gate)
        {
            if (_closed is not null)
            {
                throw new MqttConnectionLostException(_closed.Message, _closed);
            }

            if (_waiting.Count == ushort.MaxValue)
            {
                throw new MqttConnectionLostException("All 65535 packet identifiers wait for an answer.");
            }

            do
            {
                _last = _last == ushort.MaxValue ? (ushort)1 : (ushort)(_last + 1); // [MQTT-2.2.1-3]
            }
            while (_waiting.ContainsKey(_last));

            var entry = new Entry(answeredBy);
            _waiting.Add(_last, entry);
            return (_last, entry.Answer.Task);
        }
    }

    /// <summary>True when the identifier waits for this type of answer, which may be the middle of a QoS 2 exchange.</summary>
    public bool Waits(ushort id, PacketType answeredBy)
    {
        lock (_gate)
        {
            return _waiting.TryGetValue(id, out var entry) && entry.AnsweredBy == answeredBy;
        }
    }

    /// <summary>Gives the answer to who waits; an answer that nobody waits for is dropped.</summary>
    public void Close(ushort id, PacketType answeredBy, IReadOnlyList<ReasonCode> reasons)
    {
        Entry? entry;
        lock (_gate)
        {
            if (!_waiting.TryGetValue(id, out entry) || entry.AnsweredBy != answeredBy)
            {
                return;
            }

            _waiting.Remove(id);
        }

        entry.Answer.TrySetResult(reasons);
    }

    /// <summary>The connection has ended: nobody waits any longer.</summary>
    public void Fail(Exception reason)
    {
        Entry[] left;
        lock (_gate)
        {
            _closed ??= reason;
            left = [.. _waiting.Values];
            _waiting.Clear();
        }

        foreach (var entry in left)
        {
            entry.Answer.TrySetException(new MqttConnectionLostException(reason.Message, reason));
        }
    }

    private sealed class Entry(PacketType answeredBy)
    {
        public PacketType AnsweredBy { get; } = answeredBy;

        public TaskCompletionSource<IReadOnlyList<ReasonCode>> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
