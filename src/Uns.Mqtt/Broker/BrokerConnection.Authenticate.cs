using Uns.Mqtt.Broker.Access;
using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker;

/// <content>Enhanced authentication. MQTT 5.0, 4.12.</content>
internal sealed partial class BrokerConnection
{
    /// <summary>Most AUTH packets from the client in one exchange.</summary>
    private const int MaximumAuthenticationRounds = 8;

    private ConnectPacket? _authenticating;
    private IAuthenticationMethod? _method;
    private IAuthenticationExchange? _exchange;
    private bool _isAssigned;
    private int _rounds;

    /// <summary>When the exchange under way began, in milliseconds of Unix time; 0: none is.</summary>
    public long AuthenticatingSince { get; private set; }

    private void BeginAuthentication(ConnectPacket connect, string name)
    {
        _method = core.Options.AuthenticationMethods.FirstOrDefault(m => string.Equals(m.Name, name, StringComparison.Ordinal));
        if (_method is null)
        {
            Refuse(ReasonCode.BadAuthenticationMethod, "The authentication method is not offered."); // [MQTT-4.12.0-1]
            return;
        }

        _authenticating = connect;
        BeginExchange();
        Advance(connect.Properties.AuthenticationData);
    }

    private void BeginExchange()
    {
        _exchange = _method!.Begin(_authenticating!, Link.Origin);
        _rounds = 0;
        AuthenticatingSince = core.Now;
    }

    /// <summary>Before CONNACK only the exchange goes on. [MQTT-3.1.2-30]</summary>
    private void HandleBeforeConnAck(PacketType type, ReadOnlySpan<byte> body)
    {
        if (type == PacketType.Disconnect)
        {
            Close(discardWill: true);
        }
        else if (type != PacketType.Auth)
        {
            Refuse(ReasonCode.ProtocolError, $"{type} came where AUTH or DISCONNECT is due.");
        }
        else if (!AuthPacket.TryRead(body, out var auth, out var fault))
        {
            Refuse(fault.Reason, fault.What);
        }
        else if (auth.Reason != ReasonCode.ContinueAuthentication || !IsOfMethod(auth))
        {
            Refuse(ReasonCode.ProtocolError, "AUTH needs reason 0x18 and the method of CONNECT."); // [MQTT-4.12.0-3] [MQTT-4.12.0-5]
        }
        else
        {
            Advance(auth.Properties.AuthenticationData);
        }
    }

    /// <summary>AUTH on a connection that stands: a new authentication, or a step of it. MQTT 5.0, 4.12.1.</summary>
    private void OnAuth(ReadOnlySpan<byte> body)
    {
        if (_method is null)
        {
            Fail(DecodeFault.Protocol("AUTH came on a connection without an authentication method.")); // [MQTT-4.12.0-7]
            return;
        }

        if (!AuthPacket.TryRead(body, out var auth, out var fault))
        {
            Fail(fault);
            return;
        }

        if (!IsOfMethod(auth))
        {
            Fail(DecodeFault.Protocol("AUTH names another method than CONNECT did.")); // [MQTT-4.12.1-1]
            return;
        }

        var due = _exchange is null ? ReasonCode.ReAuthenticate : ReasonCode.ContinueAuthentication;
        if (auth.Reason != due)
        {
            Fail(DecodeFault.Protocol($"AUTH has reason 0x{(byte)auth.Reason:X2} where 0x{(byte)due:X2} is due."));
            return;
        }

        if (_exchange is null)
        {
            BeginExchange();
        }

        Advance(auth.Properties.AuthenticationData);
    }

    private bool IsOfMethod(AuthPacket auth) => string.Equals(auth.Properties.AuthenticationMethod, _method!.Name, StringComparison.Ordinal);

    private void Advance(byte[]? data)
    {
        var step = ++_rounds > MaximumAuthenticationRounds ? new(ReasonCode.NotAuthorized) : _exchange!.Next(data);
        if (step.Reason == ReasonCode.ContinueAuthentication)
        {
            SendAuth(step); // [MQTT-4.12.0-2]
            return;
        }

        _exchange = null;
        AuthenticatingSince = 0;
        var isGood = step.Reason == ReasonCode.Success && (Session is null || step.Principal is null || step.Principal == Session.Principal);
        if (!isGood)
        {
            var reason = step.Reason >= ReasonCode.UnspecifiedError ? step.Reason : ReasonCode.NotAuthorized;
            if (Session is null)
            {
                Refuse(reason, "The authentication failed."); // [MQTT-4.12.0-4]
            }
            else
            {
                Fail(new(reason == ReasonCode.BadUserNameOrPassword ? ReasonCode.NotAuthorized : reason, "The new authentication failed.")); // [MQTT-4.12.1-2]
            }

            return;
        }

        if (Session is null)
        {
            Accept(_authenticating!, step.Principal ?? _authenticating!.UserName ?? _authenticating!.ClientId, step);
            return;
        }

        SendAuth(step);
    }

    private void SendAuth(AuthenticationStep step)
    {
        var properties = new Properties { AuthenticationMethod = _method!.Name, AuthenticationData = step.Data }; // [MQTT-4.12.0-5]
        if (properties.SectionBytes() + 10 > MaximumPacketBytes)
        {
            Fail(new(ReasonCode.PacketTooLarge, "The client's largest packet has no room for AUTH."));
            return;
        }

        new AuthPacket { Reason = step.Reason, Properties = properties }.Write(Output); // [MQTT-3.15.2-1]
        Wrote();
    }
}
