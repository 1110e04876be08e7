using System.Buffers.Binary;
using System.Net;
using Uns.Mqtt.Broker.Sessions;

namespace Uns.Mqtt.Broker.Inspection;

/// <summary>What a list of clients is sorted by. Equal ones stand by identifier.</summary>
public enum ClientOrder
{
    /// <summary>The identifier, without regard to case.</summary>
    Identifier,

    /// <summary>Connected ones first.</summary>
    State,

    /// <summary>The IP address, then the port; clients of this process and absent ones last, whichever way.</summary>
    Address,

    /// <summary>The version of MQTT; absent ones last, whichever way.</summary>
    ProtocolVersion,

    /// <summary>Number of subscriptions.</summary>
    Subscriptions,

    /// <summary>Number of QoS 1 and 2 messages that wait.</summary>
    Queued,

    /// <summary>Number of QoS 1 and 2 messages under way to it.</summary>
    InFlight,

    /// <summary>Number of messages that were dropped.</summary>
    Dropped,
}

/// <summary>One page of a sorted list of clients.</summary>
/// <param name="Matching">How many there are that match.</param>
/// <param name="Page">Which page it is, from 1: the last one where there is none so far back.</param>
/// <param name="Clients">The clients of the page. One that went since they were sorted is left out.</param>
public sealed record SortedClientPage(int Matching, int Page, IReadOnlyList<ClientInfo> Clients);

/// <summary>What one client is sorted by: small, so that many of them are taken on the I/O thread at once and sorted on another.</summary>
internal readonly struct ClientKey
{
    private readonly string _clientId;
    private readonly long _number;
    private readonly EndPoint? _remote;
    private readonly bool _isMissing;

    /// <summary>Takes the key of a session; on the I/O thread.</summary>
    public ClientKey(Session session, ClientOrder order)
    {
        _clientId = session.ClientId;
        var connection = session.Connection;
        switch (order)
        {
            case ClientOrder.State:
                _number = connection is null ? 1 : 0;
                break;
            case ClientOrder.Address:
                _remote = connection?.Link.Origin.Remote;
                _isMissing = _remote is null;
                break;
            case ClientOrder.ProtocolVersion:
                (_number, _isMissing) = ((int?)connection?.Version ?? 0, connection is null);
                break;
            case ClientOrder.Subscriptions:
                _number = session.Subscriptions.Count;
                break;
            case ClientOrder.Queued:
                _number = session.QueuedCount;
                break;
            case ClientOrder.InFlight:
                _number = session.InFlightCount;
                break;
            case ClientOrder.Dropped when session.DropsIfAny is { } drops:
                _number = drops.SlowReceiver + drops.QueueFull + drops.Expired + drops.TooLarge + drops.NotAuthorized;
                break;
        }
    }

    /// <summary>The client.</summary>
    public string ClientId => _clientId;

    /// <summary>How two clients stand to one another; on any thread.</summary>
    public static int Compare(in ClientKey one, in ClientKey other, ClientOrder order, bool isDescending)
    {
        var by = one._isMissing || other._isMissing ? one._isMissing.CompareTo(other._isMissing)
            : (isDescending ? -1 : 1) * order switch
            {
                ClientOrder.Identifier => string.Compare(one._clientId, other._clientId, StringComparison.OrdinalIgnoreCase),
                ClientOrder.Address => Compare(one._remote!, other._remote!),
                _ => one._number.CompareTo(other._number),
            };
        by = by != 0 ? by : string.Compare(one._clientId, other._clientId, StringComparison.OrdinalIgnoreCase);
        return by != 0 ? by : string.CompareOrdinal(one._clientId, other._clientId);
    }

    // 10.0.0.9 stands before 10.0.0.10, and what is no IP address behind both.
    private static int Compare(EndPoint one, EndPoint other)
    {
        if (one is not IPEndPoint a || other is not IPEndPoint b)
        {
            return one is IPEndPoint ? -1 : other is IPEndPoint ? 1 : string.CompareOrdinal(one.ToString(), other.ToString());
        }

        var by = Number(a.Address).CompareTo(Number(b.Address));
        return by != 0 ? by : a.Port.CompareTo(b.Port);
    }

    private static UInt128 Number(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var written);
        return written == 4 ? new UInt128(0, 0xFFFF_0000_0000UL | BinaryPrimitives.ReadUInt32BigEndian(bytes)) : BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
