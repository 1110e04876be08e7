using Microsoft.Extensions.Logging.Abstractions;
using Uns.Connectors;
using Uns.Hub.Access;
using Uns.Hub.Changes;
using Uns.Hub.Settings;
using Uns.Store;
using Uns.TestKit;
using Uns.Ui.Access;

namespace Uns.UnitTests.Access;

/// <summary>Sessions, tokens and people: what ends them, and that it counts at once.</summary>
public sealed class SessionTests : IAsyncLifetime
{
    private static readonly Caller Root = new("root", Role.Administrator, "10.0.0.7", CallerKind.Person);

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("uns-people-");
    private readonly ManualClock _clock = new();
    private readonly HubOptions _options = new() { SessionIdle = TimeSpan.FromHours(12) };
    private readonly HashLane _lane = new();
    private HubStore _store = null!;
    private SessionBook _sessions = null!;
    private PeopleBook _people = null!;
    private TokenBook _tokens = null!;
    private CallerBook _callers = null!;

    public async ValueTask InitializeAsync()
    {
        await OpenAsync();
        Assert.Null(await _people.AddAsync("Anna", "four words of mine", Role.Administrator, Root));
        Assert.Null(await _people.AddAsync("Bert", "four words of his own", Role.Operator, Root));
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _lane.Dispose();
        _data.Delete(recursive: true);
    }

    [Fact]
    public async Task A_session_lasts_as_long_as_it_is_used()
    {
        var bert = await SignInAsync("Bert");
        _clock.Advance(TimeSpan.FromHours(11));
        Assert.NotNull(_sessions.Enter(bert));
        _clock.Advance(TimeSpan.FromHours(11));
        Assert.Equal("Bert", _callers.Find(Secrets.KeyOf(bert))!.Name);
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Null(_sessions.Enter(bert));
        Assert.Null(_callers.Find(Secrets.KeyOf(bert)));
    }

    [Fact]
    public async Task A_session_ends_after_a_week_however_it_is_used_and_over_a_restart()
    {
        var bert = await SignInAsync("Bert");
        for (var hour = 0; hour < (7 * 24) - 8; hour += 8)
        {
            _clock.Advance(TimeSpan.FromHours(8));
            Assert.NotNull(_sessions.Enter(bert));
        }

        await CloseAsync();
        await OpenAsync();
        _clock.Advance(TimeSpan.FromHours(7));
        Assert.NotNull(_sessions.Enter(bert));
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Null(_sessions.Enter(bert));
        Assert.NotNull(_sessions.Enter(await SignInAsync("Bert")));
    }

    [Theory]
    [InlineData(-400)]
    [InlineData(400)]
    public async Task A_clock_that_is_set_ends_no_session_and_lengthens_none(int days)
    {
        var bert = await SignInAsync("Bert");
        _clock.SetWall(TimeSpan.FromDays(days));
        _clock.Advance(TimeSpan.FromHours(11.9));
        Assert.NotNull(_sessions.Find(Secrets.KeyOf(bert)));
        _clock.Advance(TimeSpan.FromHours(0.1));
        Assert.Null(_sessions.Find(Secrets.KeyOf(bert)));
    }

