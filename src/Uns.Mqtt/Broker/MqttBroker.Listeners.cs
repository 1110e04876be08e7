using System.Net;
using Uns.Mqtt.Broker.Access;
using Uns.Mqtt.Broker.Listeners;

namespace Uns.Mqtt.Broker;

/// <content>The ways in beside plain TCP: TLS, and the link within the process.</content>
public sealed partial class MqttBroker
{
    private TlsListener? _tls;

    /// <summary>Where the broker speaks TLS; the port is the real one where 0 was asked for. Null: it does not.</summary>
    public IPEndPoint? TlsEndPoint => _tls?.EndPoint;

    /// <summary>Opens a connection without a socket for a client in this process. It is met as any other: same packets, same gate.</summary>
    /// <returns>The client's end; disposing it ends the connection.</returns>
    /// <exception cref="IOException">The broker has stopped.</exception>
    public Stream ConnectInProcess()
    {
        if (_stop.IsCancellationRequested)
        {
            throw new IOException("The broker has stopped.");
        }

        var link = new InProcessLink(_loop, new ClientOrigin(ClientListener.InProcess, InProcessEndPoint.Instance), _core.Counters);
        link.Open(opened => _stop.IsCancellationRequested ? null : Open(opened));
        return new InProcessStream(link);
    }

    private void BindTls()
    {
        if (_options.Tls is { } tls)
        {
            var certificates = new TlsCertificates(tls, _clock, _logger);
            _tls = new TlsListener(Bind(tls.Address, tls.Port), certificates, ServeAsync, _options.MaximumConnections, _options.ConnectTimeout, _clock, _logger);
        }
    }

    private sealed class InProcessEndPoint : EndPoint
    {
        public static readonly InProcessEndPoint Instance = new();

        public override string ToString() => "this process";
    }
}
