using Microsoft.Extensions.Logging;
using Uns.Mqtt.Broker.Access;
using Uns.Mqtt.Broker.Listeners;
using Uns.Mqtt.Broker.Sessions;
using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker;

/// <summary>
/// One client's connection: bytes in, packets handled, bytes out. Knows no transport. Lives on the I/O thread.
/// </summary>
internal sealed partial class BrokerConnection(BrokerCore core, ILink link)
{
    private byte[] _partial = [];
    private int _partialBytes;
    private bool _isFeeding;
    private long _sentBefore;
    private long _stalledSince = core.Now;
    private bool _isUnread; // The client sends and takes no answers: it is not heard until it does.

    public ILink Link { get; } = link;

    public OutputBuffer Output { get; } = new(core.Buffers);

    /// <summary>The session, once CONNECT was accepted.</summary>
    public Session? Session { get; set; }

    public ProtocolVersion Version { get; set; } = ProtocolVersion.V311;

    /// <summary>Largest packet that the client takes, in bytes.</summary>
    public int MaximumPacketBytes { get; set; } = int.MaxValue;

    /// <summary>Longest silence, in milliseconds; 0: no limit.</summary>
    public long SilenceLimit => KeepAliveSeconds * 1500L; // [MQTT-3.1.2-22]

    public long LastHeard { get; set; } = core.Now;

    /// <summary>When CONNECT was accepted, before that when the transport was opened, in milliseconds of Unix time.</summary>
    public long Since { get; private set; } = core.Now;

    public ushort KeepAliveSeconds { get; set; }

    public bool IsOpen { get; private set; } = true;

    public bool IsDirty { get; set; }

    /// <summary>Set when the connection is to be closed at the end of the batch.</summary>
    public ReasonCode CloseReason { get; set; }

    /// <summary>True while its bytes are not read, because the disk is behind with what it sent.</summary>
    public bool IsWaitingForDisk { get; private set; }

    /// <summary>True while its silence is our doing: its bytes are not read.</summary>
    public bool IsNotHeard => IsWaitingForDisk || _isUnread;

    /// <summary>True while the transport has left bytes that it was given.</summary>
    public bool IsBlocked { get; set; }

    /// <summary>True when the client has taken none of the bytes that wait for it for longer than it may. Asked once a second.</summary>
    public bool IsStalled(TimeSpan longest)
    {
        if (!IsBlocked || Output.SentBytes != _sentBefore)
        {
            (_sentBefore, _stalledSince) = (Output.SentBytes, core.Now);
            return false;
        }

        return core.Now - _stalledSince > longest.TotalMilliseconds && Link.Origin.Listener != ClientListener.InProcess;
    }

    /// <summary>The disk has caught up: bytes are read again.</summary>
    public void Resume()
    {
        IsWaitingForDisk = false;
        HearAgain();
    }

    private void HearAgain()
    {
        if (IsOpen && !IsWaitingForDisk && !_isUnread)
        {
            LastHeard = core.Now; // Its silence was our doing.
            Link.Hold(false);
        }
    }

