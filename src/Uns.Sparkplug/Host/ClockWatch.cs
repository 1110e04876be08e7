using System.Globalization;

namespace Uns.Sparkplug.Host;

/// <summary>What a message has shown about its node's clock.</summary>
[Flags]
internal enum ClockNews
{
    /// <summary>Nothing new.</summary>
    None = 0,

    /// <summary>The clock has just left what is let pass.</summary>
    Off = 1,

    /// <summary>What is said beside the node's values is another now: it begins, ends, or names another distance.</summary>
    Note = 2,
}

/// <summary>How far an edge node's clock is ahead of the host's, and what must be said about it beside the node's values. Pure.</summary>
/// <remarks>
/// The way of a message only ever makes its clock look late, so the message that looks earliest counts, out of the last half to whole minute:
/// a line of messages that were held up somewhere moves nothing while one of them came straight, and a clock that was set right is right within a minute.
/// </remarks>
internal sealed class ClockWatch(HostOptions options)
{
    private static readonly long Window = TimeSpan.FromSeconds(30).Ticks;
    private static readonly long Doubt = TimeSpan.FromSeconds(10).Ticks; // A clock behind may be one late message: so long it must stay so.

    private readonly long _warn = options.ClockWarn.Ticks;
    private readonly long _note = options.ClockNote.Ticks;
    private long _from; // Where the present half minute began; 0 before the first message.
    private long _ahead; // The earliest look in it.
    private long _before; // The earliest look in the half minute before it.
    private long? _behindSince;
    private long _told; // The distance that the note names.
    private bool _isOff;

    /// <summary>How far the clock is ahead; negative when it is behind. Null before a timestamp came.</summary>
    public TimeSpan? Skew => _from == 0 ? null : TimeSpan.FromTicks(Math.Max(_ahead, _before));

    /// <summary>What is to be said beside the node's values, one sentence without its full stop; null: nothing. May be read from any thread.</summary>
    public string? Note { get; private set; }

    /// <summary>The skew in words: <c>75 s ahead of</c> or <c>3 h behind</c>, to be followed by whose.</summary>
    public string Words => Told(Skew?.Ticks ?? 0);

    /// <summary>Looks at one message.</summary>
    /// <param name="saidTicks">Its own time, UTC.</param>
    /// <param name="nowTicks">When it came, UTC.</param>
    public ClockNews Take(long saidTicks, long nowTicks)
    {
        var ahead = saidTicks - nowTicks;
        var elapsed = nowTicks - _from;
        if (elapsed >= Window || elapsed <= -Window)
        {
            // A little back is a message that waited for one before it; farther back the host's own clock was set.
            (_before, _ahead, _from) = (elapsed >= 0 && elapsed < 2 * Window ? _ahead : long.MinValue, ahead, nowTicks);
        }
        else if (ahead > _ahead)
        {
            _ahead = ahead;
        }

        var skew = Math.Max(_ahead, _before);
        var distance = Math.Abs(skew);
        return distance <= _warn && !_isOff && Note is null ? ClockNews.None : Judge(skew, distance, nowTicks);
    }

    // What is said once holds until the distance is a quarter smaller: a clock at the limit does not make it come and go.
    private ClockNews Judge(long skew, long distance, long nowTicks)
    {
        var news = distance > _warn && !_isOff ? ClockNews.Off : ClockNews.None;
        _isOff = distance > _warn || (_isOff && distance > _warn - (_warn / 4));
        _behindSince = skew <= -_note ? _behindSince ?? nowTicks : null;
        var isFar = distance >= _note && (skew > 0 || nowTicks - _behindSince >= Doubt);
        if (Note is null ? isFar : isFar && Math.Abs(skew - _told) > Math.Abs(_told) / 4)
        {
            (_told, Note) = (skew, $"The clock of the edge node is {Told(skew)} the host's, and its values' times with it");
            return news | ClockNews.Note;
        }

        if (Note is not null && distance < _note - (_note / 4))
        {
            Note = null;
            return news | ClockNews.Note;
        }

        return news;
    }

    private static string Told(long skew)
    {
        var span = TimeSpan.FromTicks(Math.Abs(skew));
        var (number, unit) = span.TotalSeconds < 119.5 ? (span.TotalSeconds, "s") : span.TotalMinutes < 119.5 ? (span.TotalMinutes, "min") : span.TotalHours < 47.5 ? (span.TotalHours, "h") : (span.TotalDays, "days");
        return string.Create(CultureInfo.InvariantCulture, $"{number:0} {unit} {(skew < 0 ? "behind" : "ahead of")}");
    }
}
