namespace Uns.Mqtt.Broker;

/// <summary>
/// Collects what the I/O thread made while it is still little. A storm of connects makes much that stays; left to itself the
/// collector would look at all of it at once, and every client would wait for that. What does not stay, such as the value
/// before this one of a retained topic, costs a collection nothing but its begin: the less stays, the longer it waits.
/// </summary>
internal sealed class ShortPauses
{
    /// <summary>Bytes made until the young generations are collected, while all of it stays: some hundred new connections, one to three milliseconds.</summary>
    private const long Least = 1024 * 1024;

    /// <summary>The same, while hardly anything stays.</summary>
    private const long Most = 8 * Least;

    private long _wait = Least;
    private long _collectedAt;

    /// <summary>To be called after each batch, on the I/O thread.</summary>
    public void AfterBatch()
    {
        var made = GC.GetAllocatedBytesForCurrentThread();
        if (made - _collectedAt >= _wait)
        {
            GC.Collect(1, GCCollectionMode.Forced, blocking: false);
            _collectedAt = made;
            var stayed = GC.GetGCMemoryInfo(GCKind.Ephemeral).PromotedBytes;
            _wait = stayed > Least / 2 ? Least : Math.Min(_wait * 2, Most);
        }
    }
}
