using Uns.Sparkplug.Topics;

namespace Uns.Sparkplug.EdgeNode;

/// <summary>Samples of one device that could not be sent, as they are kept.</summary>
/// <param name="Id">Place in the store, growing with time; 0 before it is kept.</param>
/// <param name="Device">The device.</param>
/// <param name="Samples">How many samples the payload holds.</param>
/// <param name="Payload">A Sparkplug payload whose metrics have name, type, value, time and quality.</param>
public readonly record struct ForwardBatch(long Id, string Device, int Samples, byte[] Payload);

/// <summary>Keeps what an edge node cannot send, over restarts. Bounded: the oldest makes room, and the loss is counted.</summary>
public interface IForwardStore
{
    /// <summary>Samples that are kept now, over all nodes.</summary>
    long Waiting { get; }

    /// <summary>Samples that had to make room, since the store began.</summary>
    long Lost { get; }

    /// <summary>Keeps batches; on return a crash cannot take them.</summary>
    Task AppendAsync(EdgeNodeId node, IReadOnlyList<ForwardBatch> batches, CancellationToken cancellationToken);

    /// <summary>The devices of a node of which something is kept.</summary>
    Task<IReadOnlyList<string>> DevicesAsync(EdgeNodeId node, CancellationToken cancellationToken);

    /// <summary>The oldest batch of a device behind a place; null when there is none.</summary>
    Task<ForwardBatch?> NextAsync(EdgeNodeId node, string device, long after, CancellationToken cancellationToken);

    /// <summary>Forgets the batches of a device up to and with a place.</summary>
    Task RemoveAsync(EdgeNodeId node, string device, long through, CancellationToken cancellationToken);
}
