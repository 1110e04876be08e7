using Uns.Tags;

namespace Uns.Connectors;

/// <summary>Lets samples through to a passage and counts them, and how many were news.</summary>
internal sealed class CountingSink(TagStage.Passage passage) : ITagSink
{
    private int _samples;
    private int _news;

    /// <summary>Samples since the last <see cref="Begin"/>.</summary>
    public int Samples => Volatile.Read(ref _samples);

    /// <summary>Those among them that were let through.</summary>
    public int News => Volatile.Read(ref _news);

    /// <summary>Starts to count anew.</summary>
    public void Begin()
    {
        Volatile.Write(ref _samples, 0);
        Volatile.Write(ref _news, 0);
    }

    /// <inheritdoc/>
    public void Add(in TagSample sample)
    {
        Interlocked.Increment(ref _samples);
        if (passage.Offer(sample))
        {
            Interlocked.Increment(ref _news);
        }
    }
}
