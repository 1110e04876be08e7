using System.Net;
using Uns.Connectors;
using Uns.Hub.Changes;
using Uns.Hub.Settings;
using Uns.Ui.Access;
using Uns.Ui.Changes;
using static Uns.Ui.Texts.Wording;

namespace Uns.Hub.Access;

/// <summary>Signing in and out, the first password, and one's own. One sentence answers every wrong attempt, whatever was wrong, after the same work.</summary>
internal sealed class SignInDesk(
    PeopleBook people, SessionBook sessions, SetupToken setup, SignInBrake brake, HashLane lane, LogBook log, HubOptions options) : ISignInDesk
{
    // What is checked for a name that nobody has, so that it takes as long.
    private static readonly Lazy<string> Nobody = new(() => PasswordHash.Make(Secrets.Make()));

    private static string Wrong => T("Name or password is wrong.");

    /// <inheritdoc/>
    public bool IsUnclaimed => !options.IsOpen && people.IsEmpty;

    /// <inheritdoc/>
    public bool NeedsSetupToken(HttpContext context) => !IsAtTheMachine(context);

    /// <inheritdoc/>
    public async Task<string?> ClaimAsync(HttpContext context, FirstClaim given)
    {
        if (!IsUnclaimed)
        {
            return T("The first password is set already: sign in.");
        }

        var address = AddressOf(context);
        if (NeedsSetupToken(context) && setup.Fault(given.Token) is { } fault)
        {
            log.Post(LogKinds.Access, "first password", $"refused: wrong setup token{From(address)}", address);
            return fault;
        }

        if (await people.AddAsync(given.Name, given.Password, Role.Administrator, new Caller(given.Name.Trim(), Role.Administrator, address, CallerKind.Person), first: true) is { } refusal)
        {
            return refusal;
        }

        setup.Remove();
        return await SignInAsync(context, given.Name, given.Password);
    }

    /// <inheritdoc/>
    public async Task<string?> SignInAsync(HttpContext context, string name, string password)
    {
        var address = AddressOf(context);
        var (person, better, fault) = await CheckAsync(name, password, context.Connection.RemoteIpAddress, address);
        if (person is null || await people.SignInAsync(person, better, address) is not { } secret)
        {
            return fault ?? Wrong;
        }

        Cookie.Set(context, secret);
        log.Post(LogKinds.Access, person.Name, $"signed in{From(address)}", person.Name);
        return null;
    }

    /// <summary>Ends the session of a request.</summary>
    public async Task SignOutAsync(HttpContext context, Visitor visitor)
    {
        if (visitor.Now is { Kind: CallerKind.Person } caller)
        {
            await sessions.EndAsync(visitor.Key);
            log.Post(LogKinds.Access, caller.Name, $"signed out{From(AddressOf(context))}", caller.Name);
        }

        Cookie.Remove(context);
    }

    /// <inheritdoc/>
    public async Task<string?> ChangePasswordAsync(Visitor visitor, string password, string next)
    {
        if (visitor.Now is not { Kind: CallerKind.Person } caller)
        {
            return T("Only who is signed in has a password to change.");
        }

        var (person, _, fault) = await CheckAsync(caller.Name, password, IPAddress.TryParse(caller.Address, out var address) ? address : null, caller.Address);
        return person is null ? (fault == Wrong ? T("The password you have now is another one.") : fault)
            : password == next ? T("That is the password you have.")
            : await people.SetPasswordAsync(person.Name, next, caller);
    }

    /// <summary>Where a request came from, as it stands in the log.</summary>
    public static string AddressOf(HttpContext context) => context.Connection.RemoteIpAddress is not { } address ? ""
        : (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();

    // At the machine itself, and neither sent on by another program there nor by a page of somebody else under a name that leads here.
    private static bool IsAtTheMachine(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address)
        && !context.Request.Headers.ContainsKey("Forwarded") && !context.Request.Headers.Keys.Any(h => h.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase))
        && context.Request.Host.Host is "localhost" or "127.0.0.1" or "[::1]";

    private static string From(string address) => address.Length > 0 ? $", from {address}" : "";

    private async Task<(Person? Person, string? Better, string? Fault)> CheckAsync(string name, string password, IPAddress? address, string from)
    {
        if (password.Length > PasswordRules.Longest)
        {
            return (null, null, Wrong);
        }

        if (brake.Begin(name, address) is { Ticks: > 0 } wait)
        {
            return (null, null, T($"Too many attempts: wait {Math.Ceiling(wait.TotalSeconds)} s."));
        }

        var person = people.Find(name);
        var kept = person?.Password ?? Nobody.Value;
        var found = await lane.RunAsync(() => Checked.Of(kept, password));
        if (found is null)
        {
            brake.TakeBack(name, address);
            return (null, null, HashLane.Busy);
        }

        if (person is null || !found.IsRight)
        {
            // What was typed as a name is kept only when it is one: it may be a password.
            log.Post(LogKinds.Access, person?.Name ?? "unknown name", $"sign-in refused{From(from)}", from.Length > 0 ? from : "a page");
            return (null, null, Wrong);
        }

        brake.Forgive(name, address);
        return (person, found.Better, null);
    }

    private sealed record Checked(bool IsRight, string? Better)
    {
        public static Checked Of(string kept, string password) =>
            !PasswordHash.Matches(kept, password) ? new(false, null) : new(true, PasswordHash.IsWeak(kept) ? PasswordHash.Make(password) : null);
    }
}
