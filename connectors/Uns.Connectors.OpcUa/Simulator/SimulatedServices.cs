using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa;

/// <summary>The services of a simulated server for one connection: a request's body in, an answer's out.</summary>
/// <remarks>OPC 10000-4. Security None and anonymous users only.</remarks>
internal sealed class SimulatedServices(SimulatedSpace space, string endpointUrl, TimeProvider clock)
{
    private const string PolicyNone = "http://opcfoundation.org/UA/SecurityPolicy#None";
    private const uint BadServiceUnsupported = 0x800B0000;
    private const uint BadNoSubscription = 0x80790000;
    private const uint BadSubscriptionIdInvalid = 0x80280000;
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(20);

    private readonly Queue<(uint RequestId, uint Handle)> _publishRequests = new();
    private uint _lastSubscription;

    public Dictionary<uint, SimulatedSubscription> Subscriptions { get; } = [];

    /// <summary>Answers one request; null when the answer comes later (Publish).</summary>
    public UaWriter? Answer(ReadOnlySpan<byte> body, uint requestId)
    {
        var reader = new UaReader(body);
        var type = reader.NodeId().Number;
        reader.NodeId(); // Authentication token.
        reader.DateTime();
        var handle = reader.UInt32();
        reader.UInt32();
        reader.String();
        reader.UInt32();
        reader.ExtensionObject();
        return type switch
        {
            428 => EndpointList(Head(431, handle)),
            446 => throw new UaFormatException("a channel is opened by OPN, not MSG"),
            461 => CreateSession(Head(464, handle)),
            467 => Head(470, handle).ByteString(null).Int32(0).Int32(0),
            473 => Head(476, handle),
            527 => Browse(ref reader, Head(530, handle)),
            533 => Head(536, handle).Int32(0).Int32(0),
            631 => Read(ref reader, Head(634, handle)),
            673 => Write(ref reader, Head(676, handle)),
            751 => Monitor(ref reader, handle),
            787 => Subscribe(ref reader, Head(790, handle)),
            826 => Publish(ref reader, requestId, handle),
            847 => Unsubscribe(ref reader, Head(850, handle)),
            _ => Head(397, handle, BadServiceUnsupported),
        };
    }

    /// <summary>The Publish answers that are due at this moment, each with the request it answers.</summary>
    public IEnumerable<(uint RequestId, UaWriter Answer)> Due()
    {
        foreach (var subscription in Subscriptions.Values)
        {
            if (_publishRequests.Count == 0 || clock.GetTimestamp() < subscription.DueAt)
            {
                continue;
            }

            subscription.DueAt = clock.GetTimestamp() + (long)(subscription.Interval.TotalSeconds * clock.TimestampFrequency);
            if (subscription.Message(space, clock.GetUtcNow()) is { } message)
            {
                var (requestId, handle) = _publishRequests.Dequeue();
                yield return (requestId, Head(829, handle).Raw(message.Written.Span).Int32(0).Int32(0));
            }
        }
    }

    private UaWriter Head(uint type, uint handle, uint status = 0) =>
        new UaWriter().NodeId(NodeId.Standard(type)).DateTime(clock.GetUtcNow()).UInt32(handle).UInt32(status).Byte(0).Int32(0).NodeId(default).Byte(0);

    private UaWriter Endpoint(UaWriter answer)
    {
        answer.String(endpointUrl);
        answer.String("urn:uns:hub:simulator").String("urn:uns:hub").LocalizedText("Simulated server").UInt32(0).String(null).String(null).Int32(1).String(endpointUrl);
        answer.ByteString(null).UInt32(1).String(PolicyNone);
        answer.Int32(1).String("anonymous").UInt32(0).String(null).String(null).String(null);
        return answer.String("http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary").Byte(0);
    }

    private UaWriter EndpointList(UaWriter answer) => Endpoint(answer.Int32(1));

    private UaWriter CreateSession(UaWriter answer)
    {
        answer.NodeId(new NodeId(1, IdKind.Numeric, 1, null)).NodeId(new NodeId(1, IdKind.Numeric, 2, null)).Double(60_000).ByteString(new byte[32]).ByteString(null);
        return Endpoint(answer.Int32(1)).Int32(0).String(null).ByteString(null).UInt32(0);
    }

