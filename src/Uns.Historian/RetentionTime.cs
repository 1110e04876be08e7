namespace Uns.Historian;

/// <summary>
/// The time by which history is too old. A clock that is set far ahead for ten minutes would end years of history for good: a jump is
/// believed only once it has stood for a week of running. Pure; kept over restarts by whoever asks.
/// </summary>
internal sealed class RetentionTime
{
    /// <summary>How far the clock may be from what is reckoned and be believed at once: a night without the hub, and no more history at stake than that.</summary>
    public static readonly TimeSpan Slack = TimeSpan.FromDays(1);

    /// <summary>How long a jump must stand, in time that the hub ran.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromDays(7);

    private DateTimeOffset? _reckoned;
    private TimeSpan _lastMoment;
    private TimeSpan _jump;

    /// <summary>How long the jump has stood; zero: the clock is believed.</summary>
    public TimeSpan Stood { get; private set; }

    /// <summary>How far the clock is ahead of what is reckoned; negative: behind. Null while it is believed.</summary>
    public TimeSpan? Apart { get; private set; }

    /// <summary>Takes up what was reckoned before a restart.</summary>
    /// <param name="reckoned">The time reckoned last; null: nothing is known, and the first clock is believed.</param>
    /// <param name="jump">How far the clock was from it.</param>
    /// <param name="stood">How long that had stood.</param>
    /// <param name="moment">Now, on the time that only goes forward.</param>
    public void Load(DateTimeOffset? reckoned, TimeSpan jump, TimeSpan stood, TimeSpan moment) => (_reckoned, _jump, Stood, _lastMoment) = (reckoned, jump, stood, moment);

    /// <summary>What is reckoned, and how far the clock was from it: for <see cref="Load"/> after a restart.</summary>
    public (DateTimeOffset Reckoned, TimeSpan Jump) Now => (_reckoned ?? default, _jump);

    /// <summary>The time by which to retain: never ahead of the clock, and ahead of what is reckoned only when the jump has stood.</summary>
    /// <param name="wall">The clock.</param>
    /// <param name="moment">Now, on the time that only goes forward.</param>
    public DateTimeOffset Next(DateTimeOffset wall, TimeSpan moment)
    {
        var passed = moment - _lastMoment;
        var reckoned = _reckoned + passed ?? wall;
        var jump = wall - reckoned;
        _lastMoment = moment;

        var isNear = jump.Duration() <= Slack;
        Stood = !isNear && (jump - _jump).Duration() <= Slack ? Stood + passed : TimeSpan.Zero; // Another jump in between begins the wait anew.
        if (isNear || Stood >= Patience)
        {
            (_reckoned, _jump, Stood, Apart) = (wall, TimeSpan.Zero, TimeSpan.Zero, null);
            return wall;
        }

        (_reckoned, _jump, Apart) = (reckoned, jump, jump);
        return wall < reckoned ? wall : reckoned;
    }
}
