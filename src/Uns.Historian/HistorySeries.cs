using Uns.Tags;

namespace Uns.Historian;

/// <summary>One tag's past. Found by an identity that outlives names and places.</summary>
public sealed class HistorySeries
{
    /// <summary>Runs that may be open at once: late samples need one beside the live one.</summary>
    internal const int MaximumOpen = 4;

    internal HistorySeries(string key) => Key = key;

    /// <summary>The identity: it stays when the tag is renamed or moved.</summary>
    public string Key { get; }

    /// <summary>Where the tag stands, or stood last.</summary>
    public string Path { get; internal set; } = "";

    /// <summary>Engineering unit; empty when there is none.</summary>
    public string Unit { get; internal set; } = "";

    internal int Id { get; set; }

    /// <summary>False until id, path and unit are on disk as they are here.</summary>
    internal bool IsSaved { get; set; }

    /// <summary>Runs that still grow. Guarded by the book's gate.</summary>
    internal List<SegmentWriter> Open { get; } = new(1);

    /// <summary>Runs that are closed and not on disk yet. Guarded by the book's gate.</summary>
    internal List<SegmentWriter> Closed { get; } = [];

    /// <summary>The last batch of the log that is wholly in closed runs.</summary>
    internal long ClosedBatch { get; set; }

    /// <summary>The newest sample's time, and what it said.</summary>
    internal long LastTime { get; set; } = long.MinValue;

    internal KeptValue LastValue { get; set; }

    internal HistoryQuality? LastQuality { get; set; }

    /// <summary>From when nothing is known until the next sample; zero: no such time.</summary>
    internal long GapSince
    {
        get => Interlocked.Read(ref _gapSince);
        set => Interlocked.Exchange(ref _gapSince, value);
    }

    private long _gapSince;

    /// <summary>A sample is lost: the earliest such moment counts.</summary>
    internal void Lose(long time) => Interlocked.CompareExchange(ref _gapSince, time, 0);

    internal int OpenCount
    {
        get
        {
            var count = 0;
            foreach (var run in Open)
            {
                count += run.Count;
            }

            return count;
        }
    }
}

/// <summary>One sample on its way to the recorder.</summary>
internal readonly record struct HistoryEntry(HistorySeries Series, long Time, TagValue Value, HistoryQuality Quality, bool IsLate);
