namespace Uns.HubTests.Soak;

/// <summary>What the broker's process held at rest, after full collections.</summary>
internal sealed record SoakSample(
    TimeSpan At, long HeapBytes, long ResidentBytes, long Handles, long Sockets, long Threads, long Connections, long Sessions, long Subscriptions, long Retained,
    long MessagesIn, long MessagesOut, long DroppedSlow, long DroppedQueue, long StoreFaults, long ProtocolFaults, long StoreBytes)
{
    public static SoakSample Parse(TimeSpan at, string line, DirectoryInfo data)
    {
        var n = line.Split(' ').Select(long.Parse).ToArray();
        return new(at, n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9], n[10], n[11], n[12], n[13], n[14], data.EnumerateFiles().Sum(f => f.Length));
    }

    /// <summary>Slope of the heap by least squares, in MiB an hour.</summary>
    public static double HeapSlope(IReadOnlyList<SoakSample> samples)
    {
        var (meanAt, meanHeap) = (samples.Average(s => s.At.TotalHours), samples.Average(s => s.HeapBytes / 1048576.0));
        var spread = samples.Sum(s => Math.Pow(s.At.TotalHours - meanAt, 2));
        return spread == 0 ? 0 : samples.Sum(s => (s.At.TotalHours - meanAt) * ((s.HeapBytes / 1048576.0) - meanHeap)) / spread;
    }

    public override string ToString() =>
        $"{At.TotalMinutes:0.0} min heap={HeapBytes / 1024} KiB rss={ResidentBytes / 1048576} MiB handles={Handles} sockets={Sockets} threads={Threads} retained={Retained} in={MessagesIn} out={MessagesOut} dropped={DroppedSlow}+{DroppedQueue} store={StoreBytes / 1024} KiB";
}
