namespace Uns.Tree;

/// <summary>
/// Tells many readers which nodes changed. A slow reader is never waited for and never makes a queue grow:
/// its set holds each node once, and it reads the node's state when it gets to it.
/// </summary>
public sealed class TreeFeed
{
    private readonly Lock _gate = new();
    private TreeReader[] _readers = [];

    /// <summary>Opens a reader for one branch; the empty path is the whole tree. Dispose it when done.</summary>
    public TreeReader Open(string branch)
    {
        var reader = new TreeReader(this, branch);
        lock (_gate)
        {
            Volatile.Write(ref _readers, [.. _readers, reader]);
        }

        return reader;
    }

    /// <summary>How many readers are open.</summary>
    public int Readers => Volatile.Read(ref _readers).Length;

    internal void Tell(UnsNode node)
    {
        foreach (var reader in Volatile.Read(ref _readers))
        {
            reader.Tell(node);
        }
    }

    internal void Close(TreeReader reader)
    {
        lock (_gate)
        {
            Volatile.Write(ref _readers, [.. _readers.Where(r => r != reader)]);
        }
    }
}

/// <summary>One reader's set of changed nodes. One task waits and takes; any thread tells.</summary>
public sealed class TreeReader : IDisposable
{
    private readonly TreeFeed _feed;
    private readonly string _branch;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _signal = new(0, 1);
    private HashSet<UnsNode> _changed = [];
    private HashSet<UnsNode> _taken = [];
    private bool _disposed;

    internal TreeReader(TreeFeed feed, string branch)
    {
        _feed = feed;
        _branch = branch;
    }

    /// <summary>Waits until at least one node has changed.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => _signal.WaitAsync(cancellationToken);

    /// <summary>Takes all that changed since the last call. The set is valid until the next call.</summary>
    /// <remarks>A node whose <see cref="UnsNode.Parent"/> is null has been removed; one without a value has become a pure branch.</remarks>
    public IReadOnlySet<UnsNode> Take()
    {
        lock (_gate)
        {
            (_changed, _taken) = (_taken, _changed);
            _changed.Clear();
            return _taken;
        }
    }

    /// <summary>Closes the reader; nothing more is told.</summary>
    public void Dispose()
    {
        _feed.Close(this);
        lock (_gate)
        {
            _disposed = true;
            _changed.Clear();
        }

        _signal.Dispose();
    }

    internal void Tell(UnsNode node)
    {
        if (_branch.Length > 0 && !(node.Path.StartsWith(_branch, StringComparison.Ordinal)
            && (node.Path.Length == _branch.Length || node.Path[_branch.Length] == '/')))
        {
            return;
        }

        lock (_gate)
        {
            if (!_disposed && _changed.Add(node) && _changed.Count == 1 && _signal.CurrentCount == 0)
            {
                _signal.Release();
            }
        }
    }
}
