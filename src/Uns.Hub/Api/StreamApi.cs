using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Uns.Tree;
using Uns.Ui.Access;

namespace Uns.Hub.Api;

/// <summary>Changes of a branch as server-sent events.</summary>
/// <remarks>
/// First every value as it is, then each change: event <c>value</c> with a <see cref="ValueView"/>, event <c>removed</c> with a path,
/// event <c>alive</c> every 15 s without change. A reader that is slower than the plant gets the newest state of each value, never a growing queue.
/// It ends when its reader is signed out, or the token revoked.
/// </remarks>
internal static class StreamApi
{
    private static readonly TimeSpan Alive = TimeSpan.FromSeconds(15);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/stream", (string? path, UnsTree tree, Visitor visitor, TimeProvider clock, CancellationToken cancellationToken) =>
                TypedResults.ServerSentEvents(Events((path ?? "").Trim('/'), tree, visitor, clock, cancellationToken)))
            .WithName("StreamValues").WithTags("Tree")
            .WithSummary("Server-sent events: all values of a branch, then every change.");

    private static async IAsyncEnumerable<SseItem<object>> Events(
        string path, UnsTree tree, Visitor visitor, TimeProvider clock, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var reader = tree.Feed.Open(path);
        foreach (var node in tree.Find(path)?.Values() ?? [])
        {
            if (ValueView.Of(node, clock.GetUtcNow()) is { } view)
            {
                yield return new SseItem<object>(view, "value");
            }
        }

        while (!cancellationToken.IsCancellationRequested && visitor.May(Role.Viewer))
        {
            if (!await ChangedAsync(reader, clock, cancellationToken))
            {
                yield return new SseItem<object>(new { time = ValuePayload.Iso(clock.GetUtcNow()) }, "alive");
                continue;
            }

            foreach (var changed in reader.Take())
            {
                if (!visitor.May(Role.Viewer))
                {
                    yield break; // Signed out, or revoked, while it waited.
                }

                // The node may have been replaced by another at the same path: what stands there now is the truth.
                if (tree.Find(changed.Path) is { } node && ValueView.Of(node, clock.GetUtcNow()) is { } view)
                {
                    yield return new SseItem<object>(view, "value");
                }
                else
                {
                    yield return new SseItem<object>(new { path = changed.Path }, "removed");
                }
            }
        }
    }

    private static async Task<bool> ChangedAsync(TreeReader reader, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Alive, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await reader.WaitAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
