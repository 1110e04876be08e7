using Uns.Connectors;
using Uns.Tags;

namespace Uns.TestKit.Devices;

/// <summary>Keeps every sample, and lets a test await the one it needs.</summary>
public sealed class RecordingSink : ITagSink
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly Lock _gate = new();
    private readonly List<TagSample> _samples = [];
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<TagSample> Samples
    {
        get
        {
            lock (_gate)
            {
                return [.. _samples];
            }
        }
    }

    public void Add(in TagSample sample)
    {
        TaskCompletionSource told;
        lock (_gate)
        {
            _samples.Add(sample);
            told = _next;
            _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        told.TrySetResult();
    }

    /// <summary>Forgets what came.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _samples.Clear();
        }
    }

    /// <summary>The last sample of a tag.</summary>
    public TagSample Last(string tag) => Samples.Last(s => s.Tag == tag);

    /// <summary>Awaits a sample that fits, among those that came since the last clearing.</summary>
    public async Task<TagSample> WaitForAsync(Func<TagSample, bool> fits, ManualClock? clock = null)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (true)
        {
            Task next;
            lock (_gate)
            {
                foreach (var sample in _samples)
                {
                    if (fits(sample))
                    {
                        return sample;
                    }
                }

                next = _next.Task;
            }

            deadline.Token.ThrowIfCancellationRequested();
            await (clock is null ? next.WaitAsync(deadline.Token) : clock.TurnUntilAsync(next, TimeSpan.FromMilliseconds(100)));
        }
    }
}