    private UaWriter Browse(ref UaReader reader, UaWriter answer)
    {
        reader.NodeId(); // View.
        reader.DateTime();
        reader.UInt32();
        reader.UInt32(); // Everything fits one answer.
        var count = reader.Count(10);
        answer.Int32(count);
        for (; count > 0; count--)
        {
            var children = space.Browse(reader.NodeId());
            reader.UInt32();
            reader.NodeId();
            reader.Boolean();
            reader.UInt32();
            reader.UInt32();
            answer.UInt32(children is null ? SimulatedSpace.BadNodeIdUnknown : 0).ByteString(null).Int32(children?.Count ?? 0);
            foreach (var (id, name, isVariable) in children ?? [])
            {
                answer.NodeId(NodeId.Standard(35)).Boolean(true).NodeId(id).QualifiedName(id.Namespace, name).LocalizedText(name);
                answer.UInt32(isVariable ? 2u : 1u).NodeId(NodeId.Standard(isVariable ? 63u : 61u));
            }
        }

        return answer.Int32(0);
    }

    private UaWriter Read(ref UaReader reader, UaWriter answer)
    {
        reader.Double();
        reader.UInt32();
        var count = reader.Count(10);
        answer.Int32(count);
        for (; count > 0; count--)
        {
            var (node, attribute) = Target(ref reader);
            answer.DataValue(space.Read(node, attribute));
        }

        return answer.Int32(0);
    }

    private UaWriter Write(ref UaReader reader, UaWriter answer)
    {
        var count = reader.Count(10);
        answer.Int32(count);
        for (; count > 0; count--)
        {
            var node = reader.NodeId();
            var attribute = reader.UInt32();
            reader.String();
            answer.UInt32(space.Write(node, attribute, reader.DataValue().Value));
        }

        return answer.Int32(0);
    }

    private UaWriter Subscribe(ref UaReader reader, UaWriter answer)
    {
        var interval = TimeSpan.FromMilliseconds(Math.Clamp(reader.Double(), ShortestInterval.TotalMilliseconds, 60_000));
        var lifetime = reader.UInt32();
        var keepAlive = Math.Max(1, reader.UInt32());
        var subscription = new SimulatedSubscription(++_lastSubscription, interval, keepAlive);
        Subscriptions.Add(subscription.Id, subscription);
        return answer.UInt32(subscription.Id).Double(interval.TotalMilliseconds).UInt32(lifetime).UInt32(keepAlive);
    }

    private UaWriter Unsubscribe(ref UaReader reader, UaWriter answer)
    {
        var count = reader.Count(4);
        answer.Int32(count);
        for (; count > 0; count--)
        {
            answer.UInt32(Subscriptions.Remove(reader.UInt32()) ? 0 : BadSubscriptionIdInvalid);
        }

        return answer.Int32(0);
    }

    private UaWriter Monitor(ref UaReader reader, uint handle)
    {
        if (!Subscriptions.TryGetValue(reader.UInt32(), out var subscription))
        {
            return Head(397, handle, BadSubscriptionIdInvalid);
        }

        reader.UInt32(); // Time stamps: always both.
        var count = reader.Count(20);
        var answer = Head(754, handle).Int32(count);
        for (var item = 1u; item <= count; item++)
        {
            var (node, attribute) = Target(ref reader);
            reader.UInt32(); // Monitoring mode.
            var clientHandle = reader.UInt32();
            var sampling = reader.Double();
            reader.ExtensionObject();
            var queue = reader.UInt32();
            reader.Boolean();
            var status = space.Browse(node) is null ? SimulatedSpace.BadNodeIdUnknown : 0;
            if (status == 0)
            {
                subscription.Add(node, attribute, clientHandle);
            }

            answer.UInt32(status).UInt32(item).Double(sampling).UInt32(queue).NodeId(default).Byte(0);
        }

        return answer.Int32(0);
    }

    private UaWriter? Publish(ref UaReader reader, uint requestId, uint handle)
    {
        for (var acknowledged = reader.Count(8); acknowledged > 0; acknowledged--)
        {
            reader.UInt32();
            reader.UInt32();
        }

        if (Subscriptions.Count == 0)
        {
            return Head(397, handle, BadNoSubscription);
        }

        _publishRequests.Enqueue((requestId, handle));
        if (_publishRequests.Count > 16)
        {
            _publishRequests.Dequeue(); // The oldest is given up; a client that asks so much does not miss it.
        }

        return null;
    }

    private static (NodeId Node, uint Attribute) Target(ref UaReader reader)
    {
        var node = reader.NodeId();
        var attribute = reader.UInt32();
        reader.String();
        reader.QualifiedName();
        return (node, attribute);
    }
}
