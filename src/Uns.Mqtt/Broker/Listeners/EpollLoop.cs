using System.Buffers.Binary;
using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Uns.Mqtt.Broker.Access;

namespace Uns.Mqtt.Broker.Listeners;

/// <summary>
/// The I/O loop on Linux: one thread, one large receive buffer, packets handled where they lie, one send per touched
/// connection and batch.
/// </summary>
internal sealed unsafe class EpollLoop : BrokerLoop
{
    private const int MaximumEvents = 512;
    private const int ReceiveBytes = 256 * 1024;

    /// <summary>Files left to the store and to what the process may still have to load: a new client gets none of them.</summary>
    private const int ReservedFiles = 64;

    private const ulong WakeToken = ulong.MaxValue;
    private const ulong ListenerToken = ulong.MaxValue - 1;

    private readonly int _eventBytes = Native.IsPacked ? 12 : 16; // struct epoll_event is packed on x86-64 alone.
    private readonly int _epoll;
    private readonly int _wake;
    private readonly byte* _events = (byte*)NativeMemory.AllocZeroed(MaximumEvents * 16);
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(ReceiveBytes, pinned: true);
    private readonly List<EpollLink?> _links = [];
    private readonly Stack<int> _free = new();
    private readonly BrokerCounters _counters;
    private readonly Lock _wakeGate = new();
    private bool _isReleased;
    private Socket? _listener;
    private uint _generation;
    private int _pausedBy;

    public EpollLoop(BrokerCounters counters)
    {
        _counters = counters;
        _epoll = Check(Native.EpollCreate(Native.CloseOnExec), "epoll_create1");
        _wake = Check(Native.EventFile(0, Native.CloseOnExec | Native.NonBlocking), "eventfd");
        Control(Native.ControlAdd, _wake, Native.EpollIn, WakeToken);
    }

    /// <summary>Makes the connection of an accepted socket.</summary>
    public Func<ILink, BrokerConnection> Accepted { get; set; } = static _ => throw new InvalidOperationException();

    /// <summary>Most sockets at once; more are closed as they come.</summary>
    public int MaximumLinks { get; set; } = int.MaxValue;

    /// <summary>Takes connections from a listening socket, which the loop owns from now on.</summary>
    public void Listen(Socket listener)
    {
        listener.Blocking = false;
        _listener = listener;
        Control(Native.ControlAdd, (int)listener.Handle, Native.EpollIn, ListenerToken);
    }

    /// <summary>Closes the listening socket. On the loop's thread.</summary>
    public void StopListening()
    {
        _listener?.Dispose();
        _listener = null;
    }

    /// <summary>Takes connections again after the system had no file to give.</summary>
    /// <returns>Why it had paused; null when it had not.</returns>
    public string? ResumeListening()
    {
        if (_pausedBy == 0 || _listener is null)
        {
            return null;
        }

        var error = Marshal.GetPInvokeErrorMessage(_pausedBy);
        _pausedBy = 0;
        Control(Native.ControlModify, (int)_listener.Handle, Native.EpollIn, ListenerToken);
        return error;
    }

    public bool SendSome(EpollLink link, OutputBuffer output)
    {
        while (output.Count > 0)
        {
            nint sent;
            fixed (byte* bytes = output.Span)
            {
                sent = Native.Send(link.File, bytes, output.Count, Native.NoSignal);
            }

            if (sent >= 0)
            {
                _counters.BytesOut += sent;
                output.Sent((int)sent);
                continue;
            }

            var error = Marshal.GetLastPInvokeError();
            if (error == Native.Again)
            {
                return true;
            }

            if (error != Native.Interrupted)
            {
                return false;
            }
        }

        return true;
    }

    public void Watch(EpollLink link, bool readable, bool writable)
    {
        if (link.WatchesReadable != readable || link.WatchesWritable != writable)
        {
            (link.WatchesReadable, link.WatchesWritable) = (readable, writable);
            Arm(Native.ControlModify, link);
        }
    }

    public void Forget(EpollLink link)
    {
        // What the peer still sent is read away, so that the close does not turn into a reset that eats our last words.
        Native.Shutdown(link.File, Native.ShutdownWrite);
        var buffer = stackalloc byte[4096];
        for (var i = 0; i < 16 && Native.Receive(link.File, buffer, 4096, 0) > 0; i++)
        {
        }

        Native.Close(link.File);
        _links[link.Slot] = null;
        _free.Push(link.Slot);
    }

    protected override int Look() => Wait(timeoutMilliseconds: 0);

    protected override int Wait() => Wait(timeoutMilliseconds: -1);

