using Uns.Tags;

namespace Uns.Alarms;

/// <summary>What happened to an alarm.</summary>
public enum AlarmHappening
{
    /// <summary>The condition has stood for the whole delay.</summary>
    Raised,

    /// <summary>The condition is over.</summary>
    Gone,

    /// <summary>Somebody has seen it.</summary>
    Acknowledged,

    /// <summary>Somebody silenced it for a while.</summary>
    Shelved,

    /// <summary>It counts again.</summary>
    Unshelved,
}

/// <summary>Where one alarm stands, as it is kept and shown. Immutable.</summary>
/// <param name="IsActive">True while the condition stands.</param>
/// <param name="IsAcknowledged">False from the raising until somebody has seen it, also when it is over by then.</param>
/// <param name="Since">When it was last raised or went; null before the first time.</param>
/// <param name="ShelvedUntil">Until when it is silenced; null: it is not.</param>
/// <param name="Value">The value that raised it, as text.</param>
public sealed record AlarmStanding(bool IsActive, bool IsAcknowledged, DateTimeOffset? Since, DateTimeOffset? ShelvedUntil, string Value)
{
    /// <summary>Nothing has happened yet.</summary>
    public static AlarmStanding Calm { get; } = new(false, true, null, null, "");

    /// <summary>True when it belongs in front of somebody: active or not seen yet, and not shelved.</summary>
    public bool IsOpen => ShelvedUntil is null && (IsActive || !IsAcknowledged);

    /// <summary>Normal, Active, Acknowledged, Gone unseen or Shelved.</summary>
    public string Word => ShelvedUntil is not null ? "Shelved" : (IsActive, IsAcknowledged) switch
    {
        (true, false) => "Active",
        (true, true) => "Acknowledged",
        (false, false) => "Gone unseen",
        _ => "Normal",
    };
}

/// <summary>
/// One alarm's memory: condition with hysteresis, delay, acknowledgement, shelving. Pure: the time comes in with each call,
/// what happened goes out. The states are those of ISA-18.2 without latching.
/// What waits is measured on a time that only goes forward, a rate on the times of its source; the time of day is for the stamps.
/// </summary>
public sealed class AlarmState(AlarmRule rule, AlarmStanding standing)
{
    /// <summary>Longest time an alarm may be shelved.</summary>
    public static readonly TimeSpan LongestShelf = TimeSpan.FromDays(7);

    private static readonly TimeSpan RateHolds = TimeSpan.FromMinutes(1);

    private double _last = double.NaN;
    private DateTimeOffset _lastTime;
    private TimeSpan? _movedAt;
    private TimeSpan? _metSince;
    private TimeSpan? _shelfEnds;
    private string _value = standing.Value;

    /// <summary>What is watched for.</summary>
    public AlarmRule Rule { get; } = rule;

    /// <summary>Where it stands.</summary>
    public AlarmStanding Standing { get; private set; } = standing;

    /// <summary>Takes a value. What cannot be believed changes nothing but a Stale alarm.</summary>
    /// <param name="value">The value.</param>
    /// <param name="quality">How far it can be believed.</param>
    /// <param name="time">Its source time: a rate is measured by it.</param>
    /// <param name="moment">Now, on a time that only goes forward.</param>
    /// <param name="now">The time of day.</param>
    /// <returns>What happened; null: nothing.</returns>
    public AlarmHappening? Observe(TagValue value, TagQuality quality, DateTimeOffset time, TimeSpan moment, DateTimeOffset now)
    {
        if (!Rule.Enabled)
        {
            return null;
        }

        var believed = quality is TagQuality.Good or TagQuality.Uncertain && !value.IsNull;
        if (Rule.Kind == AlarmKind.Stale)
        {
            return Met(!believed, believed ? value.ToString() : quality.ToString(), moment, now);
        }

        if (!believed)
        {
            return Tick(moment, now);
        }

        if (Rule.Kind == AlarmKind.State)
        {
            return Met(string.Equals(value.ToString(), Rule.State, StringComparison.OrdinalIgnoreCase), value.ToString(), moment, now);
        }

        return double.IsFinite(value.Number) ? Number(value.Number, value.ToString(), time, moment, now) : Tick(moment, now);
    }

