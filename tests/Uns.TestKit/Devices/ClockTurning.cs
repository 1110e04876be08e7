namespace Uns.TestKit.Devices;

/// <summary>Turns a manual clock while other threads work by it.</summary>
public static class ClockTurning
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <summary>Turns the clock step by step until the task has ended; fails when that takes too long in real time.</summary>
    public static async Task TurnUntilAsync(this ManualClock clock, Task task, TimeSpan step)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (!task.IsCompleted)
        {
            if (TimeProvider.System.GetElapsedTime(begun) > Deadline)
            {
                throw new TimeoutException($"It did not happen within {Deadline.TotalSeconds} s of real time.");
            }

            clock.Advance(step);
            // Gives the worker's thread its turn; the task itself ends the wait.
            await Task.WhenAny(task, Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System));
        }

        await task;
    }
}
