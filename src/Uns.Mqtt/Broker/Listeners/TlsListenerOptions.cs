using System.Net;

namespace Uns.Mqtt.Broker;

/// <summary>What a TLS listener asks of its clients.</summary>
public enum ClientCertificateRule
{
    /// <summary>No certificate is asked for.</summary>
    None,

    /// <summary>One that is shown must be trusted; a client without one is let in.</summary>
    Optional,

    /// <summary>Only clients with a trusted certificate are let in.</summary>
    Required,
}

/// <summary>Where the broker speaks MQTT over TLS 1.2 and 1.3, and with which certificate.</summary>
public sealed record TlsListenerOptions
{
    /// <summary>Address to listen on.</summary>
    /// <value>All IPv4 addresses unless set.</value>
    public IPAddress Address { get; init; } = IPAddress.Any;

    /// <summary>TCP port, 0 to 65535; 0: any free one.</summary>
    /// <value>8883 unless set: the port registered for MQTT over TLS.</value>
    public int Port { get; init; } = 8883;

    /// <summary>File of the server's certificate: PEM with its chain behind it, or PKCS #12 (<c>.pfx</c>, <c>.p12</c>) with its key. Read again when it changes.</summary>
    public string CertificateFile { get; init; } = "";

    /// <summary>PEM file of the private key; null: it is in the certificate's file.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Password of the PKCS #12 file or of the encrypted PEM key; null: none.</summary>
    public string? Password { get; init; }

    /// <summary>What is asked of clients.</summary>
    /// <value>No certificate unless set.</value>
    public ClientCertificateRule ClientCertificates { get; init; }

    /// <summary>PEM file of the authorities whose client certificates are trusted; needed unless none are asked for.</summary>
    public string? ClientAuthorityFile { get; init; }
}
