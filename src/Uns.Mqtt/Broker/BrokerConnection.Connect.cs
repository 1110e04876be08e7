using Microsoft.Extensions.Logging;
using Uns.Mqtt.Broker.Access;
using Uns.Mqtt.Broker.Listeners;
using Uns.Mqtt.Broker.Persistence;
using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker;

/// <content>CONNECT and its answer. MQTT 5.0, 3.1 and 3.2.</content>
internal sealed partial class BrokerConnection
{
    /// <summary>Most user properties of a client that is not admitted yet.</summary>
    private const int MaximumConnectUserProperties = 64;

    /// <summary>True while CONNACK waits for the disk: nothing leaves before it.</summary>
    public bool IsHeld { get; private set; }

    /// <summary>The commit that CONNACK waited for stands, or failed.</summary>
    public void Release(DeferredAnswer answer, bool isKept)
    {
        if (!IsOpen || !IsHeld)
        {
            return;
        }

        IsHeld = false;
        if (!isKept && Session!.IsPersistent)
        {
            Output.Clear();
            Session.ExpirySeconds = answer.ConnAck!.SessionPresent ? Session.ExpirySeconds : 0; // What it was refused it must not find.
            Refuse(ReasonCode.ServerUnavailable, "The store does not take the session.");
            return;
        }

        LogConnected(core.Logger, Session!.ClientId, Link, (int)Version, answer.ConnAck!.SessionPresent);
        MarkDirty();
        Link.Hold(false);
        Receive([]);
    }

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
        MaximumPacketBytes = (int)Math.Min(connect.Properties.MaximumPacketSize ?? int.MaxValue, int.MaxValue);
        _isAssigned = connect.ClientId.Length == 0;
        if (_isAssigned)
        {
            if (Version != ProtocolVersion.V5 && !connect.CleanStart)
            {
                Refuse(ReasonCode.ClientIdentifierNotValid, "An empty client identifier needs a clean session."); // [MQTT-3.1.3-8]
                return;
            }

            connect = connect with { ClientId = $"auto-{Guid.NewGuid():N}" }; // [MQTT-3.1.3-6] [MQTT-3.2.2-16]
        }

        if (FindObstacle(connect) is { } obstacle)
        {
            Refuse(obstacle.Reason, obstacle.What);
            return;
        }

        if (connect.Properties.AuthenticationMethod is { } method)
        {
            BeginAuthentication(connect, method);
            return;
        }

        if (!core.Options.AllowAnonymous && connect.UserName is null)
        {
            Refuse(ReasonCode.NotAuthorized, "The CONNECT has no user name, and anonymous clients are not allowed.");
            return;
        }

        var verdict = core.Options.Access.Admit(connect, Link.Origin, out var principal);
        if (verdict != ReasonCode.Success)
        {
            Refuse(verdict, "The access gate refuses the client."); // [MQTT-3.1.4-2]
            return;
        }

