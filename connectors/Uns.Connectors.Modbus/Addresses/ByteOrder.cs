namespace Uns.Connectors.Modbus;

/// <summary>How a device lays a value over several registers. The letters stand for the bytes from most to least significant, in the order sent.</summary>
public enum ByteOrder
{
    /// <summary>Big endian, as Modbus sends its registers: AB CD; 64 bits AB CD EF GH.</summary>
    ABCD,

    /// <summary>Words swapped, the most common answer to "the float looks wrong": CD AB; 64 bits GH EF CD AB.</summary>
    CDAB,

    /// <summary>Bytes swapped within each register: BA DC; 64 bits BA DC FE HG.</summary>
    BADC,

    /// <summary>Little endian: DC BA; 64 bits HG FE DC BA.</summary>
    DCBA,

    /// <summary>64 bits only, words swapped within each half: CD AB GH EF.</summary>
    CDABGHEF,

    /// <summary>64 bits only, halves swapped: EF GH AB CD.</summary>
    EFGHABCD,
}

/// <summary>Turns the bytes of a value, as sent, into big endian and back.</summary>
public static class ByteOrders
{
    /// <summary>Puts the bytes in place. Each order is its own inverse, so the same call serves reading and writing.</summary>
    /// <param name="bytes">2, 4 or 8 bytes.</param>
    /// <param name="order">The order; the two 64-bit ones leave shorter values alone.</param>
    public static void Arrange(Span<byte> bytes, ByteOrder order)
    {
        if (order is ByteOrder.BADC or ByteOrder.DCBA)
        {
            SwapBytes(bytes);
        }

        if (order is ByteOrder.CDAB or ByteOrder.DCBA)
        {
            ReverseWords(bytes);
        }

        if (bytes.Length == 8 && order is ByteOrder.CDABGHEF)
        {
            ReverseWords(bytes[..4]);
            ReverseWords(bytes[4..]);
        }

        if (bytes.Length == 8 && order is ByteOrder.EFGHABCD)
        {
            ReverseWords(bytes);
            ReverseWords(bytes[..4]);
            ReverseWords(bytes[4..]);
        }
    }

    private static void SwapBytes(Span<byte> bytes)
    {
        for (var at = 0; at + 1 < bytes.Length; at += 2)
        {
            (bytes[at], bytes[at + 1]) = (bytes[at + 1], bytes[at]);
        }
    }

    private static void ReverseWords(Span<byte> bytes)
    {
        bytes.Reverse();
        SwapBytes(bytes);
    }
}
