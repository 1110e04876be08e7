using Microsoft.Extensions.Logging;
using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker;

/// <content>CONNECT and its answer. MQTT 5.0, 3.1 and 3.2.</content>
internal sealed partial class BrokerConnection
{
    private void OnConnect(ReadOnlySpan<byte> body)
    {
        if (!ConnectPacket.TryRead(body, out var connect, out var fault))
        {
            Version = body.Length > 6 && body[6] >= (byte)ProtocolVersion.V5 ? ProtocolVersion.V5 : ProtocolVersion.V311;
            core.Counters.ProtocolFaults++;
            Refuse(fault.Reason, fault.What); // [MQTT-3.1.4-1]
            return;
        }

        Version = connect.Version;
        var v5 = Version == ProtocolVersion.V5;
        if (connect.Properties.AuthenticationMethod is not null)
        {
            Refuse(ReasonCode.BadAuthenticationMethod, "No enhanced authentication is offered."); // [MQTT-4.12.0-1]
            return;
        }

        var isAssigned = connect.ClientId.Length == 0;
        if (isAssigned)
        {
            if (!v5 && !connect.CleanStart)
            {
                Refuse(ReasonCode.ClientIdentifierNotValid, "An empty client identifier needs a clean session."); // [MQTT-3.1.3-8]
                return;
            }

            connect = connect with { ClientId = $"auto-{Guid.NewGuid():N}" }; // [MQTT-3.1.3-6] [MQTT-3.2.2-16]
        }

        if (core.Counters.Connections >= core.Options.MaximumConnections)
        {
            Refuse(v5 ? ReasonCode.QuotaExceeded : ReasonCode.ServerUnavailable, $"{core.Options.MaximumConnections} clients are connected, which is the limit.");
            return;
        }

        var verdict = core.Options.Access.Admit(connect, Remote, out var principal);
        if (verdict != ReasonCode.Success)
        {
            Refuse(verdict, "The access gate refuses the client."); // [MQTT-3.1.4-2]
            return;
        }

        Accept(connect, principal, isAssigned);
    }

    private void Accept(ConnectPacket connect, string principal, bool isAssigned)
    {
        var v5 = Version == ProtocolVersion.V5;
        var wanted = v5 ? connect.Properties.SessionExpiryInterval ?? 0 : connect.CleanStart ? 0 : core.MaximumSessionExpirySeconds;
        var expiry = Math.Min(wanted, core.MaximumSessionExpirySeconds);
        ConnectedAt = core.Clock.GetUtcNow();
        KeepAliveSeconds = connect.KeepAliveSeconds; // [MQTT-3.2.2-22]
        SilenceLimit = connect.KeepAliveSeconds * 1500L; // [MQTT-3.1.2-22]
        MaximumPacketBytes = connect.Properties.MaximumPacketSize ?? long.MaxValue;

        // [MQTT-3.1.4-4]
        var (session, isPresent) = core.Begin(this, connect, principal, expiry);
        Session = session;
        session.SendMaximum = connect.Properties.ReceiveMaximum ?? ushort.MaxValue; // [MQTT-4.9.0-1]
        var answer = new ConnAckPacket
        {
            SessionPresent = isPresent, // [MQTT-3.2.2-2] [MQTT-3.2.2-3]
            Properties = v5 ? Limits(connect, expiry == wanted ? null : expiry, isAssigned) : Properties.None,
        };
        answer.Write(Output, Version); // [MQTT-3.1.4-5] [MQTT-3.2.0-1]
        MarkDirty();
        LogConnected(core.Logger, session.ClientId, Link.Remote, (int)Version, isPresent);
        if (isPresent)
        {
            session.BeginResend();
            core.Outbox.Pump(session);
        }
    }

    /// <summary>What a client must know of this server.</summary>
    private Properties Limits(ConnectPacket connect, uint? cutExpiry, bool isAssigned) => new()
    {
        SessionExpiryInterval = cutExpiry,
        ReceiveMaximum = core.Options.ReceiveMaximum < ushort.MaxValue ? (ushort)core.Options.ReceiveMaximum : null,
        MaximumPacketSize = (uint)core.Options.MaximumPacketBytes,
        TopicAliasMaximum = core.Options.TopicAliasMaximum > 0 ? (ushort)core.Options.TopicAliasMaximum : null,
        AssignedClientIdentifier = isAssigned ? connect.ClientId : null, // [MQTT-3.1.3-7]
    };

    private void Refuse(ReasonCode reason, string what)
    {
        LogRefused(core.Logger, Link.Remote, (byte)reason, what);

        // Bytes that are no CONNECT of a known version get no answer they could not read. [MQTT-3.1.2-1] [MQTT-3.2.2-7]
        if (Version == ProtocolVersion.V5 || reason != ReasonCode.MalformedPacket)
        {
            new ConnAckPacket { Reason = reason }.Write(Output, Version);
        }

        Close(discardWill: true);
    }

    [LoggerMessage(1002, LogLevel.Information, "{ClientId} connected from {Remote} with protocol level {Level}; session present: {SessionPresent}.")]
    private static partial void LogConnected(ILogger logger, string clientId, string remote, int level, bool sessionPresent);

    [LoggerMessage(1003, LogLevel.Warning, "A connection from {Remote} was refused with reason 0x{Reason:X2}. {What}")]
    private static partial void LogRefused(ILogger logger, string remote, byte reason, string what);
}
