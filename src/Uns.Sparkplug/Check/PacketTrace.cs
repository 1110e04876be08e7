namespace Uns.Sparkplug.Check;

/// <summary>The packets that were seen, in order. Bounded: what comes beyond the bound is counted, not kept. Safe for many threads.</summary>
/// <param name="bound">Most packets kept, above zero.</param>
public sealed class PacketTrace(int bound = 200_000)
{
    private readonly Lock _gate = new();
    private readonly List<RecordedPacket> _packets = [];
    private TaskCompletionSource _grown = New();

    /// <summary>Packets that were not kept because the trace is full.</summary>
    public long Missed { get; private set; }

    /// <summary>How many packets are kept.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _packets.Count;
            }
        }
    }

    /// <summary>A copy of what is kept from a place on.</summary>
    public IReadOnlyList<RecordedPacket> Packets(int from = 0)
    {
        lock (_gate)
        {
            return _packets.GetRange(from, _packets.Count - from);
        }
    }

    /// <summary>Messages a client published, in order.</summary>
    public IReadOnlyList<RecordedPacket> Published(int from = 0) => [.. Packets(from).Where(p => p is { FromClient: true, Message: not null })];

    /// <summary>Adds a packet; its place is set here.</summary>
    public void Add(RecordedPacket packet)
    {
        TaskCompletionSource grown;
        lock (_gate)
        {
            if (_packets.Count >= bound)
            {
                Missed++;
                return;
            }

            _packets.Add(packet with { Index = _packets.Count });
            (grown, _grown) = (_grown, New());
        }

        grown.TrySetResult();
    }

    /// <summary>The first packet from a place on that is as wanted; awaits it when it has not come yet.</summary>
    /// <exception cref="OperationCanceledException">It did not come in time.</exception>
    public async Task<RecordedPacket> FindAsync(Func<RecordedPacket, bool> wanted, int from, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task grown;
            lock (_gate)
            {
                for (; from < _packets.Count; from++)
                {
                    if (wanted(_packets[from]))
                    {
                        return _packets[from];
                    }
                }

                grown = _grown.Task;
            }

            await grown.WaitAsync(cancellationToken);
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
