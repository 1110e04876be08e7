namespace Uns.Sparkplug.Host;

/// <summary>One session of an edge node: the birth and death that one bdSeq pairs.</summary>
/// <param name="BdSeq">The number; null when the birth told none.</param>
/// <param name="Born">When the session's first NBIRTH came, UTC; null when only its death was seen.</param>
/// <param name="Died">When its NDEATH came, UTC; null while none has.</param>
/// <param name="Counted">False for a death that paired with no birth in force.</param>
public readonly record struct SessionPair(int? BdSeq, DateTimeOffset? Born, DateTimeOffset? Died, bool Counted);

/// <summary>The last sessions of an edge node.</summary>
internal sealed class BdSeqLedger
{
    private const int Bound = 16;

    private readonly List<SessionPair> _pairs = new(1);

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<SessionPair> Pairs => [.. _pairs];

    /// <summary>A session began.</summary>
    public void Born(int? bdSeq, DateTimeOffset now) => Add(new(bdSeq, now, null, true));

    /// <summary>A session ended.</summary>
    public void Died(int? bdSeq, DateTimeOffset now)
    {
        var at = _pairs.FindLastIndex(pair => pair.Died is null && pair.Counted);
        if (at >= 0)
        {
            _pairs[at] = _pairs[at] with { Died = now };
        }
        else
        {
            Add(new(bdSeq, null, now, true));
        }
    }

    /// <summary>A death that is about no session in force.</summary>
    public void Ignored(int? bdSeq, DateTimeOffset now) => Add(new(bdSeq, null, now, false));

    private void Add(SessionPair pair)
    {
        if (_pairs.Count == Bound)
        {
            _pairs.RemoveAt(0);
        }

        _pairs.Add(pair);
    }
}
