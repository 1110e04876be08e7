using System.Collections.Concurrent;
using Uns.Hub.Settings;

namespace Uns.Hub.Access;

/// <summary>Who is signed in, in which browser. A session ends when nobody used it for a while, when it is old, when its person's password changes, and by hand.</summary>
/// <remarks>Kept on disk, so that a restart signs nobody out. While the disk fails people can sign in all the same; those sessions end with the process.</remarks>
internal sealed partial class SessionBook(PeopleStore store, HubOptions options, TimeProvider clock, ILogger<SessionBook> logger)
{
    /// <summary>Most sessions of one person; the one that was unused for longest makes room.</summary>
    public const int MostOfOne = 20;

    // Use is written down no more often than this, so that clicks cost no commits.
    private static readonly TimeSpan Grain = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, Session> _sessions = new(StringComparer.Ordinal);

    /// <summary>Sessions have ended. Raised on any thread.</summary>
    public event Action? Ended;

    /// <summary>Brings the saved sessions back.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var (moment, now) = (Moment, clock.GetUtcNow());
        foreach (var kept in await store.SessionsAsync(cancellationToken))
        {
            _sessions[kept.Key] = new Session(kept, moment, now);
        }
    }

    /// <summary>Begins a session.</summary>
    /// <returns>What the browser keeps; only its hash stays here.</returns>
    public async Task<string> BeginAsync(long person, string address)
    {
        var surplus = _sessions.Values.Where(s => s.Person == person).OrderByDescending(s => s.Used).Skip(MostOfOne - 1).Select(s => s.Key).ToList();
        await EndAsync(surplus);
        var secret = Secrets.Make();
        var now = clock.GetUtcNow();
        var session = new Session(new KeptSession(Secrets.KeyOf(secret), person, address, now, now), Moment, now);
        _sessions[session.Key] = session;
        await PeopleStore.TryAsync(store.SaveAsync(session.Kept(now)), LogNotKept);
        return secret;
    }

    /// <summary>The session that a browser's secret opens, which is in use from now on; null when there is none, or not any more.</summary>
    public Session? Enter(string secret)
    {
        var session = Find(Secrets.KeyOf(secret));
        if (session is not null)
        {
            Use(session);
        }

        return session;
    }

    /// <summary>The session of a key; null when there is none, or not any more.</summary>
    public Session? Find(string key) => _sessions.TryGetValue(key, out var session) && !IsOver(session) ? session : null;

    /// <summary>Somebody did something in a session.</summary>
    public void Use(string key)
    {
        if (Find(key) is { } session)
        {
            Use(session);
        }
    }

    /// <summary>Sessions of a person that stand now.</summary>
    public int CountOf(long person) => _sessions.Values.Count(s => s.Person == person && !IsOver(s));

    /// <summary>Ends one session.</summary>
    public Task EndAsync(string key) => EndAsync([key]);

    /// <summary>Ends all sessions of a person, whose rows are gone from the disk already.</summary>
    public void Forget(long person)
    {
        foreach (var session in _sessions.Values.Where(s => s.Person == person))
        {
            _sessions.TryRemove(session.Key, out _);
        }

        Ended?.Invoke();
    }

    /// <summary>Ends what nobody uses, once a minute.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var pace = new PeriodicTimer(Grain, clock);
        while (await pace.WaitForNextTickAsync(stop))
        {
            await EndAsync([.. _sessions.Values.Where(IsOver).Select(s => s.Key)]);
        }
    }

    // For all that lasts: the time of day can be set, this only goes forward.
    private TimeSpan Moment => clock.GetElapsedTime(0);

    private bool IsOver(Session session) => Moment - session.Used >= options.SessionIdle || Moment - session.Begun >= options.SessionLongest;

    private async Task EndAsync(List<string> keys)
    {
        if (keys.Count == 0)
        {
            return;
        }

        keys.ForEach(key => _sessions.TryRemove(key, out _));
        Ended?.Invoke();
        await PeopleStore.TryAsync(store.EndAsync(keys), LogNotKept);
    }

    private void Use(Session session)
    {
        var moment = session.Used = Moment;
        if (moment - session.Written >= Grain)
        {
            session.Written = moment;
            _ = PeopleStore.TryAsync(store.SaveAsync(session.Kept(clock.GetUtcNow())), LogNotKept);
        }
    }

    [LoggerMessage(4351, LogLevel.Warning, "What became of a session is not written down, and will not be known after a restart: {Fault}")]
    private partial void LogNotKept(string fault);

    /// <summary>One session. Its times are moments of the time that only goes forward; the time of day counts once, when it is brought back after a restart.</summary>
    internal sealed class Session(KeptSession kept, TimeSpan moment, DateTimeOffset now)
    {
        private readonly DateTimeOffset _begun = kept.Begun;
        private long _used = MomentOf(kept.Used, moment, now).Ticks;
        private long _written = MomentOf(kept.Used, moment, now).Ticks;

        public string Key { get; } = kept.Key;

        public long Person { get; } = kept.Person;

        public string Address { get; } = kept.Address;

        public TimeSpan Begun { get; } = MomentOf(kept.Begun, moment, now);

        public TimeSpan Used
        {
            get => new(Interlocked.Read(ref _used));
            set => Interlocked.Exchange(ref _used, value.Ticks);
        }

        /// <summary>The use that was written down last.</summary>
        public TimeSpan Written
        {
            get => new(Interlocked.Read(ref _written));
            set => Interlocked.Exchange(ref _written, value.Ticks);
        }

        /// <summary>As it is written down when it is used now.</summary>
        public KeptSession Kept(DateTimeOffset used) => new(Key, Person, Address, _begun, used);

        // What lies ahead, by a clock that was set back, is now.
        private static TimeSpan MomentOf(DateTimeOffset time, TimeSpan moment, DateTimeOffset now) => time < now ? moment - (now - time) : moment;
    }
}
