using System.Buffers;

namespace Uns.Mqtt.Packets;

/// <summary>The message that the server sends in a client's name when its connection ends badly. MQTT 5.0, 3.1.2.5.</summary>
public sealed record Will
{
    /// <summary>Topic of the will; without wildcards.</summary>
    public required string Topic { get; init; }

    /// <summary>Payload, 0 to 65,535 bytes.</summary>
    public byte[] Payload { get; init; } = [];

    /// <summary>QoS that the will is published at.</summary>
    public QualityOfService Qos { get; init; }

    /// <summary>True: the will is published as a retained message.</summary>
    public bool Retain { get; init; }

    /// <summary>The message's properties and the will delay; empty on 3.1.1.</summary>
    public Properties Properties { get; init; } = Properties.None;
}

/// <summary>CONNECT: a client asks to begin or resume a session. MQTT 5.0, 3.1.</summary>
public sealed record ConnectPacket
{
    private static readonly ConnectPacket Unread = new();

    /// <summary>The protocol spoken on this connection.</summary>
    public ProtocolVersion Version { get; init; } = ProtocolVersion.V5;

    /// <summary>Name of the client, unique on the server; empty: the server chooses.</summary>
    public string ClientId { get; init; } = "";

    /// <summary>True: an older session is dropped. Clean Session in 3.1.1.</summary>
    public bool CleanStart { get; init; } = true;

    /// <summary>Longest silence of the client, in seconds; 0: no limit.</summary>
    public ushort KeepAliveSeconds { get; init; }

    /// <summary>The will; null when there is none.</summary>
    public Will? Will { get; init; }

    /// <summary>User name; null when there is none.</summary>
    public string? UserName { get; init; }

    /// <summary>Password; null when there is none.</summary>
    public byte[]? Password { get; init; }

    /// <summary>Properties of the connection; empty on 3.1.1.</summary>
    public Properties Properties { get; init; } = Properties.None;

    /// <summary>Reads a CONNECT.</summary>
    /// <param name="body">The bytes behind the fixed header. Not kept.</param>
    /// <param name="packet">The packet, when true is returned.</param>
    /// <param name="fault">What is wrong, when false is returned; 0x84 when the version is not spoken here.</param>
    public static bool TryRead(ReadOnlySpan<byte> body, out ConnectPacket packet, out DecodeFault fault)
    {
        packet = Unread;
        var reader = new FieldReader(body);
        var name = reader.Binary("protocol name");
        var level = reader.Byte("protocol version");
        if (!reader.Failed && (!name.SequenceEqual("MQTT"u8) || level is not ((byte)ProtocolVersion.V311 or (byte)ProtocolVersion.V5)))
        {
            // [MQTT-3.1.2-1] [MQTT-3.1.2-2]
            fault = new(ReasonCode.UnsupportedProtocolVersion, $"The protocol is of {name.Length} letters and version {level}: speak MQTT 3.1.1 (4) or 5.0 (5).");
            return false;
        }

        var version = (ProtocolVersion)level;
        var flags = reader.Byte("connect flags");
        CheckFlags(ref reader, flags, version);
        var keepAlive = reader.UInt16("keep alive");
        var properties = version == ProtocolVersion.V5 ? Properties.Read(ref reader, PacketType.Connect) : Properties.None;
        var clientId = reader.Text("client identifier"); // [MQTT-3.1.3-3] [MQTT-3.1.3-4]
        var will = (flags & 0x04) != 0 ? ReadWill(ref reader, flags, version) : null; // [MQTT-3.1.2-9]
        var userName = (flags & 0x80) != 0 ? reader.Text("user name") : null; // [MQTT-3.1.2-16] [MQTT-3.1.2-17]
        var password = (flags & 0x40) != 0 ? reader.Binary("password").ToArray() : null; // [MQTT-3.1.2-18] [MQTT-3.1.2-19]
        reader.End();
        fault = reader.Fault;
        if (reader.Failed)
        {
            return false;
        }

        packet = new ConnectPacket
        {
            Version = version,
            ClientId = clientId,
            CleanStart = (flags & 0x02) != 0,
            KeepAliveSeconds = keepAlive,
            Will = will,
            UserName = userName,
            Password = password,
            Properties = properties,
        };
        return true;
    }

