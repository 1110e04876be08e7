namespace Uns.Sparkplug;

/// <summary>How long to wait before trying again: doubled each time up to a bound, and spread so that many do not come at once.</summary>
internal sealed class BackOff
{
    private readonly TimeSpan _first;
    private readonly TimeSpan _longest;
    private TimeSpan _ceiling;

    public BackOff(TimeSpan first, TimeSpan longest)
    {
        (_first, _longest) = (first, longest);
        Reset();
    }

    /// <summary>The wait that comes next, half to all of the present step.</summary>
    public TimeSpan Next { get; private set; }

    /// <summary>It worked: the next wait is the first again.</summary>
    public void Reset() => (_ceiling, Next) = (_first, Spread(_first));

    /// <summary>Waits, and doubles the wait after this one. Returns early, without a fault, when cancelled.</summary>
    public async Task WaitAsync(TimeProvider clock, CancellationToken cancellationToken)
    {
        var wait = Next;
        _ceiling = _ceiling * 2 < _longest ? _ceiling * 2 : _longest;
        Next = Spread(_ceiling);
        await Task.Delay(wait, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static TimeSpan Spread(TimeSpan ceiling) => ceiling * (0.5 + (Random.Shared.NextDouble() / 2));
}
