using System.Collections.Concurrent;

namespace Uns.HubTests.Crash;

/// <summary>Where the broker is now, and what it did that it must not.</summary>
internal sealed class CrashLog
{
    private readonly ConcurrentQueue<string> _violations = new();
    private volatile int _port;

    /// <summary>Port of the broker that runs now.</summary>
    public int Port
    {
        get => _port;
        set => _port = value;
    }

    /// <summary>Deaths of the broker so far.</summary>
    public int Cycle { get; set; }

    public IReadOnlyCollection<string> Violations => _violations;

    public void Violation(string what) => _violations.Enqueue($"after {Cycle} deaths: {what}");
}
