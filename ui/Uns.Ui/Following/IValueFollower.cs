namespace Uns.Ui.Following;

/// <summary>Follows single values from the device to the subscribers, for as long as somebody asks. What nobody follows costs nothing.</summary>
public interface IValueFollower
{
    /// <summary>Most values that are followed at once.</summary>
    const int MostValues = 16;

    /// <summary>Longest time that one call follows a value, in seconds.</summary>
    const int LongestSeconds = 600;

    /// <summary>Begins to follow a value, or goes on following it, and tells what was seen so far.</summary>
    /// <param name="path">The value's path.</param>
    /// <param name="time">How long it is followed from now on.</param>
    /// <returns>Null when no value with a source stands there.</returns>
    /// <exception cref="InvalidOperationException">As many values as may be are followed already.</exception>
    FollowedValue? Follow(string path, TimeSpan time);

    /// <summary>Follows a value no more. One that is not followed is no news.</summary>
    void Leave(string path);
}

/// <summary>A value that is followed.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Topic">Its own topic.</param>
/// <param name="Source">Its metric, as <c>group/node/device:metric</c>.</param>
/// <param name="Alias">The number that stands for the metric in data messages; null when it has none.</param>
/// <param name="Device">The device that is read for it; null for a value of somebody else's edge node.</param>
/// <param name="Address">Its address in the device; null without one.</param>
/// <param name="Since">Since when it is followed, UTC.</param>
/// <param name="Until">Until when, unless somebody asks again, UTC.</param>
/// <param name="Roads">The last changes, the newest first; at most <see cref="MostRoads"/>.</param>
/// <param name="Quiet">The last read that was not told; null: there was none since the last change.</param>
public sealed record FollowedValue(
    string Path, string Topic, string Source, ulong? Alias, string? Device, string? Address, DateTimeOffset Since, DateTimeOffset Until, IReadOnlyList<ValueRoad> Roads, QuietRead? Quiet)
{
    /// <summary>Most changes that are kept.</summary>
    public const int MostRoads = 20;
}

/// <summary>The road of one change.</summary>
/// <param name="At">When its first step was, UTC.</param>
/// <param name="Value">The value.</param>
/// <param name="Quality">Its quality.</param>
/// <param name="Steps">The steps, in order.</param>
/// <param name="Missing">Why it went no farther, in one sentence; null: it went to the end, or is on its way.</param>
public sealed record ValueRoad(DateTimeOffset At, string Value, string Quality, IReadOnlyList<RoadStep> Steps, string? Missing);

/// <summary>One step.</summary>
/// <param name="Station">Where.</param>
/// <param name="AfterMs">Time since the first step, in milliseconds with three places.</param>
/// <param name="Words">What happened there.</param>
/// <param name="Quality">The quality there; null where it is not looked at.</param>
/// <param name="Receivers">Who got it, for the steps of the broker; else empty.</param>
public sealed record RoadStep(RoadStation Station, double AfterMs, string Words, string? Quality, IReadOnlyList<RoadReceiver> Receivers);

/// <summary>Who got a message.</summary>
/// <param name="ClientId">The client; of a shared subscription the share's name.</param>
/// <param name="IsOwn">True for a part of the hub.</param>
/// <param name="Outcome"><c>Sent</c>, <c>Waits</c>, <c>Dropped</c> or <c>Away</c>.</param>
public sealed record RoadReceiver(string ClientId, bool IsOwn, string Outcome);

/// <summary>A read that told nothing new.</summary>
/// <param name="At">When, UTC.</param>
/// <param name="Value">What was read, scaled.</param>
/// <param name="Count">How many such reads there were since the last change.</param>
/// <param name="Why">Why it is not told, in one sentence.</param>
public sealed record QuietRead(DateTimeOffset At, string Value, long Count, string Why);

/// <summary>The stations of the road.</summary>
public enum RoadStation
{
    /// <summary>The request left for the device.</summary>
    Asked,

    /// <summary>The device answered, or told by itself.</summary>
    Answered,

    /// <summary>The answer was decoded and scaled.</summary>
    Decoded,

    /// <summary>It is news: beyond the deadband, or another quality.</summary>
    Passed,

    /// <summary>The edge node made it a metric of a message, and handed that to its client.</summary>
    Sent,

    /// <summary>The broker took the message and handed it to its subscribers.</summary>
    Broker,

    /// <summary>The host application took it.</summary>
    Host,

    /// <summary>The tree shows it.</summary>
    Tree,

    /// <summary>It was written on its own topic.</summary>
    Topic,

    /// <summary>The broker handed that to its subscribers.</summary>
    Delivered,
}
