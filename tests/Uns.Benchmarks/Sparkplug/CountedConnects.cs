using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Topics;

namespace Uns.Benchmarks.Sparkplug;

/// <summary>bdSeq of one node that lives as long as the measurement.</summary>
internal sealed class CountedConnects : IBirthSequenceStore
{
    private int _next;

    public ValueTask<int> NextAsync(EdgeNodeId node, CancellationToken cancellationToken) => ValueTask.FromResult(_next++ % 256);
}
