using System.Runtime.CompilerServices;

namespace Uns.TestKit;

/// <summary>Waits for what another thread or process brings about, and fails with the condition's own words when it never does.</summary>
public static class Waiting
{
    // Far above what a busy machine needs: only a fault takes so long.
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    /// <summary>Returns once the condition holds.</summary>
    /// <exception cref="TimeoutException">It did not within two minutes.</exception>
    public static Task ReachAsync(Func<bool> condition, CancellationToken cancellationToken = default, [CallerArgumentExpression(nameof(condition))] string words = "") =>
        ReachAsync(() => Task.FromResult(condition()), cancellationToken, words);

    /// <summary>Returns once the condition, which may take its time, holds.</summary>
    /// <exception cref="TimeoutException">It did not within two minutes.</exception>
    public static async Task ReachAsync(Func<Task<bool>> condition, CancellationToken cancellationToken = default, [CallerArgumentExpression(nameof(condition))] string words = "")
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(begun) > Deadline)
            {
                throw new TimeoutException($"It never came to this: {words}");
            }

            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }
    }
}
