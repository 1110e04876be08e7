using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Uns.Connectors;

/// <summary>
/// Passwords of people as they are kept: salted and hashed by PBKDF2 with SHA-512. The text carries its parameters,
/// <c>pbkdf2-sha512$ROUNDS$SALT$HASH</c> with salt and hash in base64, so that another way can follow while the old texts still serve.
/// </summary>
/// <remarks>Texts with <c>pbkdf2-sha256</c>, which earlier versions made, are understood too.</remarks>
public static class PasswordHash
{
    /// <summary>Rounds of a hash that is made now: a fraction of a second of one core.</summary>
    public const int Rounds = 210_000;

    private const int MostRounds = 10_000_000;
    private const int SaltBytes = 16;

    private static readonly Scheme[] Schemes = [new("pbkdf2-sha512", HashAlgorithmName.SHA512, 64), new("pbkdf2-sha256", HashAlgorithmName.SHA256, 32)];

    /// <summary>Hashes a password with a salt of its own.</summary>
    public static string Make(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        var hash = Of(password, new Kept(Schemes[0], Rounds, salt, []));
        return $"{Schemes[0].Name}${Rounds.ToString(CultureInfo.InvariantCulture)}${Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}";
    }

    /// <summary>True for a text that <see cref="Make"/> could have made, now or in an earlier version.</summary>
    public static bool IsHash(string written) => Read(written) is not null;

    /// <summary>True when the password is the one that was hashed. The time it takes tells nothing of where they differ.</summary>
    public static bool Matches(string hash, string password) => Read(hash) is { } kept && CryptographicOperations.FixedTimeEquals(Of(password, kept), kept.Hash);

    /// <summary>True when the text is weaker than what <see cref="Make"/> makes now: to be made anew at the next sign-in.</summary>
    public static bool IsWeak(string hash) => Read(hash) is not { } kept || kept.Scheme != Schemes[0] || kept.Rounds < Rounds;

    private static byte[] Of(string password, Kept kept) =>
        Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), kept.Salt, kept.Rounds, kept.Scheme.Algorithm, kept.Scheme.HashBytes);

    private static Kept? Read(string written)
    {
        var parts = written.Split('$');
        if (parts.Length != 4 || Array.Find(Schemes, s => s.Name == parts[0]) is not { } scheme)
        {
            return null;
        }

        var (salt, hash) = (new byte[SaltBytes], new byte[scheme.HashBytes]);
        return int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) && rounds is >= 1 and <= MostRounds
            && Convert.TryFromBase64String(parts[2], salt, out var saltBytes) && saltBytes == SaltBytes
            && Convert.TryFromBase64String(parts[3], hash, out var hashBytes) && hashBytes == scheme.HashBytes
            ? new Kept(scheme, rounds, salt, hash)
            : null;
    }

    private sealed record Scheme(string Name, HashAlgorithmName Algorithm, int HashBytes);

    private sealed record Kept(Scheme Scheme, int Rounds, byte[] Salt, byte[] Hash);
}
