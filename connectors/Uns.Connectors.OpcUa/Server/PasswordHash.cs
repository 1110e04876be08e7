using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Uns.Connectors.OpcUa.Server;

/// <summary>Passwords as they are kept: salted and hashed by PBKDF2 with SHA-256, as <c>pbkdf2-sha256$ROUNDS$SALT$HASH</c> in base64.</summary>
public static class PasswordHash
{
    private const string Scheme = "pbkdf2-sha256";
    private const int Rounds = 210_000;
    private const int MostRounds = 10_000_000;
    private const int SaltBytes = 16;
    private const int HashBytes = 32;

    /// <summary>Hashes a password with a salt of its own.</summary>
    public static string Make(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return $"{Scheme}${Rounds.ToString(CultureInfo.InvariantCulture)}${Convert.ToBase64String(salt)}${Convert.ToBase64String(Of(password, salt, Rounds))}";
    }

    /// <summary>True for a text that <see cref="Make"/> could have made.</summary>
    public static bool IsHash(string written) => Parts(written) is not null;

    /// <summary>True when the password is the one that was hashed.</summary>
    public static bool Matches(string hash, string password) =>
        Parts(hash) is var (rounds, salt, wanted) && CryptographicOperations.FixedTimeEquals(Of(password, salt, rounds), wanted);

    private static byte[] Of(string password, byte[] salt, int rounds) =>
        Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, rounds, HashAlgorithmName.SHA256, HashBytes);

    private static (int Rounds, byte[] Salt, byte[] Hash)? Parts(string written)
    {
        var parts = written.Split('$');
        var (salt, hash) = (new byte[SaltBytes], new byte[HashBytes]);
        return parts.Length == 4 && parts[0] == Scheme
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) && rounds is >= 1 and <= MostRounds
            && Convert.TryFromBase64String(parts[2], salt, out var saltBytes) && saltBytes == SaltBytes
            && Convert.TryFromBase64String(parts[3], hash, out var hashBytes) && hashBytes == HashBytes
            ? (rounds, salt, hash)
            : null;
    }
}
