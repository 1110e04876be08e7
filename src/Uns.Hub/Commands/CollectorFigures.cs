using System.Text.Json;
using Uns.Mqtt.Broker;

namespace Uns.Hub.Commands;

/// <summary>What the garbage collector cost a broker from its start to its end: one line of JSON for whoever measures it.</summary>
internal sealed class CollectorFigures
{
    private static long _longestPauseTicks;

    private readonly long _allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
    private readonly TimeSpan _pausedBefore = GC.GetTotalPauseDuration();

    /// <summary>Begins to watch; each collection is looked at once it is over.</summary>
    public CollectorFigures() => _ = new Sentinel();

    /// <summary>The line.</summary>
    public string Line(BrokerStatistics broker)
    {
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - _allocatedBefore;
        return JsonSerializer.Serialize(new
        {
            messagesIn = broker.MessagesIn,
            messagesOut = broker.MessagesOut,
            allocatedBytes = allocated,
            allocatedBytesPerMessage = Math.Round((double)allocated / Math.Max(1, broker.MessagesIn + broker.MessagesOut), 3),
            collections = new[] { GC.CollectionCount(0), GC.CollectionCount(1), GC.CollectionCount(2) },
            heapBytes = GC.GetTotalMemory(forceFullCollection: false),
            pausedMilliseconds = Math.Round((GC.GetTotalPauseDuration() - _pausedBefore).TotalMilliseconds, 3),
            longestPauseMilliseconds = Math.Round(TimeSpan.FromTicks(Interlocked.Read(ref _longestPauseTicks)).TotalMilliseconds, 3),
        });
    }

    /// <summary>Garbage that comes back: its finalizer runs after each collection.</summary>
    private sealed class Sentinel
    {
#pragma warning disable MA0055 // The finalizer is the point: the platform has no other call after each collection.
        ~Sentinel()
#pragma warning restore MA0055
        {
            foreach (var kind in new[] { GCKind.Ephemeral, GCKind.FullBlocking, GCKind.Background })
            {
                foreach (var pause in GC.GetGCMemoryInfo(kind).PauseDurations)
                {
                    _longestPauseTicks = Math.Max(_longestPauseTicks, pause.Ticks);
                }
            }

            if (!Environment.HasShutdownStarted)
            {
                _ = new Sentinel();
            }
        }
    }
}
