using System.Buffers.Binary;
using System.Text;

namespace Uns.Mqtt.Packets;

/// <summary>
/// Takes a packet's fields off a span, one after the other. The first fault stays: later fields read as zero or empty,
/// so a decoder reads all it wants and asks once, at the end, whether it may believe it.
/// </summary>
internal ref struct FieldReader(ReadOnlySpan<byte> wire)
{
    private ReadOnlySpan<byte> _rest = wire;

    /// <summary>What went wrong first; default while nothing has.</summary>
    public DecodeFault Fault { get; private set; }

    public readonly bool Failed => Fault.What is not null;

    public readonly bool AtEnd => _rest.IsEmpty;

    public readonly ReadOnlySpan<byte> Rest => _rest;

    public void Fail(DecodeFault fault)
    {
        if (!Failed)
        {
            Fault = fault;
        }

        _rest = default;
    }

    public byte Byte(string field)
    {
        var bytes = Take(1, field);
        return bytes.IsEmpty ? (byte)0 : bytes[0];
    }

    public ushort UInt16(string field)
    {
        var bytes = Take(2, field);
        return bytes.IsEmpty ? (ushort)0 : BinaryPrimitives.ReadUInt16BigEndian(bytes);
    }

    public uint UInt32(string field)
    {
        var bytes = Take(4, field);
        return bytes.IsEmpty ? 0 : BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }

    /// <summary>A packet identifier, which is never zero. [MQTT-2.2.1-3]</summary>
    public ushort PacketId()
    {
        var id = UInt16("packet identifier");
        if (id == 0 && !Failed)
        {
            Fail(DecodeFault.Protocol("The packet identifier is 0: give 1 to 65535."));
        }

        return id;
    }

    /// <summary>A variable byte integer, in the fewest bytes that hold it. [MQTT-1.5.5-1]</summary>
    public int VariableInteger(string field)
    {
        var value = 0;
        for (var i = 0; i < 4; i++)
        {
            var digit = Byte(field);
            if (Failed)
            {
                return 0;
            }

            value |= (digit & 0x7F) << (7 * i);
            if ((digit & 0x80) == 0)
            {
                if (digit == 0 && i > 0)
                {
                    Fail(DecodeFault.Malformed($"The {field} is written in more bytes than it needs."));
                    return 0;
                }

                return value;
            }
        }

        Fail(DecodeFault.Malformed($"The {field} goes on behind its fourth byte."));
        return 0;
    }

    /// <summary>Bytes behind a two-byte length.</summary>
    public ReadOnlySpan<byte> Binary(string field) => Take(UInt16(field), field);

    /// <summary>Text behind a two-byte length, still as bytes. [MQTT-1.5.4-1] [MQTT-1.5.4-2]</summary>
    public ReadOnlySpan<byte> TextBytes(string field)
    {
        var bytes = Binary(field);
        if (!Failed && !TextRules.IsText(bytes))
        {
            Fail(DecodeFault.Malformed($"The {field} is not well-formed UTF-8 or holds U+0000."));
            return default;
        }

        return bytes;
    }

    /// <summary>Text behind a two-byte length. A byte order mark is kept as the character it is. [MQTT-1.5.4-3]</summary>
    public string Text(string field) => Encoding.UTF8.GetString(TextBytes(field));

    /// <summary>The next <paramref name="count"/> bytes as they stand.</summary>
    public ReadOnlySpan<byte> Take(int count, string field)
    {
        if (Failed || _rest.Length < count)
        {
            Fail(DecodeFault.Malformed($"The packet ends inside the {field}."));
            return default;
        }

        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    /// <summary>Nothing may stand behind the last field.</summary>
    public void End()
    {
        if (!Failed && !AtEnd)
        {
            Fail(DecodeFault.Malformed($"{_rest.Length} bytes stand behind the packet's last field."));
        }
    }
}
