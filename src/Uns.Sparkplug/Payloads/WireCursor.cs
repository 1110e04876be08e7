using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace Uns.Sparkplug.Payloads;

/// <summary>
/// Reads the primitives of protobuf from bytes. The first fault stops it: from then on it is at the end and gives zeros,
/// so that callers ask for the fault once.
/// </summary>
/// <param name="bytes">One message's bytes.</param>
/// <param name="start">Where they begin in the payload, for the offset of a fault.</param>
internal ref struct WireCursor(ReadOnlySpan<byte> bytes, int start = 0)
{
    /// <summary>Highest tag of protobuf: field 2^29 - 1 with its wire type.</summary>
    private const ulong HighestTag = uint.MaxValue;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private readonly int _start = start;
    private int _at;

    /// <summary>Why reading stopped; none while it goes on.</summary>
    public PayloadFaultKind Fault { get; private set; }

    /// <summary>Where the next byte stands, or the faulty one, counted from the payload's first.</summary>
    public readonly int Offset => _start + (Fault == PayloadFaultKind.None ? _at : FaultAt);

    /// <summary>How many of this cursor's bytes are behind it.</summary>
    public readonly int Position => _at;

    private int FaultAt { get; set; }

    /// <summary>Takes the next tag.</summary>
    /// <returns>False at the end and after a fault.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Next(out uint tag)
    {
        if ((uint)_at < (uint)_bytes.Length)
        {
            uint first = _bytes[_at];
            if (first is < 0x80 and >= 8)
            {
                _at++;
                tag = first;
                return true;
            }

            return NextLong(out tag);
        }

        tag = 0;
        return false;
    }

    /// <summary>Takes a number of up to 64 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Varint()
    {
        var at = _at;
        if ((uint)at < (uint)_bytes.Length)
        {
            ulong first = _bytes[at];
            if (first < 0x80)
            {
                _at = at + 1;
                return first;
            }
        }

        return VarintLong();
    }

    /// <summary>Takes a text.</summary>
    public string Text() => Encoding.UTF8.GetString(Block());

    /// <summary>Takes 4 bytes.</summary>
    public uint Fixed32()
    {
        if (_bytes.Length - _at < 4)
        {
            Stop(PayloadFaultKind.Cut, _at);
            return 0;
        }

        var value = BinaryPrimitives.ReadUInt32LittleEndian(_bytes[_at..]);
        _at += 4;
        return value;
    }

    /// <summary>Takes 8 bytes.</summary>
    public ulong Fixed64()
    {
        if (_bytes.Length - _at < 8)
        {
            Stop(PayloadFaultKind.Cut, _at);
            return 0;
        }

        var value = BinaryPrimitives.ReadUInt64LittleEndian(_bytes[_at..]);
        _at += 8;
        return value;
    }

    /// <summary>Takes a text, bytes or message with its length before it.</summary>
    public ReadOnlySpan<byte> Block() => Block(out _);

    /// <summary>Takes a text, bytes or message with its length before it, and says where in the payload it begins.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> Block(out int begins)
    {
        var length = Varint();
        begins = _start + _at;
        if (length > (ulong)(_bytes.Length - _at))
        {
            Stop(PayloadFaultKind.Cut, _at);
            return default;
        }

        var block = _bytes.Slice(_at, (int)length);
        _at += (int)length;
        return block;
    }

    /// <summary>Leaves out a field that is not read.</summary>
    public void Skip(uint tag)
    {
        switch (tag & 7)
        {
            case 0:
                Varint();
                break;
            case 1:
                Fixed64();
                break;
            case 2:
                Block();
                break;
            case 5:
                Fixed32();
                break;
            default:
                Stop(PayloadFaultKind.BadField, _at); // Groups are not used by Sparkplug.
                break;
        }
    }

    private bool NextLong(out uint tag)
    {
        var at = _at;
        var value = Varint();
        tag = (uint)value;
        if (Fault == PayloadFaultKind.None && value is >= 8 and <= HighestTag)
        {
            return true;
        }

        if (Fault == PayloadFaultKind.None)
        {
            Stop(PayloadFaultKind.BadField, at);
        }

        return false;
    }

    private ulong VarintLong()
    {
        var value = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (_at >= _bytes.Length)
            {
                Stop(PayloadFaultKind.Cut, _at);
                return 0;
            }

            ulong next = _bytes[_at++];
            value |= shift < 64 ? (next & 0x7F) << shift : 0;
            if (next < 0x80)
            {
                return value;
            }
        }

        Stop(PayloadFaultKind.LongNumber, _at);
        return 0;
    }

    private void Stop(PayloadFaultKind fault, int at)
    {
        if (Fault == PayloadFaultKind.None)
        {
            (Fault, FaultAt) = (fault, at);
        }

        _at = _bytes.Length;
    }
}
