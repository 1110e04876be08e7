using Uns.Mqtt.Broker.Access;

namespace Uns.Mqtt.Broker.Listeners;

/// <summary>The transport under one connection. Called on the I/O thread only.</summary>
internal interface ILink
{
    /// <summary>By which way the peer came.</summary>
    ClientOrigin Origin { get; }

    /// <summary>Where the peer is, for people.</summary>
    string Remote => Origin.Remote?.ToString() ?? "an unknown address";

    /// <summary>Sends what the connection's output holds, as far as the transport takes it now, and goes on when it can.</summary>
    void Flush(BrokerConnection connection);

    /// <summary>Stops reading from the peer, or reads again: what it sends waits in its own buffers.</summary>
    void Hold(bool isHeld);

    /// <summary>Sends what is left if that goes at once, then ends the transport.</summary>
    void Close(BrokerConnection connection);
}
