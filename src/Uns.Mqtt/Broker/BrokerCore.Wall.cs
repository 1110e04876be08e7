using Microsoft.Extensions.Logging;
using Uns.Mqtt.Broker.Sessions;

namespace Uns.Mqtt.Broker;

/// <content>The time of day beside the broker's own time, which nobody can set.</content>
internal sealed partial class BrokerCore
{
    /// <summary>From here on a difference is a clock that was set; less is what two readings differ by.</summary>
    private const long SetFrom = 1000;

    /// <summary>How far the time of day is ahead of <see cref="Now"/>, in milliseconds: by how much the clock was set since the start.</summary>
    public long WallAhead { get; private set; }

    /// <summary>Once a second: what runs here goes on as before when the clock is set, but the store's times are written anew, for the next run to read.</summary>
    private void WatchWall()
    {
        var ahead = Clock.GetUtcNow().ToUnixTimeMilliseconds() - Now;
        if (Math.Abs(ahead - WallAhead) < SetFrom)
        {
            return;
        }

        LogClockSet(Logger, (ahead - WallAhead) / 1000.0);
        WallAhead = ahead;
        if (Journal is null)
        {
            return;
        }

        Journal.WallAhead = ahead;
        foreach (var session in _sessions.Values)
        {
            StampAnew(session);
        }

        foreach (var place in Retained.All())
        {
            if (place.Message is { Expiry: not null } message && !SysTopics.SysReport.Owns(message.TopicText))
            {
                Journal.Retained(message.TopicText, message, urgent: false);
            }
        }
    }

    private void StampAnew(Session session)
    {
        if (session is { IsStored: true, Connection: null })
        {
            Journal!.SessionKept(session);
        }

        if (session is { IsWillStored: true, Will: { } will, WillDue: > 0 })
        {
            Journal!.WillKept(session, will);
        }

        if (!session.IsStored)
        {
            return;
        }

        foreach (var flight in session.InFlight.Values)
        {
            if (flight.Message is { Expiry: not null } begun)
            {
                Journal!.Rewrite(begun);
            }
        }

        foreach (var queued in session.Queue)
        {
            if (queued.Message.Expiry is not null)
            {
                Journal!.Rewrite(queued.Message);
            }
        }
    }

    [LoggerMessage(1018, LogLevel.Warning, "The clock was set by {Seconds:0.###} s. Keep alive, expiry and wills go on by the time that has passed.")]
    private static partial void LogClockSet(ILogger logger, double seconds);
}
