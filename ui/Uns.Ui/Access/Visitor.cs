using System.Security.Claims;

namespace Uns.Ui.Access;

/// <summary>Whoever is at this page, or made this request. What he may do is looked up each time: it can change, or end, while the page is open.</summary>
/// <remarks>One for each page and each request. Until it was told who it is, it is nobody and may do nothing.</remarks>
public sealed class Visitor(ICallers callers)
{
    /// <summary>The claim that holds the key.</summary>
    public const string KeyClaim = "uns:caller";

    /// <summary>The key under which he is known; empty: nobody.</summary>
    public string Key { get; private set; } = "";

    /// <summary>Who it is now; null: nobody, or not any more.</summary>
    public Caller? Now => Key.Length == 0 ? null : callers.Find(Key);

    /// <summary>True when nobody is asked who he is.</summary>
    public bool IsAnybody => Now is { Kind: CallerKind.Anybody };

    /// <summary>Somebody's rights changed: look again. Raised on any thread.</summary>
    public event Action Changed
    {
        add => callers.Changed += value;
        remove => callers.Changed -= value;
    }

    /// <summary>Takes over who was found to make the request.</summary>
    public void Take(ClaimsPrincipal user) => Key = user.FindFirst(KeyClaim)?.Value ?? "";

    /// <summary>True when he may do what takes a role.</summary>
    public bool May(Role least) => Now is { } caller && caller.Role >= least;

    /// <summary>Lets through whoever may do what takes a role.</summary>
    /// <exception cref="NotAllowedException">He may not.</exception>
    public void Demand(Role least)
    {
        if (Now is not { } caller)
        {
            throw new NotAllowedException("You are signed out. Sign in again.");
        }

        if (caller.Role < least)
        {
            throw new NotAllowedException(Refusal(caller, least));
        }
    }

    /// <summary>Why a caller may not do what takes a role, in one sentence.</summary>
    public static string Refusal(Caller caller, Role least) =>
        $"This takes the role {least.ToString().ToLowerInvariant()}; {caller.LogName} has the role {caller.Role.ToString().ToLowerInvariant()}.";
}
