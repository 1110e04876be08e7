using System.Collections.Concurrent;
using Uns.Hub.Changes;
using Uns.Ui.Access;
using Uns.Ui.Changes;
using static Uns.Ui.Texts.Wording;

namespace Uns.Hub.Access;

/// <summary>The tokens of programs. A token outlives the person who made it; the page says who that was.</summary>
internal sealed partial class TokenBook(PeopleStore store, LogBook log, TimeProvider clock, ILogger<TokenBook> logger) : ITokenBook, IDisposable
{
    /// <summary>How every token begins, so that it is known for one where it should not lie.</summary>
    public const string Prefix = "uns_";

    private static readonly TimeSpan Longest = TimeSpan.FromDays(3653);

    // Use is written down no more often than this.
    private static readonly TimeSpan Grain = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _oneChange = new(1, 1);
    private readonly ConcurrentDictionary<string, KeptToken> _tokens = new(StringComparer.Ordinal);

    /// <summary>A token was revoked. Raised on any thread.</summary>
    public event Action? Ended;

    /// <summary>Brings the saved tokens back.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        foreach (var kept in await store.TokensAsync(cancellationToken))
        {
            _tokens[kept.Key] = kept;
        }
    }

    /// <summary>The token that a program showed, which is in use from now on; null when there is none, or not any more.</summary>
    public KeptToken? Enter(string secret)
    {
        if (Find(Secrets.KeyOf(secret)) is not { } token)
        {
            return null;
        }

        var now = clock.GetUtcNow();
        if (now - token.Used is not { } since || since >= Grain)
        {
            _tokens.TryUpdate(token.Key, token with { Used = now }, token);
            _ = PeopleStore.TryAsync(store.UsedAsync(token.Key, now), LogNotKept);
        }

        return token;
    }

    /// <summary>The token of a key; null when there is none, or not any more.</summary>
    public KeptToken? Find(string key) => _tokens.TryGetValue(key, out var token) && !(token.Expires <= clock.GetUtcNow()) ? token : null;

    /// <inheritdoc/>
    public IReadOnlyList<TokenRow> Tokens() =>
        [.. _tokens.Values.OrderBy(t => t.Name, StringComparer.OrdinalIgnoreCase).Select(t => new TokenRow(t.Name, t.Role, t.MadeBy, t.Made, t.Expires, t.Used))];

    /// <inheritdoc/>
    public async Task<NewToken> MakeTokenAsync(string name, Role role, TimeSpan? life, Caller by)
    {
        name = name.Trim();
        if (PeopleBook.NameFault(name) is { } fault)
        {
            return new(null, fault);
        }

        if (life is { } given && (given <= TimeSpan.Zero || given > Longest))
        {
            return new(null, T("Give a time from one day to ten years."));
        }

        await _oneChange.WaitAsync();
        try
        {
            if (ByName(name) is not null)
            {
                return new(null, T($"There is a token '{name}' already: give another name, or revoke that one."));
            }

            if (_tokens.Count >= ITokenBook.MostTokens)
            {
                return new(null, T($"There are {ITokenBook.MostTokens} tokens already: revoke one first."));
            }

            var secret = Prefix + Secrets.Make();
            var now = clock.GetUtcNow();
            var token = new KeptToken(Secrets.KeyOf(secret), name, role, by.LogName, now, now + life, null);
            await store.AddAsync(token);
            _tokens[token.Key] = token;
            log.Post(LogKinds.Access, name, $"token made, {role.ToString().ToLowerInvariant()}, {(token.Expires is { } end ? $"until {end:yyyy-MM-dd}" : "without an end")}{PeopleBook.From(by)}", by.LogName);
            return new(secret, null);
        }
        finally
        {
            _oneChange.Release();
        }
    }

    /// <inheritdoc/>
    public async Task<string?> RevokeAsync(string name, Caller by)
    {
        await _oneChange.WaitAsync();
        try
        {
            if (ByName(name) is not { } token)
            {
                return T($"There is no token '{name}' any more.");
            }

            await store.RevokeAsync(token.Key);
            _tokens.TryRemove(token.Key, out _);
        }
        finally
        {
            _oneChange.Release();
        }

        log.Post(LogKinds.Access, name, $"token revoked{PeopleBook.From(by)}", by.LogName);
        Ended?.Invoke();
        return null;
    }

    public void Dispose() => _oneChange.Dispose();

    private KeptToken? ByName(string name) => _tokens.Values.FirstOrDefault(t => t.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    [LoggerMessage(4352, LogLevel.Warning, "When a token was used is not written down: {Fault}")]
    private partial void LogNotKept(string fault);
}