    /// <summary>Time passes: a delay or a shelving may be over.</summary>
    /// <param name="moment">Now, on a time that only goes forward.</param>
    /// <param name="now">The time of day.</param>
    public AlarmHappening? Tick(TimeSpan moment, DateTimeOffset now)
    {
        if (Standing.ShelvedUntil is { } until)
        {
            // The time of day counts once, at the shelving or after a restart: a clock that is set makes no shelf longer.
            _shelfEnds ??= moment + (until - now < LongestShelf ? until - now : LongestShelf);
            if (moment >= _shelfEnds)
            {
                return Unshelve();
            }
        }

        if (Rule.Kind == AlarmKind.Rate && Standing.IsActive && moment - (_movedAt ??= moment) >= RateHolds)
        {
            return Met(false, _value, moment, now); // It stands still.
        }

        if (_metSince is { } since && moment - since >= Rule.Delay && !Standing.IsActive)
        {
            Standing = Standing with { IsActive = true, IsAcknowledged = false, Since = now, Value = _value };
            return AlarmHappening.Raised;
        }

        return null;
    }

    /// <summary>Somebody has seen it.</summary>
    public AlarmHappening? Acknowledge()
    {
        if (Standing.IsAcknowledged)
        {
            return null;
        }

        Standing = Standing with { IsAcknowledged = true };
        return AlarmHappening.Acknowledged;
    }

    /// <summary>Silences it until a time; it is watched on.</summary>
    /// <param name="until">The time of day until which it is silenced, at most <see cref="LongestShelf"/> away.</param>
    public AlarmHappening? Shelve(DateTimeOffset until)
    {
        _shelfEnds = null;
        Standing = Standing with { ShelvedUntil = until };
        return AlarmHappening.Shelved;
    }

    /// <summary>It counts again.</summary>
    public AlarmHappening? Unshelve()
    {
        if (Standing.ShelvedUntil is null)
        {
            return null;
        }

        Standing = Standing with { ShelvedUntil = null };
        return AlarmHappening.Unshelved;
    }

    private AlarmHappening? Number(double number, string text, DateTimeOffset time, TimeSpan moment, DateTimeOffset now)
    {
        var measured = number;
        if (Rule.Kind == AlarmKind.Rate)
        {
            // By the source's times: what a line held up and let go together has not moved any faster. Two of one time tell no rate.
            var (from, passed) = (_last, time - _lastTime);
            (_last, _lastTime) = (number, time);
            if (!double.IsNaN(from) && passed <= TimeSpan.Zero)
            {
                return Tick(moment, now);
            }

            measured = double.IsNaN(from) ? 0 : Math.Abs(number - from) / passed.TotalMinutes;
            _movedAt = moment;
        }

        // Once met, the value must come back by the hysteresis.
        var limit = _metSince is null && !Standing.IsActive ? Rule.Limit : Rule.Kind == AlarmKind.Low ? Rule.Limit + Rule.Hysteresis : Rule.Limit - Rule.Hysteresis;
        return Met(Rule.Kind == AlarmKind.Low ? measured < limit : measured > limit, text, moment, now);
    }

    private AlarmHappening? Met(bool isMet, string text, TimeSpan moment, DateTimeOffset now)
    {
        if (!isMet)
        {
            _metSince = null;
            if (Standing.IsActive)
            {
                Standing = Standing with { IsActive = false, Since = now };
                return AlarmHappening.Gone;
            }

            return Tick(moment, now);
        }

        _metSince ??= moment;
        _value = text;
        return Tick(moment, now);
    }
}
