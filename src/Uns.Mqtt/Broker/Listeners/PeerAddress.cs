using System.Buffers.Binary;
using System.Net;

namespace Uns.Mqtt.Broker.Listeners;

/// <summary>Where a socket's peer is, in few bytes while nobody asks.</summary>
internal readonly struct PeerAddress
{
    private readonly uint _v4;
    private readonly ushort _port;
    private readonly IPAddress? _v6;

    private PeerAddress(uint v4, IPAddress? v6, ushort port) => (_v4, _v6, _port) = (v4, v6, port);

    /// <summary>Reads a <c>struct sockaddr</c>.</summary>
    public static PeerAddress Read(ReadOnlySpan<byte> address)
    {
        if (address.Length < 8)
        {
            return default;
        }

        var port = BinaryPrimitives.ReadUInt16BigEndian(address[2..]);
        return BinaryPrimitives.ReadUInt16LittleEndian(address) switch
        {
            2 => new(BinaryPrimitives.ReadUInt32LittleEndian(address[4..]), null, port),
            10 => new(0, new IPAddress(address.Slice(8, 16)), port),
            _ => default,
        };
    }

    /// <returns>Null when the address is of another kind.</returns>
    public IPEndPoint? ToEndPoint() => _port == 0 ? null : new(_v6 ?? new IPAddress(_v4), _port);
}
