using Uns.Connectors;
using Uns.Hub.Access;

namespace Uns.UnitTests.Access;

/// <summary>How passwords are kept, and which are taken.</summary>
public sealed class PasswordTests
{
    // "four words of mine", as the version before this one kept it: 1,000 rounds of SHA-256, worked out by Python's hashlib.
    private const string Old = "pbkdf2-sha256$1000$AAECAwQFBgcICQoLDA0ODw==$UndlZ+i4ZcFq/Vm7UsSmhCH6JFKcrFyvR3xToTDdNts=";

    // The same by 1,000 rounds of SHA-512.
    private const string Short = "pbkdf2-sha512$1000$AAECAwQFBgcICQoLDA0ODw==$z8wyCmm6mGyoC/v9FdcpgWAhIyw7SyAAY4GUmGMQ9RO3JGay9oRwgkJ3SXf6+nVfILJs5DQeHEk8ew4dIWtKjw==";

    [Fact]
    public void A_password_is_kept_with_its_parameters_and_a_salt_of_its_own()
    {
        var hash = PasswordHash.Make("four words of mine");
        Assert.StartsWith("pbkdf2-sha512$210000$", hash, StringComparison.Ordinal);
        Assert.True(PasswordHash.IsHash(hash));
        Assert.False(PasswordHash.IsWeak(hash));
        Assert.True(PasswordHash.Matches(hash, "four words of mine"));
        Assert.False(PasswordHash.Matches(hash, "four words of mine "));
        Assert.NotEqual(hash, PasswordHash.Make("four words of mine"));
    }

    [Theory]
    [InlineData(Old)]
    [InlineData(Short)]
    public void An_older_text_still_serves_and_is_weak(string kept)
    {
        Assert.True(PasswordHash.Matches(kept, "four words of mine"));
        Assert.False(PasswordHash.Matches(kept, "four words of yours"));
        Assert.True(PasswordHash.IsWeak(kept));
    }

    [Theory]
    [InlineData("")]
    [InlineData("four words of mine")]
    [InlineData("pbkdf2-md5$1000$AAECAwQFBgcICQoLDA0ODw==$AAAA")]
    [InlineData("pbkdf2-sha512$0$AAECAwQFBgcICQoLDA0ODw==$AAAA")]
    [InlineData("pbkdf2-sha512$99999999$AAECAwQFBgcICQoLDA0ODw==$AAAA")]
    public void Anything_else_is_no_hash_and_matches_nothing(string kept)
    {
        Assert.False(PasswordHash.IsHash(kept));
        Assert.False(PasswordHash.Matches(kept, kept));
        Assert.True(PasswordHash.IsWeak(kept));
    }

    [Theory]
    [InlineData("four words of mine")]
    [InlineData("Kesselhaus & Mischer 7")]
    [InlineData("zwölf Pumpen laufen leise")]
    [InlineData("xK3-vvQ9_pLm2r")]
    public void A_long_password_of_ones_own_is_taken(string password) => Assert.Null(PasswordRules.Fault("anna", password));

    [Theory]
    [InlineData("eleven char", "at least 12")]
    [InlineData("annaannaannaanna", "the name")]
    [InlineData("ANNA-20262026!", "the name")]
    [InlineData("password1234", "tried first")]
    [InlineData("P4ssw0rd2026!", "tried first")]
    [InlineData("passwordpassword", "tried first")]
    [InlineData("changemechangeme", "tried first")]
    [InlineData("123456789012", "tried first")]
    [InlineData("210987654321", "tried first")]
    [InlineData("qwertyuiopas", "tried first")]
    [InlineData("abcdefghijklm", "tried first")]
    [InlineData("aaaaaaaaaaaaaaaa", "tried first")]
    [InlineData("2024Administrator2024", "tried first")]
    [InlineData("correcthorsebatterystaple", "tried first")]
    public void A_short_one_the_name_and_what_is_tried_first_are_refused(string password, string said) =>
        Assert.Contains(said, PasswordRules.Fault("anna", password), StringComparison.Ordinal);

    [Fact]
    public void What_is_hashed_has_a_bound() => Assert.Contains("at most 200", PasswordRules.Fault("anna", string.Concat(Enumerable.Repeat("four words ", 20))), StringComparison.Ordinal);
}
