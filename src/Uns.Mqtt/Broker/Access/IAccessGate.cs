using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker.Access;

/// <summary>What a client wants to do with a topic.</summary>
public enum AccessAction
{
    /// <summary>Send a message to a topic name.</summary>
    Publish,

    /// <summary>Subscribe a topic filter.</summary>
    Subscribe,

    /// <summary>Be sent a message of a topic name.</summary>
    Receive,
}

/// <summary>The one place that says who may do what. Called on the broker's I/O thread: it answers from memory, at once.</summary>
public interface IAccessGate
{
    /// <summary>Changes with each change of the rules, so that the broker asks again.</summary>
    int Version { get; }

    /// <summary>Says whether a client may connect.</summary>
    /// <param name="connect">The client's CONNECT.</param>
    /// <param name="origin">By which way it came.</param>
    /// <param name="principal">The name that later questions are asked with.</param>
    /// <returns><see cref="ReasonCode.Success"/> or the reason of the refusal.</returns>
    ReasonCode Admit(ConnectPacket connect, ClientOrigin origin, out string principal);

    /// <summary>Says whether a principal may do something with a topic name or filter. The verdict is kept until <see cref="Version"/> changes.</summary>
    bool Authorize(string principal, AccessAction action, string topic);
}

/// <summary>Lets everybody do everything.</summary>
public sealed class OpenGate : IAccessGate
{
    /// <inheritdoc/>
    public int Version => 0;

    /// <inheritdoc/>
    public ReasonCode Admit(ConnectPacket connect, ClientOrigin origin, out string principal)
    {
        principal = connect.UserName ?? connect.ClientId;
        return ReasonCode.Success;
    }

    /// <inheritdoc/>
    public bool Authorize(string principal, AccessAction action, string topic) => true;
}
