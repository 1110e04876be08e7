namespace Uns.Connectors;

/// <summary>What to do about a connection that looks healthy.</summary>
internal enum SilenceVerdict
{
    /// <summary>Nothing: something came not long ago.</summary>
    Fine,

    /// <summary>Read the values once: are there news that were not told?</summary>
    Probe,

    /// <summary>There were, and still nothing came: make the connection anew.</summary>
    Recreate,

    /// <summary>The same again after it was made anew: make it anew once more, and tell somebody.</summary>
    Alarm,
}

/// <summary>One step of the watchdog, kept as evidence.</summary>
/// <param name="At">When. UTC.</param>
/// <param name="What">What was silent: the subscription, or a poll group.</param>
/// <param name="Silent">For how long.</param>
/// <param name="Learned">How often something had come before; null when that was not known yet.</param>
/// <param name="Action">What was done, and what came of it.</param>
public sealed record SilenceEvent(DateTimeOffset At, string What, TimeSpan Silent, TimeSpan? Learned, string Action);

/// <summary>
/// Finds the silent stop: a connection that looks healthy and brings nothing. Learns how often something comes, and after eight times
/// that asks for a probe; a probe without news only makes the next one later. Pure: the time is passed in. Safe for two threads.
/// </summary>
/// <param name="shortest">Silence shorter than this is never asked about; also the time for a probe's news to come by themselves.</param>
internal sealed class SilenceWatch(TimeSpan shortest)
{
    /// <summary>The shortest silence that is asked about, where nothing longer is set.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromSeconds(10);

    private const int EnoughToLearn = 8;
    private const int Patience = 8;
    private const int QuietRecreations = 2;

    // Samples that come together are one telling.
    private static readonly TimeSpan OneTelling = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan UnlearnedLimit = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestLimit = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private TimeSpan _last;
    private TimeSpan _mean;
    private TimeSpan _suspectedAt;
    private bool _isSuspected;
    private int _tellings;
    private int _quietProbes;
    private int _recreations;

    /// <summary>How often something comes; null while that is not known.</summary>
    public TimeSpan? Learned
    {
        get
        {
            lock (_gate)
            {
                return _tellings >= EnoughToLearn ? _mean : null;
            }
        }
    }

    /// <summary>When <see cref="Check"/> may next have something to say.</summary>
    public TimeSpan Due
    {
        get
        {
            lock (_gate)
            {
                return DueNow();
            }
        }
    }

    /// <summary>A new connection: the silence begins anew, what was learned stays.</summary>
    public void Open(TimeSpan now)
    {
        lock (_gate)
        {
            _last = now;
            _isSuspected = false;
            _quietProbes = 0;
        }
    }

    /// <summary>Something came by itself.</summary>
    public void Heard(TimeSpan now)
    {
        lock (_gate)
        {
            var since = now - _last;
            if (since >= OneTelling)
            {
                _mean = _tellings == 0 ? since : _mean + ((since - _mean) / EnoughToLearn);
                _tellings = Math.Min(_tellings + 1, EnoughToLearn);
            }

            _last = now;
            _isSuspected = false;
            _quietProbes = 0;
            _recreations = 0;
        }
    }

    /// <summary>How long nothing has come.</summary>
    public TimeSpan Silence(TimeSpan now)
    {
        lock (_gate)
        {
            return now - _last;
        }
    }

    /// <summary>What is to be done now.</summary>
    public SilenceVerdict Check(TimeSpan now)
    {
        lock (_gate)
        {
            if (now < DueNow())
            {
                return SilenceVerdict.Fine;
            }

            if (!_isSuspected)
            {
                return SilenceVerdict.Probe;
            }

            _isSuspected = false;
            return ++_recreations > QuietRecreations ? SilenceVerdict.Alarm : SilenceVerdict.Recreate;
        }
    }

    /// <summary>A probe has been made.</summary>
    /// <param name="hadNews">True when it found something that had not been told: then that must come by itself soon, or the connection is at fault.</param>
    /// <param name="now">The time.</param>
    public void Probed(bool hadNews, TimeSpan now)
    {
        lock (_gate)
        {
            _isSuspected = hadNews;
            _suspectedAt = now;
            _quietProbes = hadNews ? 0 : Math.Min(_quietProbes + 1, 30);
        }
    }

    private TimeSpan DueNow()
    {
        if (_isSuspected)
        {
            return _suspectedAt + shortest;
        }

        var limit = _tellings >= EnoughToLearn ? _mean * Patience : UnlearnedLimit;
        limit = (limit < shortest ? shortest : limit) * Math.Pow(2, _quietProbes);
        return _last + (limit > LongestLimit ? LongestLimit : limit);
    }
}
