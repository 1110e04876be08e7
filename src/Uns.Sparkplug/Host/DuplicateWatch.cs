namespace Uns.Sparkplug.Host;

/// <summary>
/// Tells whether two publishers speak under one edge node's name: births that go back to an earlier bdSeq, or two runs of seq
/// that alternate. Pure.
/// </summary>
/// <remarks>[tck-id-topic-structure-namespace-unique-edge-node-descriptor]</remarks>
internal sealed class DuplicateWatch
{
    private const int Remembered = 8;
    private const int EnoughReturns = 2; // A, B, A, B: a node that starts at 0 after a power cut returns once.
    private const int EnoughSwitches = 4; // Three visits to the second run: A, B, A, B, A, B.
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    private int _last = -1; // The last birth's number; -1 for none.
    private int[]? _bdSeqs; // The numbers before it, newest first, -1 for none.
    private int _returns;
    private DateTimeOffset _firstReturn;
    private int _other = -1; // What the second run of seq would say next.
    private bool _isOnOther;
    private int _switches;

    /// <summary>The two numbers that alternate, for people; null when the births do not tell.</summary>
    public string? Names { get; private set; }

    /// <summary>True while a second run of seq is followed.</summary>
    public bool IsFollowing => _other >= 0;

    /// <summary>Notes a birth.</summary>
    /// <returns>True when two publishers are at work.</returns>
    public bool Born(int? bdSeq, DateTimeOffset now)
    {
        (_other, _isOnOther, _switches) = (-1, false, 0);
        if (bdSeq is not { } told)
        {
            return false;
        }

        var last = _last;
        if (told == last)
        {
            return false; // A rebirth.
        }

        if (last >= 0 && told != (last + 1) % 256 && IsReturn(told))
        {
            _returns = now - _firstReturn > Window ? 1 : _returns + 1;
            _firstReturn = _returns == 1 ? now : _firstReturn;
            Names = $"bdSeq {Math.Min(told, last)} and {Math.Max(told, last)}";
        }

        _last = told;
        if (last >= 0)
        {
            Remember(last);
        }

        return _returns >= EnoughReturns;
    }

    /// <summary>Notes a message that does not follow the last one, or any message while a second run is followed.</summary>
    /// <param name="seq">Its seq.</param>
    /// <param name="expected">What would have followed.</param>
    /// <returns>True when two publishers are at work.</returns>
    public bool Said(int seq, int expected)
    {
        if (seq == expected)
        {
            _switches += _isOnOther ? 1 : 0;
            _isOnOther = false;
        }
        else
        {
            // Only a run that goes on counts; any other number begins one anew.
            _switches = seq == _other ? _switches + (_isOnOther ? 0 : 1) : _other < 0 ? 0 : _switches;
            (_other, _isOnOther) = ((seq + 1) % 256, true);
        }

        return _switches >= EnoughSwitches;
    }

    /// <summary>The late messages came: there was one run only.</summary>
    public void Joined() => (_other, _isOnOther, _switches) = (-1, false, 0);

    /// <summary>Begins anew.</summary>
    public void Forget()
    {
        Joined();
        (_returns, Names, _bdSeqs, _last) = (0, null, null, -1);
    }

    private void Remember(int bdSeq)
    {
        if (_bdSeqs is null)
        {
            _bdSeqs = new int[Remembered];
            Array.Fill(_bdSeqs, -1);
        }

        Array.Copy(_bdSeqs, 0, _bdSeqs, 1, Remembered - 1);
        _bdSeqs[0] = bdSeq;
    }

    private bool IsReturn(int bdSeq)
    {
        for (var i = 0; i < Remembered && _bdSeqs is not null; i++)
        {
            if (_bdSeqs[i] >= 0 && (bdSeq == _bdSeqs[i] || bdSeq == (_bdSeqs[i] + 1) % 256))
            {
                return true;
            }
        }

        return false;
    }
}