        Accept(connect, principal, default);
    }

    /// <summary>What stands against a CONNECT, whoever sent it.</summary>
    private DecodeFault? FindObstacle(ConnectPacket connect)
    {
        var options = core.Options;
        if (connect.Properties.UserProperties.Count + (connect.Will?.Properties.UserProperties.Count ?? 0) > MaximumConnectUserProperties)
        {
            return new(ReasonCode.QuotaExceeded, $"The CONNECT has more than {MaximumConnectUserProperties} user properties.");
        }

        if (connect.Will is { } will)
        {
            if (will.Qos > options.MaximumQos)
            {
                return new(ReasonCode.QosNotSupported, $"The will's QoS is {(int)will.Qos}: give at most {(int)options.MaximumQos}."); // [MQTT-3.2.2-12]
            }

            if (will.Retain && !options.RetainAvailable)
            {
                return new(ReasonCode.RetainNotSupported, "The will is to be retained, and this server keeps no retained messages."); // [MQTT-3.2.2-13]
            }

            if (!core.HasAllowedSize(will.Topic))
            {
                return new(ReasonCode.TopicNameInvalid, $"The will's topic has more than {options.MaximumTopicLevels} levels or {options.MaximumTopicBytes} bytes.");
            }
        }

        if (core.Counters.Connections >= options.MaximumConnections && !core.IsConnected(connect.ClientId))
        {
            var reason = Version != ProtocolVersion.V5 ? ReasonCode.ServerUnavailable
                : options.ServerReference is null ? ReasonCode.QuotaExceeded : ReasonCode.UseAnotherServer; // [MQTT-4.13.2-1]
            return new(reason, $"{options.MaximumConnections} clients are connected, which is the limit.");
        }

        if (!core.HasRoomFor(connect.ClientId))
        {
            return new(Version == ProtocolVersion.V5 ? ReasonCode.QuotaExceeded : ReasonCode.ServerUnavailable, "There are as many sessions as may be.");
        }

        return null;
    }

    private void Accept(ConnectPacket connect, string principal, AuthenticationStep step)
    {
        if (connect.Will is { } own && core.IsOwn(own.Topic))
        {
            Refuse(ReasonCode.NotAuthorized, "The will's topic is one that only the server writes.");
            return;
        }

        if (connect.Will is { } will && !core.Options.Access.Authorize(principal, AccessAction.Publish, will.Topic))
        {
            Refuse(ReasonCode.NotAuthorized, "The client may not publish to its will's topic.");
            return;
        }

        if (core.IsOfAnother(connect.ClientId, principal))
        {
            Refuse(ReasonCode.NotAuthorized, "The client identifier belongs to another user's session.");
            return;
        }

        if (core.WaitForTakeOver(connect.ClientId, this) is { } wait && wait > TimeSpan.Zero)
        {
            var reason = Version == ProtocolVersion.V5 ? ReasonCode.ConnectionRateExceeded : ReasonCode.ServerUnavailable;
            Refuse(reason, $"Another client keeps connecting with the identifier '{connect.ClientId}': come again in {Math.Ceiling(wait.TotalSeconds)} s, or with another identifier.");
            return;
        }

        var v5 = Version == ProtocolVersion.V5;
        var wanted = v5 ? connect.Properties.SessionExpiryInterval ?? 0 : connect.CleanStart ? 0 : core.MaximumSessionExpirySeconds;
        var expiry = Math.Min(wanted, core.MaximumSessionExpirySeconds);
        if (expiry > 0 && core.Journal is { IsFailing: true })
        {
            Refuse(ReasonCode.ServerUnavailable, "The store does not take new sessions.");
            return;
        }

        Since = core.Now;
        KeepAliveSeconds = EffectiveKeepAlive(connect); // [MQTT-3.2.2-22]
        var limits = v5 ? Limits(connect, expiry == wanted ? null : expiry, step.Data) : Properties.None;
        if (v5 && limits.SectionBytes() + 9 > MaximumPacketBytes)
        {
            Refuse(ReasonCode.PacketTooLarge, ""); // [MQTT-3.1.2-24]
            return;
        }

        // [MQTT-3.1.4-4]
        var (session, isPresent) = core.Begin(this, connect, principal, expiry);
        Session = session;
        session.SendMaximum = Math.Min(connect.Properties.ReceiveMaximum ?? ushort.MaxValue, core.Options.MaximumInflight); // [MQTT-4.9.0-1]
        BeginAliases(connect.Properties.TopicAliasMaximum ?? 0);
        var answer = new ConnAckPacket
        {
            SessionPresent = isPresent, // [MQTT-3.2.2-2] [MQTT-3.2.2-3]
            Properties = limits,
        };
        answer.Write(Output, Version); // [MQTT-3.1.4-5] [MQTT-3.2.0-1]
        core.Counters.ControlPacketsOut++;
        if (core.Journal is { IsFailing: false } journal && (session.IsPersistent || session.Will is not null))
        {
            IsHeld = true;
            Link.Hold(true); // What came behind CONNECT is not for a client that may yet be refused. [MQTT-3.1.4-6]
            journal.Defer(new(this, default, null, answer));
        }
        else
        {
            MarkDirty();
            LogConnected(core.Logger, session.ClientId, Link, (int)Version, isPresent);
        }

        if (isPresent)
        {
            session.BeginResend();
            core.Outbox.Pump(session);
        }
    }

    /// <summary>A server keep alive binds MQTT 5.0 clients, which are told of it; 3.1.1 has no word for it.</summary>
    private ushort EffectiveKeepAlive(ConnectPacket connect)
    {
        var most = (ushort)core.Options.ServerKeepAlive.TotalSeconds;
        var isCut = Version == ProtocolVersion.V5 && most > 0 && (connect.KeepAliveSeconds == 0 || connect.KeepAliveSeconds > most);
        return isCut ? most : connect.KeepAliveSeconds;
    }

    /// <summary>What a client must know of this server.</summary>
    private Properties Limits(ConnectPacket connect, uint? cutExpiry, byte[]? authenticationData)
    {
        var options = core.Options;
        return new()
        {
            SessionExpiryInterval = cutExpiry,
            ReceiveMaximum = options.ReceiveMaximum < ushort.MaxValue ? (ushort)options.ReceiveMaximum : null,
            MaximumQos = options.MaximumQos < QualityOfService.ExactlyOnce ? (byte)options.MaximumQos : null, // [MQTT-3.2.2-9]
            RetainAvailable = options.RetainAvailable ? null : 0,
            MaximumPacketSize = (uint)options.MaximumPacketBytes,
            TopicAliasMaximum = MaximumAlias > 0 ? (ushort)MaximumAlias : null,
            AssignedClientIdentifier = _isAssigned ? connect.ClientId : null, // [MQTT-3.1.3-7]
            ServerKeepAlive = KeepAliveSeconds == connect.KeepAliveSeconds ? null : KeepAliveSeconds,
            ResponseInformation = connect.Properties.RequestResponseInformation == 1 ? options.ResponseInformation : null, // [MQTT-3.1.2-28]
            AuthenticationMethod = connect.Properties.AuthenticationMethod, // [MQTT-4.12.0-5] [MQTT-4.12.0-6]
            AuthenticationData = authenticationData,
        };
    }

    private void Refuse(ReasonCode reason, string what)
    {
        LogRefused(core.Logger, Link.Remote, (byte)reason, what);

        // Bytes that are no CONNECT of a known version get no answer they could not read. [MQTT-3.1.2-1] [MQTT-3.2.2-7]
        if (Version == ProtocolVersion.V5 || reason != ReasonCode.MalformedPacket)
        {
            var properties = Version == ProtocolVersion.V5
                ? Explain(what, reason == ReasonCode.UseAnotherServer ? core.Options.ServerReference : null)
                : Properties.None;
            if (Version != ProtocolVersion.V5 || properties.SectionBytes() + 5 <= MaximumPacketBytes)
            {
                new ConnAckPacket { Reason = reason, Properties = properties }.Write(Output, Version);
                core.Counters.ControlPacketsOut++;
            }
        }

        Close(discardWill: true);
    }

    /// <summary>A reason in words, as far as the client's packet size lets it through.</summary>
    private Properties Explain(string what, string? serverReference)
    {
        var bare = serverReference is null ? Properties.None : new Properties { ServerReference = serverReference };
        var full = what.Length == 0 ? bare : bare with { ReasonString = what };
        return full.SectionBytes() + 9 <= MaximumPacketBytes ? full : bare; // [MQTT-3.2.2-19] [MQTT-3.14.2-3]
    }

    [LoggerMessage(1002, LogLevel.Information, "{ClientId} connected from {Remote} with protocol level {Level}; session present: {SessionPresent}.")]
    private static partial void LogConnected(ILogger logger, string clientId, ILink remote, int level, bool sessionPresent);

    [LoggerMessage(1003, LogLevel.Warning, "A connection from {Remote} was refused with reason 0x{Reason:X2}. {What}")]
    private static partial void LogRefused(ILogger logger, string remote, byte reason, string what);
}
