namespace Uns.Connectors;

/// <summary>The worker's own limit of one call. A connector keeps its own limits; this one is for the connector that forgets.</summary>
internal sealed class CallLimit(TimeSpan longest, TimeProvider clock)
{
    /// <summary>Makes one call and leaves it when it takes too long.</summary>
    /// <exception cref="ConnectorException">It took longer than the limit.</exception>
    public async Task KeepAsync(string what, Func<CancellationToken, Task> call, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(longest, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            await call(linked.Token).WaitAsync(linked.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ConnectorException($"{what} took longer than {longest.TotalSeconds:0.###} s.");
        }
    }
}
