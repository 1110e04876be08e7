namespace Uns.Mqtt.Broker;

/// <summary>
/// Collects what the I/O thread made while it is still little. A storm of connects makes much that stays; left to itself the
/// collector would look at all of it at once, and every client would wait for that. A broker at work makes nothing and so
/// collects nothing.
/// </summary>
internal sealed class ShortPauses
{
    /// <summary>Bytes after which the young generations are collected: some hundred new connections, one to three milliseconds.</summary>
    private const long YoungBytes = 1024 * 1024;

    private long _collectedAt;

    /// <summary>To be called after each batch, on the I/O thread.</summary>
    public void AfterBatch()
    {
        var made = GC.GetAllocatedBytesForCurrentThread();
        if (made - _collectedAt >= YoungBytes)
        {
            GC.Collect(1, GCCollectionMode.Forced, blocking: false);
            _collectedAt = made;
        }
    }
}
