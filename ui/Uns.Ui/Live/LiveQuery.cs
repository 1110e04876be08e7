using Uns.Tree;

namespace Uns.Ui.Live;

/// <summary>
/// Redraws a page when its branch of the tree changes: at most ten times a second, and once a second for the ages alone.
/// Holds no values of its own; the page reads the tree when it is told to. Ends with the page.
/// </summary>
public sealed class LiveQuery : IAsyncDisposable
{
    /// <summary>Shortest time between two redraws.</summary>
    public static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest time between two redraws.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    /// <summary>Opens the query.</summary>
    /// <param name="tree">The tree to follow.</param>
    /// <param name="branch">Path of the branch; empty for the whole tree.</param>
    /// <param name="redraw">Called on no particular thread; awaited before the next call.</param>
    /// <param name="clock">Gives the pace.</param>
    public LiveQuery(UnsTree tree, string branch, Func<Task> redraw, TimeProvider clock) => _loop = RunAsync(tree, branch, redraw, clock, _stop.Token);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private static async Task RunAsync(UnsTree tree, string branch, Func<Task> redraw, TimeProvider clock, CancellationToken stop)
    {
        using var reader = tree.Feed.Open(branch);
        try
        {
            while (true)
            {
                using var idle = new CancellationTokenSource(Idle, clock);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, stop);
                try
                {
                    await reader.WaitAsync(either.Token);
                    reader.Take();
                }
                catch (OperationCanceledException) when (!stop.IsCancellationRequested)
                {
                    // Nothing changed for a second: only the ages move.
                }

                await redraw();
                await Task.Delay(Pace, clock, stop);
            }
        }
        catch (OperationCanceledException)
        {
            // The page is gone.
        }
        catch (ObjectDisposedException)
        {
            // The page went while it was being redrawn.
        }
    }
}