    [Fact]
    public async Task Sessions_tokens_and_roles_outlive_a_restart_and_none_of_their_secrets_is_on_disk()
    {
        var bert = await SignInAsync("Bert");
        var token = (await _tokens.MakeTokenAsync("mes", Role.Engineer, null, Root)).Token!;
        await CloseAsync();
        var kept = await File.ReadAllBytesAsync(Path.Combine(_data.FullName, "hub.db"));
        Assert.Equal(-1, kept.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(bert)));
        Assert.Equal(-1, kept.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(token)));
        await OpenAsync();
        Assert.Equal(Role.Operator, _callers.Find(_sessions.Enter(bert)!.Key)!.Role);
        Assert.Equal(Role.Engineer, _callers.Find(_tokens.Enter(token)!.Key)!.Role);
    }

    [Fact]
    public async Task Another_password_and_a_removal_end_all_sessions_at_once()
    {
        var (first, second) = (await SignInAsync("Bert"), await SignInAsync("Bert"));
        var told = 0;
        _callers.Changed += () => throw new InvalidOperationException("a page that is going");
        _callers.Changed += () => told++;
        Assert.Null(await _people.SetPasswordAsync("Bert", "four other words of his", Root));
        Assert.Null(_sessions.Enter(first));
        Assert.Null(_sessions.Enter(second));
        Assert.True(told > 0);
        var third = await SignInAsync("Bert");
        Assert.Null(await _people.RemoveAsync("Bert", Root));
        Assert.Null(_callers.Find(Secrets.KeyOf(third)));
    }

    [Fact]
    public async Task Who_was_checked_against_a_password_that_has_just_changed_does_not_come_in()
    {
        var before = _people.Find("Bert")!;
        Assert.Null(await _people.SetPasswordAsync("Bert", "four other words of his", Root));
        Assert.Null(await _people.SignInAsync(before, better: null, "10.0.0.9"));
    }

    [Fact]
    public async Task Another_role_counts_at_once_and_the_last_administrator_stays_one()
    {
        var key = Secrets.KeyOf(await SignInAsync("Bert"));
        Assert.Null(await _people.SetRoleAsync("Bert", Role.Engineer, Root));
        Assert.Equal(Role.Engineer, _callers.Find(key)!.Role);
        Assert.Contains("only administrator", await _people.SetRoleAsync("Anna", Role.Viewer, Root), StringComparison.Ordinal);
        Assert.Contains("only administrator", await _people.RemoveAsync("anna", Root), StringComparison.Ordinal);
        Assert.Contains("somebody named 'Anna'", await _people.AddAsync("ANNA", "four words of hers", Role.Viewer, Root), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_person_has_a_bounded_number_of_sessions_and_the_longest_unused_goes()
    {
        var first = await SignInAsync("Bert");
        for (var i = 0; i < SessionBook.MostOfOne; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await SignInAsync("Bert");
        }

        Assert.Null(_sessions.Enter(first));
        Assert.Equal(SessionBook.MostOfOne, _sessions.CountOf(_people.Find("Bert")!.Id));
    }

    [Fact]
    public async Task A_weak_hash_is_made_anew_and_an_older_one_never_replaces_a_newer()
    {
        var bert = _people.Find("Bert")!;
        var better = PasswordHash.Make("four words of his own");
        Assert.NotNull(await _people.SignInAsync(bert, better, "10.0.0.9"));
        Assert.Equal(better, _people.Find("Bert")!.Password);
        Assert.Null(await _people.SignInAsync(bert, PasswordHash.Make("stale"), "10.0.0.9")); // It was checked against what is gone.
        Assert.Equal(better, _people.Find("Bert")!.Password);
    }

    [Fact]
    public async Task A_token_ends_with_its_time_and_with_its_revocation()
    {
        var day = (await _tokens.MakeTokenAsync("day", Role.Viewer, TimeSpan.FromDays(1), Root)).Token!;
        var ever = (await _tokens.MakeTokenAsync("ever", Role.Viewer, null, Root)).Token!;
        Assert.StartsWith(TokenBook.Prefix, day, StringComparison.Ordinal);
        Assert.Contains("already", (await _tokens.MakeTokenAsync("Day", Role.Viewer, null, Root)).Fault, StringComparison.Ordinal);
        Assert.NotNull(_tokens.Enter(day));
        Assert.Null(_tokens.Enter(day[..^1]));
        Assert.Equal(_clock.GetUtcNow(), _tokens.Tokens().Single(t => t.Name == "day").LastUsed);
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.Null(_tokens.Enter(day));
        Assert.NotNull(_tokens.Enter(ever));
        Assert.Null(await _tokens.RevokeAsync("ever", Root));
        Assert.Null(_tokens.Enter(ever));
    }

    [Fact]
    public async Task While_the_hub_is_open_anybody_may_do_everything_and_else_nobody_may()
    {
        Assert.Null(_callers.Find(CallerBook.OpenKey));
        var open = new CallerBook(_options with { Access = AccessMode.Open }, _people, _sessions, _tokens, NullLogger<CallerBook>.Instance);
        Assert.Equal(CallerKind.Anybody, open.Find(CallerBook.OpenKey)!.Kind);
        Assert.Null(open.Find(Secrets.KeyOf(await SignInAsync("Anna"))));
        var nobody = new Visitor(_callers);
        Assert.False(nobody.May(Role.Viewer));
        Assert.Throws<NotAllowedException>(() => nobody.Demand(Role.Viewer));
    }

    private async Task<string> SignInAsync(string name) => (await _people.SignInAsync(_people.Find(name)!, better: null, "10.0.0.9"))!;

    private async Task OpenAsync()
    {
        _store = HubStore.Open(_data.FullName, [.. PeopleStore.Schema, .. LogBook.Schema], _clock);
        var kept = new PeopleStore(_store);
        var log = new LogBook(_store, _clock, NullLogger<LogBook>.Instance);
        _sessions = new SessionBook(kept, _options, _clock, NullLogger<SessionBook>.Instance);
        _people = new PeopleBook(kept, _sessions, _lane, log, _clock);
        _tokens = new TokenBook(kept, log, _clock, NullLogger<TokenBook>.Instance);
        _callers = new CallerBook(_options, _people, _sessions, _tokens, NullLogger<CallerBook>.Instance);
        await _people.LoadAsync(CancellationToken.None);
        await _sessions.LoadAsync(CancellationToken.None);
        await _tokens.LoadAsync(CancellationToken.None);
    }

    private async Task CloseAsync()
    {
        await _store.DisposeAsync();
        _people.Dispose();
        _tokens.Dispose();
    }
}
