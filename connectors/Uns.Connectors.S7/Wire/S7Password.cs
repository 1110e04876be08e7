using System.Text;

namespace Uns.Connectors.S7.Wire;

/// <summary>The password that opens a protected CPU for one connection. Pure.</summary>
/// <remarks>Its coding hides it from nobody who listens: the protocol knows no other.</remarks>
internal static class S7Password
{
    public const byte Enter = 1;

    /// <summary>Most characters.</summary>
    public const int Bytes = 8;

    /// <summary>A password is needed.</summary>
    public const ushort Missing = 0xD241;

    /// <summary>The password is wrong.</summary>
    public const ushort Wrong = 0xD602;

    /// <summary>The CPU has no password.</summary>
    public const ushort NoneIsSet = 0xD605;

    /// <summary>The eight bytes to send: filled up with blanks, each mixed with the one two places before.</summary>
    /// <param name="password">1 to 8 Latin-1 characters.</param>
    public static byte[] Encode(string password)
    {
        var bytes = Encoding.Latin1.GetBytes(password.PadRight(Bytes));
        for (var at = 0; at < bytes.Length; at++)
        {
            bytes[at] ^= (byte)(0x55 ^ (at < 2 ? 0 : bytes[at - 2]));
        }

        return bytes;
    }

    /// <summary>The password in the bytes sent, without the blanks behind it.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        var plain = new byte[bytes.Length];
        for (var at = 0; at < bytes.Length; at++)
        {
            plain[at] = (byte)(bytes[at] ^ 0x55 ^ (at < 2 ? 0 : bytes[at - 2]));
        }

        return Encoding.Latin1.GetString(plain).TrimEnd(' ', '\0');
    }
}
