using Microsoft.Data.Sqlite;
using Uns.Store;
using Uns.TestKit;

namespace Uns.UnitTests.Store;

public sealed class HubStoreTests : IDisposable
{
    private static readonly SchemaStep[] Schema = [new("test", 1, "CREATE TABLE test_item (name TEXT PRIMARY KEY)")];
    private readonly string _directory = Directory.CreateTempSubdirectory("uns-store-").FullName;
    private readonly ManualClock _clock = new();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task What_was_written_is_there_after_the_store_is_opened_again()
    {
        await using (var store = Open())
        {
            await store.WriteAsync(Insert("a"));
        }

        await using var again = Open();
        Assert.Equal(["a"], await again.ReadAsync(Names));
        Assert.Null(again.Damaged);
    }

    [Fact]
    public async Task Writes_that_wait_together_share_commits_and_all_stand()
    {
        await using var store = Open();
        var before = store.Commits;
        await Task.WhenAll(Enumerable.Range(0, 2000).Select(i => store.WriteAsync(Insert($"n{i}"))));
        Assert.Equal(2000, (await store.ReadAsync(Names)).Count);
        Assert.InRange(store.Commits - before, 1, 1000);
    }

    [Fact]
    public async Task With_the_interval_policy_a_write_is_readable_at_once_and_brought_to_the_disk_in_time()
    {
        await using var store = HubStore.Open(_directory, Schema, _clock, policy: StorePolicy.Interval, interval: TimeSpan.FromSeconds(5));
        Assert.Equal(StorePolicy.Interval, store.Policy);
        await store.WriteAsync(Insert("a"));
        Assert.Equal(["a"], await store.ReadAsync(Names));
        Assert.Equal(0, await CheckpointedAsync());
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await CheckpointedAsync() == 0)
        {
            _clock.Advance(TimeSpan.FromSeconds(5));
            deadline.Token.ThrowIfCancellationRequested();
        }
    }

    [Theory]
    [InlineData(StorePolicy.Memory, 1000)]
    [InlineData(StorePolicy.Interval, 99)]
    [InlineData(StorePolicy.Interval, 60_001)]
    public void A_policy_or_interval_that_cannot_be_is_refused(StorePolicy policy, int milliseconds) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => HubStore.Open(_directory, Schema, _clock, policy: policy, interval: TimeSpan.FromMilliseconds(milliseconds)));

    [Fact]
    public async Task A_write_that_fails_is_taken_back_alone()
    {
        await using var store = Open();
        using var gate = new ManualResetEventSlim();
        var first = store.WriteAsync(connection =>
        {
            gate.Wait(TimeSpan.FromSeconds(60));
            Insert("first")(connection);
        });
        var good = store.WriteAsync(Insert("good"));
        var bad = store.WriteAsync(connection =>
        {
            Insert("half")(connection);
            throw new InvalidDataException("the caller's own fault");
        });
        var twice = store.WriteAsync(Insert("good"));
        gate.Set();

        await first;
        await good;
        await Assert.ThrowsAsync<InvalidDataException>(() => bad);
        await Assert.ThrowsAsync<SqliteException>(() => twice);
        Assert.Equal(["first", "good"], await store.ReadAsync(Names));
    }

    [Fact]
    public async Task A_second_hub_cannot_open_the_directory_and_is_told_who_holds_it()
    {
        await using var store = Open();
        var refusal = Assert.Throws<StoreInUseException>(Open);
        Assert.Contains(_directory, refusal.Message, StringComparison.Ordinal);
        Assert.Contains($"{Environment.ProcessId}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_file_is_moved_aside_and_told()
    {
        await using (var store = Open())
        {
            await Task.WhenAll(Enumerable.Range(0, 500).Select(i => store.WriteAsync(Insert($"n{i}"))));
        }

        var path = Path.Combine(_directory, "hub.db");
        var bytes = await File.ReadAllBytesAsync(path);
        bytes.AsSpan(4096).Fill(0x5A);
        await File.WriteAllBytesAsync(path, bytes);

        await using var again = Open();
        Assert.NotNull(again.Damaged);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(again.Damaged.Path));
        Assert.NotEmpty(again.Damaged.Fault);
        Assert.Empty(await again.ReadAsync(Names));
        await again.WriteAsync(Insert("new"));
    }

    [Fact]
    public async Task A_schema_step_is_applied_once_and_later_ones_follow()
    {
        await using (var store = Open())
        {
            await store.WriteAsync(Insert("kept"));
        }

        SchemaStep[] longer = [.. Schema, new("test", 2, "ALTER TABLE test_item ADD COLUMN note TEXT"), new("other", 1, "CREATE TABLE other_item (id INTEGER)")];
        await using (var store = HubStore.Open(_directory, longer, _clock))
        {
            Assert.Equal(["kept"], await store.ReadAsync(Names));
        }

        var refusal = Assert.Throws<StoreException>(Open);
        Assert.Contains("step 2", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_schema_step_that_fails_leaves_nothing_and_lets_the_directory_go()
    {
        SchemaStep[] broken = [.. Schema, new("test", 2, "CREATE TABLE test_half (id INTEGER); CREATE TABLE nonsense")];
        Assert.Throws<StoreException>(() => HubStore.Open(_directory, broken, _clock));

        SchemaStep[] mended = [.. Schema, new("test", 2, "CREATE TABLE test_half (id INTEGER)")];
        using var again = new Owner(HubStore.Open(_directory, mended, _clock));
        Assert.Null(again.Store.Failure);
    }

    [Fact]
    public async Task Disposal_commits_what_waits()
    {
        var store = Open();
        var writes = Enumerable.Range(0, 200).Select(i => store.WriteAsync(Insert($"n{i}"))).ToList();
        await store.DisposeAsync();
        await Task.WhenAll(writes);
        await using var again = Open();
        Assert.Equal(200, (await again.ReadAsync(Names)).Count);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.WriteAsync(Insert("late")));
    }

    private static Action<SqliteConnection> Insert(string name) => connection =>
    {
        using var command = connection.CreateCommand();
        command.CommandText = "INSERT INTO test_item (name) VALUES ($name)";
        command.Parameters.AddWithValue("$name", name);
        command.ExecuteNonQuery();
    };

    private static List<string> Names(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT name FROM test_item ORDER BY rowid";
        using var reader = command.ExecuteReader();
        var names = new List<string>();
        while (reader.Read())
        {
            names.Add(reader.GetString(0));
        }

        return names;
    }

    private HubStore Open() => HubStore.Open(_directory, Schema, _clock);

    private sealed class Owner(HubStore store) : IDisposable
    {
        public HubStore Store { get; } = store;

        public void Dispose() => Store.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    /// <summary>The rows that the main file holds without its journal.</summary>
    private async Task<int> CheckpointedAsync()
    {
        var copy = Path.Combine(_directory, $"copy-{Guid.NewGuid():N}.db");
        await using (var from = new FileStream(Path.Combine(_directory, "hub.db"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete))
        {
            await using var to = File.Create(copy);
            await from.CopyToAsync(to);
        }

        using var connection = new SqliteConnection($"Data Source={copy};Pooling=False");
        connection.Open();
        using var exists = connection.CreateCommand();
        exists.CommandText = "SELECT COUNT(*) FROM sqlite_master WHERE name = 'test_item'";
        if (Convert.ToInt32(exists.ExecuteScalar()) == 0)
        {
            return 0;
        }

        using var count = connection.CreateCommand();
        count.CommandText = "SELECT COUNT(*) FROM test_item";
        return Convert.ToInt32(count.ExecuteScalar());
    }
}
