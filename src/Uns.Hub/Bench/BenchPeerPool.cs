using System.Net;

namespace Uns.Hub.Bench;

/// <summary>All generated clients of one broker, moved by one thread: read from all that have news, then write to all that were touched.</summary>
internal sealed class BenchPeerPool : IDisposable
{
    private readonly List<BenchPeer?> _peers = [];
    private readonly Stack<int> _free = new();
    private readonly List<BenchPeer> _touched = [];
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(1024 * 1024, pinned: true);

    /// <summary>The waiter for events.</summary>
    public Poller Poller { get; } = new();

    /// <summary>Number of connections that are open.</summary>
    public int OpenCount => _peers.Count - _free.Count;

    /// <summary>Connections that ended, by either side.</summary>
    public long Ended { get; private set; }

    /// <summary>Opens a connection; bytes may be appended to it at once.</summary>
    public BenchPeer Open(EndPoint broker, int index)
    {
        var file = Poller.Connect(broker);
        var token = _free.Count > 0 ? _free.Pop() : _peers.Count;
        var peer = new BenchPeer(file, token, index, this);
        if (token == _peers.Count)
        {
            _peers.Add(peer);
        }
        else
        {
            _peers[token] = peer;
        }

        Poller.Add(file, Poller.Readable | Poller.Writable, token);
        return peer;
    }

    /// <summary>A client has bytes to write at the end of the turn.</summary>
    public void Touched(BenchPeer peer) => _touched.Add(peer);

    /// <summary>A client is gone.</summary>
    public void Closed(BenchPeer peer)
    {
        Ended++;
        _peers[peer.Token] = null;
        _free.Push(peer.Token);
    }

    /// <summary>Waits for events and handles them; what they cause to be written is left to <see cref="Flush"/>.</summary>
    /// <param name="timeoutMilliseconds">0: only looks.</param>
    /// <param name="sink">Takes the packets.</param>
    /// <returns>False when there was none.</returns>
    public bool Turn(int timeoutMilliseconds, IPacketSink sink)
    {
        var count = Poller.Wait(timeoutMilliseconds);
        for (var i = 0; i < count; i++)
        {
            var (flags, token) = Poller.Event(i);
            if (_peers[token] is not { } peer)
            {
                continue;
            }

            if ((flags & Poller.Writable) != 0)
            {
                peer.Flush();
            }

            if ((flags & ~Poller.Writable) != 0 && peer.IsOpen)
            {
                peer.Receive(_buffer, sink);
            }
        }

        return count > 0;
    }

    /// <summary>Writes to every client that was touched, once.</summary>
    public void Flush()
    {
        for (var i = 0; i < _touched.Count; i++)
        {
            _touched[i].Flush();
        }

        _touched.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var peer in _peers.ToList())
        {
            peer?.Close();
        }

        Poller.Dispose();
    }
}