    /// <summary>Takes bytes of the transport; a packet's beginning is kept until the rest comes.</summary>
    public void Receive(ReadOnlySpan<byte> bytes)
    {
        LastHeard = core.Now;
        core.Counters.BytesIn += bytes.Length;
        try
        {
            Take(bytes);
            if (IsOpen && !_isUnread && Output.Count > 2L * core.Options.OutboundBytes)
            {
                _isUnread = true;
                Link.Hold(true);
            }

            if (IsOpen && !IsWaitingForDisk && Deferred > 0 && core.WaitsForDisk(this))
            {
                IsWaitingForDisk = true;
                Link.Hold(true);
            }
        }
#pragma warning disable CA1031 // A fault of ours in one client's packet must not end the service for all.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogBroken(core.Logger, Session?.ClientId ?? "(not connected)", Link.Remote, e);
            Disconnect(ReasonCode.UnspecifiedError);
        }
    }

    /// <summary>A packet other than PUBLISH was written.</summary>
    private void Wrote()
    {
        core.Counters.ControlPacketsOut++;
        MarkDirty();
    }

    public void MarkDirty()
    {
        if (!IsDirty)
        {
            IsDirty = true;
            core.Dirty.Add(this);
        }
    }

    /// <summary>The transport took bytes: what waited for room may follow.</summary>
    public void Drained()
    {
        IsBlocked = Output.Count > 0;
        core.Drained(this);
        if (_isUnread && Output.Count <= core.Options.OutboundBytes)
        {
            _isUnread = false;
            HearAgain();
        }
    }

    /// <summary>Ends the connection because of what the peer sent. [MQTT-4.13.1-1]</summary>
    public void Fail(DecodeFault fault)
    {
        if (!IsOpen)
        {
            return;
        }

        core.Counters.ProtocolFaults++;
        LogFault(core.Logger, Session?.ClientId ?? "(not connected)", Link.Remote, (byte)fault.Reason, fault.What);
        Disconnect(fault.Reason, fault.What);
    }

    /// <summary>Tells the client why, as far as its version can be told, and ends the connection.</summary>
    public void Disconnect(ReasonCode reason, string what = "")
    {
        if (!IsOpen)
        {
            return;
        }

        if (Session is not null && Version == ProtocolVersion.V5)
        {
            var reference = reason == ReasonCode.UseAnotherServer ? core.Options.ServerReference : null;
            new DisconnectPacket { Reason = reason, Properties = Explain(what, reference) }.Write(Output, Version); // [MQTT-3.14.2-2]
            core.Counters.ControlPacketsOut++;
        }

        Close(discardWill: false);
    }

    /// <summary>The transport is gone, or goes now. [MQTT-3.14.4-2]</summary>
    public void Close(bool discardWill)
    {
        if (!IsOpen)
        {
            return;
        }

        IsOpen = false;
        if (IsHeld)
        {
            Output.Clear(); // CONNACK promised what is not on the disk yet.
        }

        Link.Close(this);
        Output.Clear();
        if (!_isFeeding)
        {
            ForgetPartial(); // Else the packet at hand still lies in it.
        }

        core.Ended(this, discardWill);
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        if (_partialBytes == 0)
        {
            Keep(bytes[Feed(bytes)..]);
            return;
        }

        Keep(bytes);
        _isFeeding = true;
        int consumed;
        try
        {
            consumed = Feed(_partial.AsSpan(0, _partialBytes));
        }
        finally
        {
            _isFeeding = false;
        }

        var left = IsOpen ? _partialBytes - consumed : 0;
        if (left == 0)
        {
            ForgetPartial();
        }
        else if (consumed > 0)
        {
            Buffer.BlockCopy(_partial, consumed, _partial, 0, left);
            _partialBytes = left;
        }
    }

    /// <summary>Adds bytes to the packet that is not whole yet. Bounded by the largest packet and one read.</summary>
    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || !IsOpen)
        {
            return;
        }

        if (_partial.Length < _partialBytes + bytes.Length)
        {
            var larger = core.Buffers.Rent(Math.Max(256, (_partialBytes + bytes.Length) * 2));
            Buffer.BlockCopy(_partial, 0, larger, 0, _partialBytes);
            var count = _partialBytes;
            ForgetPartial();
            (_partial, _partialBytes) = (larger, count);
        }

        bytes.CopyTo(_partial.AsSpan(_partialBytes));
        _partialBytes += bytes.Length;
    }

    private void ForgetPartial()
    {
        core.Buffers.Return(_partial);
        _partial = [];
        _partialBytes = 0;
    }

    /// <summary>Handles all whole packets.</summary>
    /// <returns>Bytes that were handled; the rest begins a packet that is not whole yet.</returns>
    private int Feed(ReadOnlySpan<byte> wire)
    {
        var consumed = 0;
        while (IsOpen && !IsHeld && CloseReason == ReasonCode.Success)
        {
            var rest = wire[consumed..];
            var status = FixedHeader.Read(rest, out var header, out var fault);
            if (status == HeaderStatus.NeedMore)
            {
                break;
            }

            if (status == HeaderStatus.Malformed)
            {
                Fail(Session is null ? fault with { What = fault.What + Guess(rest) } : fault);
                break;
            }

            var most = Session is null ? core.MaximumConnectBytes : core.Options.MaximumPacketBytes;
            if (header.PacketBytes > most)
            {
                Fail(new(ReasonCode.PacketTooLarge, $"The packet has {header.PacketBytes} bytes: send at most {most}.")); // [MQTT-3.2.2-15]
                break;
            }

            if (Session is null && header.Type != PacketType.Connect && _authentication is null)
            {
                Fail(DecodeFault.Protocol($"The first packet is {header.Type}: send CONNECT.{Guess(rest)}")); // [MQTT-3.1.0-1]
                break;
            }

            if (rest.Length < header.PacketBytes)
            {
                break;
            }

            core.Counters.PacketsIn++;
            Handle(header, rest[..header.PacketBytes]);
            consumed += header.PacketBytes;
        }

        return IsOpen ? consumed : wire.Length;
    }

    // What people point at this port by mistake.
    private static string Guess(ReadOnlySpan<byte> first) =>
        first is [0x16, 0x03, ..] ? " The client speaks TLS: send it to the port for TLS, or turn TLS off in it."
        : first.StartsWith("GET "u8) || first.StartsWith("POST "u8) || first.StartsWith("HEAD "u8) || first.StartsWith("PUT "u8) || first.StartsWith("OPTIONS "u8)
            ? " The client speaks HTTP: pages and WebSocket have a port of their own."
            : "";

    private void Handle(FixedHeader header, ReadOnlySpan<byte> packet)
    {
        var body = packet[header.HeaderBytes..];
        if (Session is null)
        {
            if (_authentication is not null)
            {
                HandleBeforeConnAck(header.Type, body);
            }
            else
            {
                OnConnect(body);
            }

            return;
        }

        DecodeFault fault;
        switch (header.Type)
        {
            case PacketType.Publish:
                OnPublish(header, packet);
                break;
            case PacketType.PubAck or PacketType.PubRec or PacketType.PubRel or PacketType.PubComp:
                OnPublishAck(header.Type, body);
                break;
            case PacketType.Subscribe:
                OnSubscribe(body);
                break;
            case PacketType.Unsubscribe:
                OnUnsubscribe(body);
                break;
            case PacketType.PingReq:
                if (PingPacket.TryRead(body, out fault))
                {
                    Output.Append(PingPacket.Response); // [MQTT-3.12.4-1]
                    Wrote();
                }
                else
                {
                    Fail(fault);
                }

                break;
            case PacketType.Disconnect:
                OnDisconnect(body);
                break;
            case PacketType.Connect:
                Fail(DecodeFault.Protocol("A second CONNECT came.")); // [MQTT-3.1.0-2]
                break;
            case PacketType.Auth:
                OnAuth(body);
                break;
            default:
                Fail(DecodeFault.Protocol($"{header.Type} came, which only a server sends."));
                break;
        }
    }

    private void OnDisconnect(ReadOnlySpan<byte> body)
    {
        if (!DisconnectPacket.TryRead(body, Version, out var packet, out var fault))
        {
            Fail(fault);
            return;
        }

        if (packet.Properties.SessionExpiryInterval is { } expiry)
        {
            if (Session!.ExpirySeconds == 0 && expiry > 0)
            {
                Fail(DecodeFault.Protocol("DISCONNECT gives a session expiry to a session that began without one.")); // MQTT 5.0, 3.14.2.2.2
                return;
            }

            Session.ExpirySeconds = Math.Min(expiry, core.MaximumSessionExpirySeconds);
        }

        Close(discardWill: packet.Reason == ReasonCode.Success); // [MQTT-3.14.4-3]
    }

    [LoggerMessage(1005, LogLevel.Error, "A packet of {ClientId} from {Remote} could not be handled because of a fault in the broker; its connection is ended.")]
    private static partial void LogBroken(ILogger logger, string clientId, string remote, Exception exception);

    [LoggerMessage(1001, LogLevel.Warning, "The connection of {ClientId} from {Remote} was ended with reason 0x{Reason:X2}. {What}")]
    private static partial void LogFault(ILogger logger, string clientId, string remote, byte reason, string what);
}
