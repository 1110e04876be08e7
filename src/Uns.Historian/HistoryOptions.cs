namespace Uns.Historian;

/// <summary>How much of the past is kept, and where.</summary>
public sealed record HistoryOptions
{
    /// <summary>Directory of the history's own file; made when missing. Not the directory of another store.</summary>
    public required string Directory { get; init; }

    /// <summary>Age at which every single change is given up; the means of each hour stay.</summary>
    /// <value>90 days unless set. At least one hour.</value>
    public TimeSpan KeepChanges { get; init; } = TimeSpan.FromDays(90);

    /// <summary>Age at which the means of each hour are given up.</summary>
    /// <value>3,650 days unless set. Not less than <see cref="KeepChanges"/>.</value>
    public TimeSpan KeepHours { get; init; } = TimeSpan.FromDays(3650);

    /// <summary>Most bytes of history on disk; the oldest makes room.</summary>
    /// <value>4 GiB unless set.</value>
    public long MaximumBytes { get; init; } = 4L << 30;

    /// <summary>Free bytes of the disk below which history pauses, so that the rest of the hub can go on writing.</summary>
    /// <value>256 MiB unless set.</value>
    public long ReserveBytes { get; init; } = 256L << 20;

    /// <summary>Most series; what comes beyond is counted and not recorded.</summary>
    /// <value>200,000 unless set: the tags of a large plant, some 100 MiB of memory.</value>
    public int MaximumSeries { get; init; } = 200_000;
}

/// <summary>How the history fares.</summary>
/// <param name="Fault">Why nothing reaches the disk at present, in a sentence; null while all is well.</param>
/// <param name="FaultSince">Since when; null while all is well.</param>
/// <param name="Series">Series known.</param>
/// <param name="Recorded">Samples taken since the start.</param>
/// <param name="Lost">Samples lost since the start: the queue was full, or the disk took none.</param>
/// <param name="Redated">Samples whose source time was absurd and that stand at their arrival instead.</param>
/// <param name="Bytes">Bytes on disk at the last look, without free pages.</param>
/// <param name="MaximumBytes">Most bytes on disk.</param>
/// <param name="Damaged">A damaged file that was moved aside, in a sentence; null when there was none since the start.</param>
public sealed record HistoryStatus(
    string? Fault, DateTimeOffset? FaultSince, int Series, long Recorded, long Lost, long Redated, long Bytes, long MaximumBytes, string? Damaged);
