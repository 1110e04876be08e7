using Uns.Mqtt.Broker.Access;
using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker;

/// <content>Enhanced authentication. MQTT 5.0, 4.12.</content>
internal sealed partial class BrokerConnection
{
    /// <summary>Most AUTH packets from the client in one exchange.</summary>
    private const int MaximumAuthenticationRounds = 8;

    private Authentication? _authentication;
    private bool _isAssigned;

    /// <summary>When the exchange under way began, in milliseconds of Unix time; 0: none is.</summary>
    public long AuthenticatingSince => _authentication?.Since ?? 0;

    private void BeginAuthentication(ConnectPacket connect, string name)
    {
        var method = core.Options.AuthenticationMethods.FirstOrDefault(m => string.Equals(m.Name, name, StringComparison.Ordinal));
        if (method is null)
        {
            Refuse(ReasonCode.BadAuthenticationMethod, "The authentication method is not offered."); // [MQTT-4.12.0-1]
            return;
        }

        _authentication = new Authentication(connect, method);
        BeginExchange(_authentication);
        Advance(_authentication, connect.Properties.AuthenticationData);
    }

    private void BeginExchange(Authentication authentication)
    {
        authentication.Exchange = authentication.Method.Begin(authentication.Connect, Link.Origin);
        authentication.Rounds = 0;
        authentication.Since = core.Now;
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
            Advance(_authentication!, auth.Properties.AuthenticationData);
        }
    }

    /// <summary>AUTH on a connection that stands: a new authentication, or a step of it. MQTT 5.0, 4.12.1.</summary>
    private void OnAuth(ReadOnlySpan<byte> body)
    {
        if (_authentication is not { } authentication)
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

        var due = authentication.Exchange is null ? ReasonCode.ReAuthenticate : ReasonCode.ContinueAuthentication;
        if (auth.Reason != due)
        {
            Fail(DecodeFault.Protocol($"AUTH has reason 0x{(byte)auth.Reason:X2} where 0x{(byte)due:X2} is due."));
            return;
        }

        if (authentication.Exchange is null)
        {
            BeginExchange(authentication);
        }

        Advance(authentication, auth.Properties.AuthenticationData);
    }

    private bool IsOfMethod(AuthPacket auth) => string.Equals(auth.Properties.AuthenticationMethod, _authentication!.Method.Name, StringComparison.Ordinal);

    private void Advance(Authentication authentication, byte[]? data)
    {
        var step = ++authentication.Rounds > MaximumAuthenticationRounds ? new(ReasonCode.NotAuthorized) : authentication.Exchange!.Next(data);
        if (step.Reason == ReasonCode.ContinueAuthentication)
        {
            SendAuth(step); // [MQTT-4.12.0-2]
            return;
        }

        authentication.Exchange = null;
        authentication.Since = 0;
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
            var connect = authentication.Connect;
            Accept(connect, step.Principal ?? connect.UserName ?? connect.ClientId, step);
            return;
        }

        SendAuth(step);
    }

    private void SendAuth(AuthenticationStep step)
    {
        var properties = new Properties { AuthenticationMethod = _authentication!.Method.Name, AuthenticationData = step.Data }; // [MQTT-4.12.0-5]
        if (properties.SectionBytes() + 10 > MaximumPacketBytes)
        {
            Fail(new(ReasonCode.PacketTooLarge, "The client's largest packet has no room for AUTH."));
            return;
        }

        new AuthPacket { Reason = step.Reason, Properties = properties }.Write(Output); // [MQTT-3.15.2-1]
        Wrote();
    }

    /// <summary>The method a client chose and the exchange under way. Most clients choose none.</summary>
    private sealed class Authentication(ConnectPacket connect, IAuthenticationMethod method)
    {
        public ConnectPacket Connect { get; } = connect;

        public IAuthenticationMethod Method { get; } = method;

        public IAuthenticationExchange? Exchange { get; set; }

        public int Rounds { get; set; }

        public long Since { get; set; }
    }
}
