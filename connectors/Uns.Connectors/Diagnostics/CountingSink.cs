using Uns.Tags;

namespace Uns.Connectors;

/// <summary>Lets samples through to a passage and counts them, and how many were news.</summary>
internal sealed class CountingSink(TagStage.Passage passage) : ITagSink
{
    private int _samples;
    private int _news;

    // The read that brings the samples; null and 0 for a probe.
    private PollGroup? _group;
    private long _begun;

    /// <summary>Samples since the last <see cref="Begin"/>.</summary>
    public int Samples => Volatile.Read(ref _samples);

    /// <summary>Those among them that were let through.</summary>
    public int News => Volatile.Read(ref _news);

    /// <summary>Starts to count anew.</summary>
    /// <param name="group">The group that is read now.</param>
    /// <param name="begun">When its read begins, as a timestamp of the clock.</param>
    public void Begin(PollGroup group, long begun)
    {
        (_group, _begun) = (group, begun);
        Volatile.Write(ref _samples, 0);
        Volatile.Write(ref _news, 0);
    }

    /// <inheritdoc/>
    public void Add(in TagSample sample)
    {
        Interlocked.Increment(ref _samples);
        if (passage.Offer(sample, _group, _begun))
        {
            Interlocked.Increment(ref _news);
        }
    }
}
