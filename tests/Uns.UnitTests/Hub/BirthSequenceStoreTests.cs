using Microsoft.Extensions.Logging;
using Uns.Hub.Wiring;
using Uns.Sparkplug.Topics;
using Uns.Store;
using Uns.TestKit;

namespace Uns.UnitTests.Hub;

/// <summary>The count of CONNECTs, over restarts and over a disk that takes nothing.</summary>
public sealed class BirthSequenceStoreTests : IDisposable
{
    private static readonly EdgeNodeId Node = new("G", "E");
    private readonly string _directory = Directory.CreateTempSubdirectory("uns-bdseq-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact, Spec("tck-id-topics-nbirth-bdseq-increment")]
    public async Task The_count_begins_at_0_goes_on_over_restarts_and_begins_anew_behind_255()
    {
        for (var expected = 0; expected <= 257; expected += 86)
        {
            await using var disk = Open();
            var store = Numbers(disk);
            for (var i = 0; i < 86; i++)
            {
                Assert.Equal((expected + i) % 256, await store.NextAsync(Node, default));
            }

            Assert.Equal(expected / 86, await store.NextAsync(new EdgeNodeId("G", "F"), default));
        }
    }

    [Fact, Spec("tck-id-topics-nbirth-bdseq-increment")]
    public async Task A_disk_that_refuses_stops_no_count_and_is_behind_it_only_until_it_takes_writes_again()
    {
        using var log = new RecordedLog();
        await using (var disk = Open())
        {
            var store = Numbers(disk, log);
            Assert.Equal(0, await store.NextAsync(Node, default));
            await RefuseAsync(disk, isSo: true);
            Assert.Equal(1, await store.NextAsync(Node, default));
            Assert.Equal(2, await store.NextAsync(Node, default));
            Assert.Equal(2, log.Entries.Count(e => e.Event.Id == 4110));
            await RefuseAsync(disk, isSo: false);
            Assert.Equal(3, await store.NextAsync(Node, default));
        }

        await using var again = Open();
        Assert.Equal(4, await Numbers(again).NextAsync(Node, default));
    }

    [Fact]
    public async Task A_process_that_begins_on_a_disk_that_refuses_keeps_clear_of_the_numbers_of_the_one_before()
    {
        await using var disk = Open();
        Assert.Equal(0, await Numbers(disk).NextAsync(Node, default));
        await RefuseAsync(disk, isSo: true);
        for (var i = 0; i < 500; i++)
        {
            var store = Numbers(disk);
            var first = await store.NextAsync(Node, default);
            Assert.InRange(first, 2, 255); // 0 is the number that was kept, and 1 the first that the process before would have gone on with.
            Assert.Equal((first + 1) % 256, await store.NextAsync(Node, default));
        }
    }

    private static BirthSequenceStore Numbers(HubStore disk, RecordedLog? log = null) => new(disk, new LoggerFactory(log is null ? [] : [log]).CreateLogger<BirthSequenceStore>());

    private static Task RefuseAsync(HubStore disk, bool isSo) => disk.WriteAsync(connection => connection.Run(
        isSo ? "CREATE TRIGGER full BEFORE INSERT ON bdseq_last BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END" : "DROP TRIGGER full"));

    private HubStore Open() => HubStore.Open(_directory, BirthSequenceStore.Schema, new ManualClock());
}
