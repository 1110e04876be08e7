using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Uns.Store;

/// <summary>
/// The hub's one SQLite file, <c>hub.db</c>. One thread writes, in groups: what waits is committed together as soon as the
/// last commit returned. A write's task completes after the commit that carried it is on stable storage.
/// </summary>
/// <remarks>
/// WAL journal, <c>synchronous=FULL</c>. A write that throws is taken back alone; the others of its group stand. A disk that
/// fails to commit ends the store's writing for good: nothing is acknowledged that may not be there. Safe to call from many threads.
/// </remarks>
public sealed partial class HubStore : IAsyncDisposable
{
    /// <summary>Most writes that share a commit: bounds the time a first write waits for its companions.</summary>
    private const int MaximumGroup = 1024;

    /// <summary>Most writes that wait. A caller beyond it waits to get in, so that a slow disk slows its users and fills no memory.</summary>
    private const int MaximumWaiting = 16_384;

    /// <summary>Readers at work at once; more wait.</summary>
    private const int MaximumReaders = 4;

    private const int SqliteIoError = 10;

    private readonly Channel<PendingWrite> _waiting = Channel.CreateBounded<PendingWrite>(
        new BoundedChannelOptions(MaximumWaiting) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly ConcurrentBag<SqliteConnection> _readers = [];
    private readonly SemaphoreSlim _readerSlots = new(MaximumReaders);
    private readonly DirectoryLock _lock;
    private readonly SqliteConnection _writer;
    private readonly ILogger _logger;
    private readonly Task _writing;
    private volatile string? _failure;
    private long _commits;
    private readonly ITimer? _syncs;
    private volatile bool _isSyncDue;
    private long _synced;
    private int _disposed;

    private HubStore(string path, SqliteConnection writer, DamagedStore? damaged, DirectoryLock directoryLock, ITimer? syncs, ILogger logger)
    {
        Path = path;
        _syncs = syncs;
        _writer = writer;
        _lock = directoryLock;
        _logger = logger;
        Damaged = damaged;

        // A thread of its own: a commit blocks for as long as the disk takes.
        _writing = Task.Factory.StartNew(WriteGroups, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>When a write counts as kept.</summary>
    public StorePolicy Policy { get; private init; }

    /// <summary>The store's file.</summary>
    public string Path { get; }

    /// <summary>The damaged file that was found at start and moved aside; null when all was well.</summary>
    public DamagedStore? Damaged { get; }

    /// <summary>Why the store stopped writing; null while it writes.</summary>
    public string? Failure => _failure;

    /// <summary>Commits since the store was opened.</summary>
    public long Commits => Interlocked.Read(ref _commits);

    /// <summary>Opens the store of a data directory, making both when they are missing.</summary>
    /// <param name="directory">The data directory; held for this store alone until it is disposed.</param>
    /// <param name="schema">The schema steps of all rooms; those not yet applied are applied before this returns.</param>
    /// <param name="clock">Source of the times that are written beside steps and damaged files.</param>
    /// <param name="logger">Told of a damaged file and of a failing disk; null: nobody.</param>
    /// <param name="policy">When a write counts as kept; not <see cref="StorePolicy.Memory"/>, which needs no store.</param>
    /// <param name="interval">With <see cref="StorePolicy.Interval"/>: longest time that a power cut may take back, 100 ms to one minute; null: one second.</param>
    /// <exception cref="ArgumentOutOfRangeException">The policy or the interval is not one of those.</exception>
    /// <exception cref="StoreInUseException">Another hub uses the directory.</exception>
    /// <exception cref="StoreException">The schema does not apply, or the file was written by a newer version.</exception>
    public static HubStore Open(
        string directory, IEnumerable<SchemaStep> schema, TimeProvider clock, ILogger<HubStore>? logger = null, StorePolicy policy = StorePolicy.Group, TimeSpan? interval = null)
    {
        var between = interval ?? TimeSpan.FromSeconds(1);
        if (policy is not (StorePolicy.Group or StorePolicy.Interval))
        {
            throw new ArgumentOutOfRangeException(nameof(policy), policy, "Give Group or Interval: Memory needs no store.");
        }

        if (between < TimeSpan.FromMilliseconds(100) || between > TimeSpan.FromMinutes(1))
        {
            throw new ArgumentOutOfRangeException(nameof(interval), between, "Give 100 ms to one minute.");
        }

        var log = (ILogger?)logger ?? NullLogger.Instance;
        MakeDirectory(directory);
        var directoryLock = DirectoryLock.Take(directory, clock);
        SqliteConnection? writer = null;
        try
        {
            var path = System.IO.Path.Combine(directory, "hub.db");
            (writer, var damaged) = StoreFile.Open(path, policy, clock);
            if (damaged is not null)
            {
                LogDamaged(log, path, damaged.Path, damaged.Fault);
            }

            StoreFile.ApplySchema(writer, schema, clock);
            HubStore? store = null;
            var syncs = policy == StorePolicy.Interval ? clock.CreateTimer(_ => Volatile.Read(ref store)?.AskForSync(), null, between, between) : null;
            return store = new HubStore(path, writer, damaged, directoryLock, syncs, log) { Policy = policy };
        }
        catch
        {
            writer?.Dispose();
            directoryLock.Dispose();
            throw;
        }
    }

    /// <summary>Runs <paramref name="write"/> on the writer's thread, inside the transaction of its group.</summary>
    /// <param name="write">Statements only; it neither begins nor ends transactions and keeps nothing of the connection.</param>
    /// <param name="cancellationToken">Takes the write back while it has not begun.</param>
    /// <returns>Completes when the commit is on stable storage.</returns>
    /// <exception cref="StoreException">The commit failed, or the store has stopped writing: nothing of this write is kept.</exception>
    public async Task WriteAsync(Action<SqliteConnection> write, CancellationToken cancellationToken = default)
    {
        ThrowIfFailed();
        var pending = new PendingWrite(write, cancellationToken);
        try
        {
            await _waiting.Writer.WriteAsync(pending, cancellationToken);
        }
        catch (ChannelClosedException e)
        {
            throw new ObjectDisposedException(nameof(HubStore), e);
        }

        await pending.Done.Task;
    }

    /// <summary>Reads the last committed state, on a connection of its own that never waits for the writer.</summary>
    /// <param name="read">Reads and returns plain values; keeps nothing of the connection.</param>
    /// <param name="cancellationToken">Takes the read back while it has not begun.</param>
    public async Task<T> ReadAsync<T>(Func<SqliteConnection, T> read, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        await _readerSlots.WaitAsync(cancellationToken);
        try
        {
            return await Task.Run(
                () =>
                {
                    var connection = _readers.TryTake(out var idle) ? idle : StoreFile.Connect(Path, readOnly: true);
                    try
                    {
                        return read(connection);
                    }
                    finally
                    {
                        _readers.Add(connection);
                    }
                },
                cancellationToken);
        }
        finally
        {
            _readerSlots.Release();
        }
    }

    /// <summary>Commits what waits, then closes the file and lets the directory go.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        if (_syncs is not null)
        {
            await _syncs.DisposeAsync();
        }

        _waiting.Writer.TryComplete();
        await _writing;
        for (var i = 0; i < MaximumReaders; i++)
        {
            await _readerSlots.WaitAsync();
        }

        foreach (var reader in _readers)
        {
            await reader.DisposeAsync();
        }

        await _writer.DisposeAsync();
        _readerSlots.Dispose();
        _lock.Dispose();
    }

    // Nobody else's: it holds what the hub knows of people and devices. One that is there already stays as its owner made it.
    private static void MakeDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
        }
        else
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private void WriteGroups()
    {
        var group = new List<PendingWrite>();
#pragma warning disable MA0045, CA2012 // The thread is the writer's own and has nothing else to do than wait.
        while (_waiting.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
#pragma warning restore MA0045, CA2012
        {
            while (group.Count < MaximumGroup && _waiting.Reader.TryRead(out var pending))
            {
                if (pending.CancellationToken.IsCancellationRequested)
                {
                    pending.Done.TrySetCanceled(pending.CancellationToken);
                }
                else
                {
                    group.Add(pending);
                }
            }

            if (group.Count > 0)
            {
                Commit(group);
                group.Clear();
                SyncIfDue();
            }
        }
    }

    /// <summary>Wakes the writer for a sync when there were commits since the last one.</summary>
    private void AskForSync()
    {
        if (Commits != Interlocked.Read(ref _synced))
        {
            _isSyncDue = true;
            _waiting.Writer.TryWrite(new PendingWrite(static _ => { }, CancellationToken.None)); // When full it is awake anyway.
        }
    }

    /// <summary>Brings to stable storage what was committed: a checkpoint syncs the journal before it moves its pages.</summary>
    private void SyncIfDue()
    {
        if (!_isSyncDue || _failure is not null)
        {
            return;
        }

        _isSyncDue = false;
        try
        {
            _writer.Run("PRAGMA wal_checkpoint(PASSIVE);");
            Interlocked.Exchange(ref _synced, Commits);
        }
        catch (SqliteException e)
        {
            _failure = e.SqliteErrorCode == SqliteIoError ? e.Message : _failure;
            LogCommitFailed(_logger, Path, 0, e);
        }
    }

    private void Commit(List<PendingWrite> group)
    {
        try
        {
            ThrowIfFailed();
            using var transaction = _writer.BeginTransaction(deferred: false);
            foreach (var pending in group)
            {
                RunAlone(transaction, pending);
            }

            transaction.Commit();
            Interlocked.Increment(ref _commits);
        }
        catch (Exception e) when (e is SqliteException or StoreException or InvalidOperationException)
        {
            // A disk that could not write once may have lost what it said it wrote: never ask it again.
            if (e is SqliteException { SqliteErrorCode: SqliteIoError })
            {
                _failure = e.Message;
            }

            LogCommitFailed(_logger, Path, group.Count, e);
            var reason = new StoreException($"The store {Path} did not commit: {e.Message}", e);
            group.ForEach(p => p.Done.TrySetException(p.Fault ?? reason));
            return;
        }

        foreach (var pending in group)
        {
            if (pending.Fault is null)
            {
                pending.Done.TrySetResult();
            }
            else
            {
                pending.Done.TrySetException(pending.Fault);
            }
        }
    }

    /// <summary>Runs one write so that its failure takes back nothing but itself.</summary>
    private void RunAlone(SqliteTransaction transaction, PendingWrite pending)
    {
        transaction.Save("one");
        try
        {
            pending.Write(_writer);
            transaction.Release("one");
        }
#pragma warning disable CA1031 // Whatever the caller's code throws is the caller's to see.
        catch (Exception e)
#pragma warning restore CA1031
        {
            pending.Fault = e;
            if (e is SqliteException { SqliteErrorCode: SqliteIoError })
            {
                throw; // The disk fails, not the write: the whole group is in doubt.
            }

            transaction.Rollback("one");
            transaction.Release("one");
        }
    }

    private void ThrowIfFailed()
    {
        if (_failure is { } failure)
        {
            throw new StoreException($"The store {Path} stopped writing after a disk error: {failure}");
        }
    }

    [LoggerMessage(1500, LogLevel.Critical, "The store {Path} was damaged ({Fault}). It was moved to {Aside} and a new one was begun.")]
    private static partial void LogDamaged(ILogger logger, string path, string aside, string fault);

    [LoggerMessage(1501, LogLevel.Critical, "The store {Path} did not commit a group of {Count} writes.")]
    private static partial void LogCommitFailed(ILogger logger, string path, int count, Exception exception);

    private sealed class PendingWrite(Action<SqliteConnection> write, CancellationToken cancellationToken)
    {
        public Action<SqliteConnection> Write { get; } = write;

        public CancellationToken CancellationToken { get; } = cancellationToken;

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Exception? Fault { get; set; }
    }
}
