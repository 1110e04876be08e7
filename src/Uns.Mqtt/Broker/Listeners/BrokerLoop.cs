using System.Collections.Concurrent;

namespace Uns.Mqtt.Broker.Listeners;

/// <summary>
/// The one thread that the broker's core belongs to. Others hand it work through <see cref="Post"/>; a batch of work ends
/// with one flush of all that was touched.
/// </summary>
internal abstract class BrokerLoop
{
    /// <summary>How often a batch looks for more before it sends: what came while it worked shares its sends.</summary>
    private const int FurtherLooks = 2;

    /// <summary>Looks that found nothing, after which only every so many batches look again: a call for nothing costs a quiet broker most.</summary>
    private const int VainLooks = 16;

    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _isAwake;
    private int _vainLooks;
    private volatile bool _isStopping;

    /// <summary>Called before each batch, on the loop's thread.</summary>
    public Action BeginBatch { get; set; } = static () => { };

    /// <summary>Called after each batch, on the loop's thread.</summary>
    public Action EndBatch { get; set; } = static () => { };

    /// <summary>Told of posted work that threw; the loop goes on.</summary>
    public Action<Exception> Failed { get; set; } = static _ => { };

    /// <summary>Completes when the thread has ended; faulted when it ended by an error.</summary>
    public Task Ended => _ended.Task;

    public void Start() => new Thread(Run) { Name = "mqtt-io", IsBackground = true }.Start();

    /// <summary>Runs <paramref name="work"/> on the loop's thread, after what was posted before it.</summary>
    public void Post(Action work)
    {
        _posted.Enqueue(work);
        if (Interlocked.Exchange(ref _isAwake, 1) == 0)
        {
            Wake();
        }
    }

    public void Stop()
    {
        _isStopping = true;
        Post(static () => { });
    }

    /// <summary>Lets go of a loop that was never started.</summary>
    public void Abandon()
    {
        Release();
        _ended.TrySetResult();
    }

    /// <summary>Gives the events that have come meanwhile, without waiting.</summary>
    protected virtual int Look() => 0;

    /// <summary>Waits for events of the transports or a <see cref="Wake"/>.</summary>
    protected abstract int Wait();

    /// <summary>Ends a <see cref="Wait"/>, from any thread.</summary>
    protected abstract void Wake();

    /// <summary>Handles what <see cref="Wait"/> found.</summary>
    protected abstract void HandleEvents(int count);

    /// <summary>Lets go of what the loop holds of the operating system.</summary>
    protected abstract void Release();

    private void LookFurther(int events)
    {
        if (_vainLooks >= VainLooks && ++_vainLooks % VainLooks != 0)
        {
            return;
        }

        for (var i = 0; i < FurtherLooks && events > 0; i++)
        {
            events = Look();
            HandleEvents(events);
            _vainLooks = events > 0 ? 0 : _vainLooks + 1;
        }
    }

    private void RunPosted(Action work)
    {
        try
        {
            work();
        }
#pragma warning disable CA1031 // A fault of ours in one piece of work must not end the service for all.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Failed(e);
        }
    }

    private void Run()
    {
        try
        {
            while (!_isStopping)
            {
                var events = Wait();
                BeginBatch();
                HandleEvents(events);
                LookFurther(events);

                Volatile.Write(ref _isAwake, 0);
                Interlocked.MemoryBarrier();
                for (var left = _posted.Count; left > 0 && _posted.TryDequeue(out var work); left--)
                {
                    RunPosted(work);
                }

                EndBatch();
                if (!_posted.IsEmpty && Interlocked.Exchange(ref _isAwake, 1) == 0)
                {
                    Wake();
                }
            }

            Release();
            _ended.TrySetResult();
        }
#pragma warning disable CA1031 // The top of a pump: the error is handed to whoever awaits the end.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _ended.TrySetException(e);
        }
    }
}

/// <summary>A loop without a transport of its own: all work is posted.</summary>
internal sealed class PostedLoop : BrokerLoop
{
    private readonly object _gate = new();
    private bool _isWoken;

    protected override int Wait()
    {
        lock (_gate)
        {
            while (!_isWoken)
            {
                Monitor.Wait(_gate);
            }

            _isWoken = false;
            return 0;
        }
    }

    protected override void Wake()
    {
        lock (_gate)
        {
            _isWoken = true;
            Monitor.Pulse(_gate);
        }
    }

    protected override void HandleEvents(int count)
    {
    }

    protected override void Release()
    {
        // It holds nothing of the operating system.
    }
}
