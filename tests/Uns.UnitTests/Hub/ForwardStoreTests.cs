using Uns.Hub.Wiring;
using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Topics;
using Uns.Store;
using Uns.TestKit;

namespace Uns.UnitTests.Hub;

public sealed class ForwardStoreTests : IDisposable
{
    private static readonly EdgeNodeId Node = new("G", "E");
    private readonly string _directory = Directory.CreateTempSubdirectory("uns-forward-").FullName;
    private readonly ManualClock _clock = new();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Batches_come_back_by_device_in_their_order_also_after_a_restart()
    {
        await using (var disk = Open())
        {
            var store = new ForwardStore(disk);
            await store.AppendAsync(Node, [Batch("a", 1), Batch("b", 2), Batch("a", 3)], default);
            await store.AppendAsync(new EdgeNodeId("G", "F"), [Batch("a", 9)], default);
        }

        await using var again = Open();
        var kept = new ForwardStore(again);
        Assert.Equal(["a", "b"], (await kept.DevicesAsync(Node, default)).Order());
        Assert.Equal((8, 0), (kept.Waiting, kept.Lost));
        var first = await kept.NextAsync(Node, "a", 0, default);
        var second = await kept.NextAsync(Node, "a", first!.Value.Id, default);
        Assert.Equal([1, 3], [first.Value.Payload[0], second!.Value.Payload[0]]);
        Assert.Null(await kept.NextAsync(Node, "a", second.Value.Id, default));
        await kept.RemoveAsync(Node, "a", first.Value.Id, default);
        Assert.Equal(second.Value.Id, (await kept.NextAsync(Node, "a", 0, default))!.Value.Id);
        Assert.Equal(6, kept.Waiting);
        Assert.NotNull(await kept.NextAsync(new EdgeNodeId("G", "F"), "a", 0, default));
    }

    [Fact]
    public async Task What_is_beyond_the_bound_takes_the_oldest_away_and_the_loss_is_counted_for_good()
    {
        await using (var disk = Open())
        {
            var store = new ForwardStore(disk) { Bound = 250 };
            await Task.WhenAll(Enumerable.Range(1, 5).Select(i => store.AppendAsync(Node, [Batch("a", i)], default))); // 100 bytes each, in one commit or several.
            Assert.Equal((4, 6), (store.Waiting, store.Lost));
            Assert.Equal(4, (await store.NextAsync(Node, "a", 0, default))!.Value.Payload[0]);
        }

        await using var again = Open();
        var kept = new ForwardStore(again);
        await kept.DevicesAsync(Node, default);
        Assert.Equal((4, 6), (kept.Waiting, kept.Lost));
    }

    // Two samples in a hundred bytes, the first of which is the mark.
    private static ForwardBatch Batch(string device, int mark)
    {
        var payload = new byte[100];
        payload[0] = (byte)mark;
        return new(0, device, 2, payload);
    }

    private HubStore Open() => HubStore.Open(_directory, ForwardStore.Schema, _clock);
}