    private int Wait(int timeoutMilliseconds)
    {
        var count = Native.EpollWait(_epoll, _events, MaximumEvents, timeoutMilliseconds);
        if (count < 0 && Marshal.GetLastPInvokeError() != Native.Interrupted)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "epoll_wait failed.");
        }

        return Math.Max(count, 0);
    }

    protected override void Wake()
    {
        lock (_wakeGate)
        {
            var one = 1UL;
            if (!_isReleased)
            {
                Native.Write(_wake, (byte*)&one, sizeof(ulong));
            }
        }
    }

    protected override void HandleEvents(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var theEvent = new ReadOnlySpan<byte>(_events + (i * _eventBytes), _eventBytes);
            var flags = BinaryPrimitives.ReadInt32LittleEndian(theEvent);
            var token = BinaryPrimitives.ReadUInt64LittleEndian(theEvent[(_eventBytes - 8)..]);
            if (token == WakeToken)
            {
                ulong drained;
                Native.Read(_wake, (byte*)&drained, sizeof(ulong));
            }
            else if (token == ListenerToken)
            {
                AcceptAll();
            }
            else if (_links[(int)(uint)token] is { } link && link.Token == token)
            {
                HandleLink(link, flags);
            }
        }
    }

    protected override void Release()
    {
        StopListening();
        lock (_wakeGate)
        {
            _isReleased = true; // Its number may soon be another file's.
            Native.Close(_wake);
        }

        Native.Close(_epoll);
        NativeMemory.Free(_events);
    }

    private void HandleLink(EpollLink link, int flags)
    {
        var connection = link.Connection!;
        if ((flags & Native.EpollOut) != 0)
        {
            link.Flush(connection);
        }

        if ((flags & ~Native.EpollOut) == 0 || !connection.IsOpen)
        {
            return;
        }

        nint received;
        fixed (byte* buffer = _buffer)
        {
            received = Native.Receive(link.File, buffer, _buffer.Length, 0);
        }

        if (received > 0)
        {
            connection.Receive(_buffer.AsSpan(0, (int)received));
            if ((received == _buffer.Length || (flags & ~(Native.EpollIn | Native.EpollOut)) != 0) && connection.IsOpen)
            {
                Arm(Native.ControlModify, link); // Not read to the end: its turn comes again after the others.
            }
        }
        else if (received == 0 || Marshal.GetLastPInvokeError() is not (Native.Again or Native.Interrupted))
        {
            connection.Close(discardWill: false);
        }
    }

    private void AcceptAll()
    {
        // Bounded, so that a storm of new clients does not starve the old ones.
        var mostFiles = Native.MostFiles();
        var address = stackalloc byte[128];
        for (var i = 0; i < 256 && _listener is not null; i++)
        {
            var addressBytes = 128;
            var file = Native.Accept((int)_listener.Handle, address, &addressBytes, Native.NonBlocking | Native.CloseOnExec);
            if (file < 0)
            {
                PauseListening(Marshal.GetLastPInvokeError());
                return;
            }

            if ((ulong)file + ReservedFiles >= mostFiles)
            {
                Native.Close(file);
                PauseListening(Native.OutOfFiles);
                return;
            }

            if (_links.Count - _free.Count >= MaximumLinks)
            {
                Native.Close(file);
                continue;
            }

            Native.SetUp(file);
            var slot = _free.Count > 0 ? _free.Pop() : _links.Count;
            if (slot == _links.Count)
            {
                _links.Add(null);
            }

            var remote = PeerAddress.Read(new ReadOnlySpan<byte>(address, addressBytes));
            _generation = (_generation + 1) & 0x7FFF_FFFF;
            var link = new EpollLink(this, file, slot, ((ulong)_generation << 32) | (uint)slot, remote);
            _links[slot] = link;
            link.Connection = Accepted(link);
            Arm(Native.ControlAdd, link);
        }
    }

    /// <summary>Looks away from the listener until the next tick: it would else wake the loop without end.</summary>
    private void PauseListening(int error)
    {
        if (error is Native.OutOfFiles or Native.OutOfSystemFiles or Native.OutOfBuffers or Native.OutOfMemory)
        {
            _pausedBy = error;
            Control(Native.ControlModify, (int)_listener!.Handle, 0, ListenerToken);
        }
    }

    /// <summary>
    /// Asks for the edges of a socket, and for one at once when it is ready now: what was read to its end is not looked at
    /// again before something came, which a level would cost at every wait.
    /// </summary>
    private void Arm(int operation, EpollLink link)
    {
        var wanted = (link.WatchesReadable ? Native.EpollIn | Native.EpollPeerEnded : 0) | (link.WatchesWritable ? Native.EpollOut : 0);
        Control(operation, link.File, wanted | Native.EpollEdge, link.Token);
    }

    private void Control(int operation, int file, int flags, ulong token)
    {
        var theEvent = stackalloc byte[16];
        BinaryPrimitives.WriteInt32LittleEndian(new Span<byte>(theEvent, 4), flags);
        BinaryPrimitives.WriteUInt64LittleEndian(new Span<byte>(theEvent + _eventBytes - 8, 8), token);
        Check(Native.EpollControl(_epoll, operation, file, theEvent), "epoll_ctl");
    }

    private static int Check(int result, string call) =>
        result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError(), $"{call} failed.");
}

/// <summary>One socket of the loop.</summary>
internal sealed class EpollLink(EpollLoop loop, int file, int slot, ulong token, PeerAddress remote) : ILink
{
    public int File { get; } = file;

    public int Slot { get; } = slot;

    public ulong Token { get; } = token;

    public bool WatchesReadable { get; set; } = true;

    public bool WatchesWritable { get; set; }

    public BrokerConnection? Connection { get; set; }

    public ClientOrigin Origin => new(ClientListener.Tcp, remote.ToEndPoint());

    public override string ToString() => ((ILink)this).Remote;

    public void Flush(BrokerConnection connection)
    {
        if (!loop.SendSome(this, connection.Output))
        {
            connection.Close(discardWill: false);
            return;
        }

        connection.Drained();
        if (connection.IsOpen)
        {
            loop.Watch(this, WatchesReadable, writable: connection.Output.Count > 0);
        }
    }

    public void Hold(bool isHeld) => loop.Watch(this, readable: !isHeld, WatchesWritable);

    public void Close(BrokerConnection connection)
    {
        loop.SendSome(this, connection.Output);
        loop.Forget(this);
    }
}
