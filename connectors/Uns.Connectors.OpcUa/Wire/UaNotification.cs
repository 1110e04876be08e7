namespace Uns.Connectors.OpcUa.Wire;

/// <summary>One message of a subscription.</summary>
/// <param name="Subscription">Which one.</param>
/// <param name="Sequence">Its number; a keep-alive carries the number of the next message.</param>
/// <param name="IsKeepAlive">True when it brings nothing but the sign of life.</param>
/// <param name="Values">Changed values with the handles of their items, in order.</param>
/// <param name="Status">Set when the subscription itself ended: why.</param>
/// <remarks>OPC 10000-4, 5.13.5 and 7.26.</remarks>
internal sealed record UaNotification(
    uint Subscription, uint Sequence, bool IsKeepAlive, IReadOnlyList<(uint Handle, UaDataValue Value)> Values, uint? Status)
{
    public static UaNotification Read(ReadOnlyMemory<byte> answer)
    {
        var reader = new UaReader(answer.Span);
        var subscription = reader.UInt32();
        for (var available = reader.Count(4); available > 0; available--)
        {
            reader.UInt32();
        }

        reader.Boolean(); // More notifications: the server sends them with the next answers.
        return ReadMessage(subscription, answer[^reader.Left..]);
    }

    /// <summary>Reads the message itself, as a Republish answers it.</summary>
    public static UaNotification ReadMessage(uint subscription, ReadOnlyMemory<byte> message)
    {
        var reader = new UaReader(message.Span);
        var sequence = reader.UInt32();
        reader.DateTime();
        var values = new List<(uint, UaDataValue)>();
        uint? status = null;
        var count = reader.Count(3);
        for (var i = 0; i < count; i++)
        {
            var (type, body) = reader.ExtensionObject();
            if (type == NodeId.Standard(811))
            {
                ReadValues(body, values);
            }
            else if (type == NodeId.Standard(820))
            {
                var change = new UaReader(body.Span);
                status = change.UInt32();
            }
        }

        return new UaNotification(subscription, sequence, count == 0, values, status);
    }

    private static void ReadValues(ReadOnlyMemory<byte> body, List<(uint Handle, UaDataValue Value)> values)
    {
        var reader = new UaReader(body.Span);
        for (var items = reader.Count(5); items > 0; items--)
        {
            var handle = reader.UInt32();
            values.Add((handle, reader.DataValue()));
        }
    }
}
