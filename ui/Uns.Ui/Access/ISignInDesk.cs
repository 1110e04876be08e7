using Microsoft.AspNetCore.Http;

namespace Uns.Ui.Access;

/// <summary>Signing in, the first password, and one's own password.</summary>
/// <remarks>A method that gives a text gives null when it was done; else one sentence for whoever asked.</remarks>
public interface ISignInDesk
{
    /// <summary>True while nobody has a password.</summary>
    bool IsUnclaimed { get; }

    /// <summary>True when the first password takes the setup token: the request does not come from this machine itself.</summary>
    bool NeedsSetupToken(HttpContext context);

    /// <summary>Sets the first password; its owner is an administrator, and is signed in.</summary>
    Task<string?> ClaimAsync(HttpContext context, FirstClaim given);

    /// <summary>Signs somebody in: the answer carries the cookie.</summary>
    Task<string?> SignInAsync(HttpContext context, string name, string password);

    /// <summary>Changes the visitor's own password; he is signed out everywhere.</summary>
    Task<string?> ChangePasswordAsync(Visitor visitor, string password, string next);

    /// <summary>The address within the hub to go to; anything else becomes the home page.</summary>
    static string Back(string? wanted) => wanted is ['/', ..] and not ['/', '/' or '\\', ..] && !wanted.Any(char.IsControl) ? wanted : "/";
}

/// <summary>What was typed to set the first password.</summary>
public sealed record FirstClaim(string Name, string Password, string Token);
