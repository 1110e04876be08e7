using System.Net;
using Uns.Mqtt.Broker;

namespace Uns.Hub.Settings;

/// <summary>The encrypted ways into the hub and the certificate they share.</summary>
public sealed record TlsSettings
{
    /// <summary>Where the broker speaks MQTT over TLS; null: nowhere.</summary>
    public IPEndPoint? Mqtts { get; init; }

    /// <summary>Where page and API speak HTTPS, and MQTT over secure WebSocket; null: nowhere.</summary>
    public IPEndPoint? Https { get; init; }

    /// <summary>File of the server's certificate, PEM or PKCS #12.</summary>
    public string? Certificate { get; init; }

    /// <summary>PEM file of its private key; null: in the certificate's file.</summary>
    public string? Key { get; init; }

    /// <summary>Whether MQTT clients must show a certificate.</summary>
    public ClientCertificateRule ClientCertificates { get; init; }

    /// <summary>PEM file of the authorities of client certificates; null: none.</summary>
    public string? ClientAuthority { get; init; }

    /// <summary>Refuses settings that do not fit together.</summary>
    /// <exception cref="SettingException">The message names what is missing.</exception>
    public TlsSettings Check()
    {
        if ((Mqtts ?? Https) is { } address && Certificate is null)
        {
            throw new SettingException($"TLS is to be spoken at {address} and no certificate is named: give --tls-certificate FILE and --tls-key FILE, or tlsCertificate and tlsKey in the settings file.");
        }

        return ClientCertificates != ClientCertificateRule.None && ClientAuthority is null
            ? throw new SettingException($"tlsClientCertificates is {ClientCertificates} and tlsClientAuthority is missing: give the PEM file of the authorities that are trusted.")
            : this;
    }

    /// <summary>The broker's TLS listener; null: none.</summary>
    public TlsListenerOptions? Mqtt() => Mqtts is null ? null : Files() with
    {
        Address = Mqtts.Address,
        Port = Mqtts.Port,
        ClientCertificates = ClientCertificates,
        ClientAuthorityFile = ClientAuthority,
    };

    /// <summary>The certificate's files alone.</summary>
    public TlsListenerOptions Files() => new() { CertificateFile = Certificate!, KeyFile = Key };
}
