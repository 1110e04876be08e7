using System.Net.Security;
using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Client;

/// <summary>Where a broker is and how a client introduces itself.</summary>
public sealed record MqttClientOptions
{
    /// <summary>Name or address of the broker.</summary>
    public string Host { get; init; } = "";

    /// <summary>TCP port, 1 to 65535.</summary>
    /// <value>1883 unless set: the port registered for MQTT.</value>
    public int Port { get; init; } = 1883;

    /// <summary>Name of the client, unique on the broker; empty: the broker chooses one.</summary>
    public string ClientId { get; init; } = "";

    /// <summary>User name; null when there is none.</summary>
    public string? UserName { get; init; }

    /// <summary>Password as UTF-8 text; null when there is none.</summary>
    public string? Password { get; init; }

    /// <summary>The protocol to speak.</summary>
    /// <value>MQTT 5.0 unless set.</value>
    public ProtocolVersion Version { get; init; } = ProtocolVersion.V5;

    /// <summary>Longest silence on the line, one second to 18 hours. A peer silent for one and a half times as long is taken for dead.</summary>
    /// <value>20 s unless set: a lost node is seen within half a minute.</value>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Longest wait for the connection and for each answer of the broker to it, above zero.</summary>
    /// <value>10 s unless set.</value>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest packet accepted from the broker, in bytes.</summary>
    /// <value>16 MiB unless set.</value>
    public int MaximumPacketBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>How TLS is spoken; null: not at all.</summary>
    public SslClientAuthenticationOptions? Tls { get; init; }

    /// <summary>Opens the transport in place of a socket, such as the link to a broker in this process; null: TCP, and TLS if asked for.</summary>
    public Func<CancellationToken, ValueTask<Stream>>? Connect { get; init; }

    /// <summary>Host and port as people write them.</summary>
    public string Endpoint => Connect is null ? $"{Host}:{Port}" : Host;
}
