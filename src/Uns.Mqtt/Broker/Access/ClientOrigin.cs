using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Uns.Mqtt.Broker.Access;

/// <summary>The kinds of way into the broker.</summary>
public enum ClientListener
{
    /// <summary>Plain TCP.</summary>
    Tcp,

    /// <summary>TLS over TCP.</summary>
    Tls,

    /// <summary>A WebSocket without encryption.</summary>
    WebSocket,

    /// <summary>A WebSocket inside TLS.</summary>
    SecureWebSocket,

    /// <summary>A link without a socket, from the broker's own process.</summary>
    InProcess,

    /// <summary>Any other stream.</summary>
    Stream,
}

/// <summary>By which way a client came.</summary>
/// <param name="Listener">The kind of way.</param>
/// <param name="Remote">Where it comes from; null when unknown.</param>
/// <param name="Certificate">The certificate it showed, which the listener found to be trusted; null: none. It lives as long as the connection.</param>
public sealed record ClientOrigin(ClientListener Listener, EndPoint? Remote = null, X509Certificate2? Certificate = null);
