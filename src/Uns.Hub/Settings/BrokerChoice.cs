using System.Net;
using Uns.Mqtt.Broker;

namespace Uns.Hub.Settings;

/// <summary>What the user of the <c>broker</c> command chose.</summary>
public sealed record BrokerChoice
{
    /// <summary>Limits and the plain listener.</summary>
    /// <value>Listens on loopback unless set.</value>
    public MqttBrokerOptions Options { get; init; } = new() { Address = IPAddress.Loopback };

    /// <summary>The encrypted listener; none unless set.</summary>
    public TlsSettings Tls { get; init; } = new();
}
