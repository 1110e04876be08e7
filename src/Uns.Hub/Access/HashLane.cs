using static Uns.Ui.Texts.Wording;

namespace Uns.Hub.Access;

/// <summary>Passwords are hashed one after another: whoever floods the sign-in takes one core at most, and never the plant's time.</summary>
internal sealed class HashLane : IDisposable
{
    /// <summary>Most that wait; one more is sent away.</summary>
    public const int MostWaiting = 20;

    /// <summary>What is said to whoever is sent away.</summary>
    public static string Busy => T("Too many people sign in at this moment: try again in a few seconds.");

    private readonly SemaphoreSlim _one = new(1, 1);
    private int _waiting;

    /// <summary>Does the work when its turn comes; null when too many wait.</summary>
    public async Task<T?> RunAsync<T>(Func<T> work)
        where T : class
    {
        if (Interlocked.Increment(ref _waiting) > MostWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            return null;
        }

        try
        {
            await _one.WaitAsync();
            try
            {
                return await Task.Run(work);
            }
            finally
            {
                _one.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void Dispose() => _one.Dispose();
}
