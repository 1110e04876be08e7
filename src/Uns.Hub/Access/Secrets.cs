using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Uns.Hub.Access;

/// <summary>Secrets that the hub makes itself: 256 random bits, of which only the hash is kept. No brake is needed: nobody guesses them.</summary>
internal static class Secrets
{
    private const int SecretBytes = 32;

    /// <summary>Makes one, in letters, digits, - and _.</summary>
    public static string Make() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));

    /// <summary>The key under which one is kept: its SHA-256 in hexadecimal.</summary>
    public static string KeyOf(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
