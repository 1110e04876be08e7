using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Topics;

namespace Uns.ConformanceTests.Sparkplug;

/// <summary>A store for what an edge node cannot send, in memory, with a bound in batches. It outlives the node that fills it, as a disk does.</summary>
internal sealed class MemoryForwardStore(int bound = int.MaxValue) : IForwardStore
{
    private readonly Lock _gate = new();
    private readonly List<(EdgeNodeId Node, ForwardBatch Batch)> _batches = [];
    private long _lastId;

    /// <summary>Takes nothing and tells nothing, as a disk that fails.</summary>
    public bool Refuses { get; set; }

    /// <summary>Tells what it keeps, and forgets nothing.</summary>
    public bool RefusesToForget { get; set; }

    public long Waiting
    {
        get
        {
            lock (_gate)
            {
                return _batches.Sum(b => b.Batch.Samples);
            }
        }
    }

    public long Lost { get; private set; }

    public Task AppendAsync(EdgeNodeId node, IReadOnlyList<ForwardBatch> batches, CancellationToken cancellationToken)
    {
        ThrowIfRefused();
        lock (_gate)
        {
            _batches.AddRange(batches.Select(batch => (node, batch with { Id = ++_lastId })));
            while (_batches.Count > bound)
            {
                Lost += _batches[0].Batch.Samples;
                _batches.RemoveAt(0);
            }
        }

        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<string>> DevicesAsync(EdgeNodeId node, CancellationToken cancellationToken)
    {
        ThrowIfRefused();
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyList<string>>([.. _batches.Where(b => b.Node == node).Select(b => b.Batch.Device).Distinct()]);
        }
    }

    public Task<ForwardBatch?> NextAsync(EdgeNodeId node, string device, long after, CancellationToken cancellationToken)
    {
        ThrowIfRefused();
        lock (_gate)
        {
            return Task.FromResult(_batches.Where(b => b.Node == node && b.Batch.Device == device && b.Batch.Id > after).Select(b => (ForwardBatch?)b.Batch).FirstOrDefault());
        }
    }

    public Task RemoveAsync(EdgeNodeId node, string device, long through, CancellationToken cancellationToken)
    {
        ThrowIfRefused(RefusesToForget);
        lock (_gate)
        {
            _batches.RemoveAll(b => b.Node == node && b.Batch.Device == device && b.Batch.Id <= through);
        }

        return Task.CompletedTask;
    }

    private void ThrowIfRefused(bool also = false)
    {
        if (Refuses || also)
        {
            throw new IOException("No space left on device.");
        }
    }
}
