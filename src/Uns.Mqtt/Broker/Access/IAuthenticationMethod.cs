using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker.Access;

/// <summary>One method of enhanced authentication. MQTT 5.0, 4.12. Called on the broker's I/O thread: it answers from memory, at once.</summary>
public interface IAuthenticationMethod
{
    /// <summary>The name in CONNECT, such as <c>SCRAM-SHA-256</c>.</summary>
    string Name { get; }

    /// <summary>Begins an exchange, at CONNECT and at each re-authentication.</summary>
    /// <param name="connect">The client's CONNECT.</param>
    /// <param name="origin">By which way it came.</param>
    IAuthenticationExchange Begin(ConnectPacket connect, ClientOrigin origin);
}

/// <summary>One exchange with one client.</summary>
public interface IAuthenticationExchange
{
    /// <summary>Takes the client's data and says how it goes on.</summary>
    /// <param name="data">Authentication data of CONNECT or AUTH; null: none was sent.</param>
    AuthenticationStep Next(byte[]? data);
}

/// <summary>How an exchange goes on.</summary>
/// <param name="Reason">
/// <see cref="ReasonCode.ContinueAuthentication"/>: the client is asked for more. <see cref="ReasonCode.Success"/>: it is who it says.
/// From 0x80: it is refused with this reason.
/// </param>
/// <param name="Data">Data for the client; null: none.</param>
/// <param name="Principal">With success: the name that the access gate is asked with.</param>
public readonly record struct AuthenticationStep(ReasonCode Reason, byte[]? Data = null, string? Principal = null);
