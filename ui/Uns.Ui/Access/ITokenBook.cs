namespace Uns.Ui.Access;

/// <summary>The tokens with which programs use the API. For administrators.</summary>
public interface ITokenBook
{
    /// <summary>Most tokens.</summary>
    const int MostTokens = 500;

    /// <summary>All tokens, by name.</summary>
    IReadOnlyList<TokenRow> Tokens();

    /// <summary>Makes a token for a program.</summary>
    /// <param name="name">What it is for; no other token has the name.</param>
    /// <param name="role">What it may do.</param>
    /// <param name="life">How long it is valid, at most ten years; null: until it is revoked.</param>
    /// <param name="by">Who makes it.</param>
    /// <returns>The token, which is not kept and cannot be shown again; or why there is none.</returns>
    Task<NewToken> MakeTokenAsync(string name, Role role, TimeSpan? life, Caller by);

    /// <summary>Revokes a token; what it is used for ends at once.</summary>
    Task<string?> RevokeAsync(string name, Caller by);
}

/// <summary>One token.</summary>
/// <param name="Name">What it is for.</param>
/// <param name="Role">What it may do.</param>
/// <param name="MadeBy">Who made it.</param>
/// <param name="Made">When, UTC.</param>
/// <param name="Expires">Until when it is valid, UTC; null: until it is revoked.</param>
/// <param name="LastUsed">When it was last used, UTC, within a minute; null: never.</param>
public sealed record TokenRow(string Name, Role Role, string MadeBy, DateTimeOffset Made, DateTimeOffset? Expires, DateTimeOffset? LastUsed);

/// <summary>A token that was just made, or why none was.</summary>
public sealed record NewToken(string? Token, string? Fault);
