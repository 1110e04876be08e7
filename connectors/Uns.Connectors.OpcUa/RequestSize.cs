using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa;

/// <summary>How many operations go into one request: what the user allows, what the server says it takes, and less where it refuses all the same.</summary>
/// <remarks>OPC 10000-5, 6.3.11 (OperationLimitsType). Pure. Callers at the same time may shrink it twice; never below one.</remarks>
internal sealed class RequestSize
{
    private readonly int _most;

    /// <param name="most">What the user allows, above zero.</param>
    public RequestSize(int most) => Current = _most = most;

    /// <summary>Operations in the next request, at least one.</summary>
    public int Current { get; private set; }

    /// <summary>Takes the server's own limits, the smallest counts; null or 0 means that it tells none.</summary>
    public void Limit(params ReadOnlySpan<uint?> told)
    {
        var most = (uint)_most;
        foreach (var limit in told)
        {
            most = limit is > 0 ? Math.Min(most, limit.Value) : most;
        }

        Current = (int)most;
    }

    /// <summary>Asks for less after a refusal.</summary>
    /// <param name="code">What the server answered.</param>
    /// <returns>False when that was not about the size, or when one operation is too many already.</returns>
    public bool Shrink(uint code)
    {
        if (Current == 1 || code is not (StatusCode.BadTooManyOperations or StatusCode.BadRequestTooLarge or StatusCode.BadResponseTooLarge or StatusCode.BadEncodingLimitsExceeded))
        {
            return false;
        }

        Current = Math.Max(1, Current / 2);
        return true;
    }

    /// <summary>Walks a list in requests of the current size; a part that is refused for its size is asked again in smaller ones.</summary>
    public async Task EachAsync<T>(IReadOnlyList<T> all, Func<IReadOnlyList<T>, Task> act)
    {
        for (var at = 0; at < all.Count;)
        {
            var part = all.Skip(at).Take(Current).ToArray();
            try
            {
                await act(part);
                at += part.Length;
            }
            catch (UaServiceException refused) when (Shrink(refused.Code))
            {
                // Once more, with less.
            }
        }
    }
}