    /// <summary>Writes the packet.</summary>
    public void Write(IBufferWriter<byte> output)
    {
        var v5 = Version == ProtocolVersion.V5;
        var bytes = 10 + (v5 ? Properties.WireBytes() : 0) + FieldWriter.TextBytes(ClientId);
        if (Will is not null)
        {
            bytes += (v5 ? Will.Properties.WireBytes() : 0) + FieldWriter.TextBytes(Will.Topic) + 2 + Will.Payload.Length;
        }

        bytes += UserName is null ? 0 : FieldWriter.TextBytes(UserName);
        bytes += Password is null ? 0 : 2 + Password.Length;

        var writer = FieldWriter.Begin(output, (byte)PacketType.Connect << 4, bytes);
        writer.Binary("MQTT"u8);
        writer.Byte((byte)Version);
        writer.Byte(Flags());
        writer.UInt16(KeepAliveSeconds);
        if (v5)
        {
            Properties.Write(ref writer);
        }

        writer.Text(ClientId); // [MQTT-3.1.3-1]
        if (Will is not null)
        {
            if (v5)
            {
                Will.Properties.Write(ref writer);
            }

            writer.Text(Will.Topic);
            writer.Binary(Will.Payload);
        }

        if (UserName is not null)
        {
            writer.Text(UserName);
        }

        if (Password is not null)
        {
            writer.Binary(Password);
        }

        writer.Finish(output);
    }

    private byte Flags()
    {
        var flags = (CleanStart ? 0x02 : 0) | (UserName is null ? 0 : 0x80) | (Password is null ? 0 : 0x40);
        if (Will is not null)
        {
            flags |= 0x04 | ((int)Will.Qos << 3) | (Will.Retain ? 0x20 : 0);
        }

        return (byte)flags;
    }

    private static void CheckFlags(ref FieldReader reader, byte flags, ProtocolVersion version)
    {
        if ((flags & 0x01) != 0)
        {
            reader.Fail(DecodeFault.Malformed("The reserved connect flag is set.")); // [MQTT-3.1.2-3]
        }
        else if ((flags & 0x18) == 0x18)
        {
            reader.Fail(DecodeFault.Malformed("The will QoS is 3: give 0, 1 or 2.")); // [MQTT-3.1.2-12]
        }
        else if ((flags & 0x04) == 0 && (flags & 0x38) != 0)
        {
            reader.Fail(DecodeFault.Malformed("Will QoS or will retain is set without a will.")); // [MQTT-3.1.2-11] [MQTT-3.1.2-13]
        }
        else if (version == ProtocolVersion.V311 && (flags & 0xC0) == 0x40)
        {
            reader.Fail(DecodeFault.Malformed("A password came without a user name.")); // MQTT 3.1.1, [MQTT-3.1.2-22] there.
        }
    }

    private static Will ReadWill(ref FieldReader reader, byte flags, ProtocolVersion version)
    {
        var properties = version == ProtocolVersion.V5 ? Properties.Read(ref reader, PropertyReader.Will) : Properties.None;
        var topic = reader.Text("will topic"); // [MQTT-3.1.3-11]
        var payload = reader.Binary("will payload").ToArray();
        if (!reader.Failed && !TextRules.IsTopicName(topic))
        {
            reader.Fail(new(ReasonCode.TopicNameInvalid, "The will topic is empty or holds a wildcard."));
        }

        if (!reader.Failed && properties.PayloadFormatIndicator == 1 && !System.Text.Unicode.Utf8.IsValid(payload))
        {
            reader.Fail(new(ReasonCode.PayloadFormatInvalid, "The will payload is declared as text and is not UTF-8."));
        }

        return new Will { Topic = topic, Payload = payload, Qos = (QualityOfService)((flags >> 3) & 3), Retain = (flags & 0x20) != 0, Properties = properties };
    }
}
