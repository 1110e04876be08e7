using System.Buffers.Binary;
using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Uns.Hub.Bench;

/// <summary>The Linux calls of the load generator: sockets that never block, and epoll(7) to wait for many.</summary>
/// <remarks>A generator must cost less than the broker it measures; the platform's asynchronous sockets would not.</remarks>
internal sealed unsafe partial class Poller : IDisposable
{
    /// <summary>There is something to read.</summary>
    public const int Readable = 0x1;

    /// <summary>There is room to write.</summary>
    public const int Writable = 0x4;

    /// <summary>The call would have waited; also the answer of a connect that is under way.</summary>
    public const int WouldBlock = -11;

    /// <summary>The connection is broken.</summary>
    public const int Failed = -1;

    private const int MaximumEvents = 1024;
    private const int Again = 11;
    private const int Interrupted = 4;
    private const int InProgress = 115;
    private const int NoSignal = 0x4000;
    private const int StreamNonBlockingCloseOnExec = 1 | 0x800 | 0x80000;

    private readonly int _eventBytes = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private readonly int _epoll = Check(EpollCreate(0x80000), "epoll_create1");
    private readonly byte* _events = (byte*)NativeMemory.AllocZeroed(MaximumEvents * 16);

    /// <summary>Opens a socket and begins to connect it.</summary>
    /// <exception cref="BenchException">The system has no socket to give, or the peer refused at once.</exception>
    public static int Connect(EndPoint peer)
    {
        var family = peer.AddressFamily == AddressFamily.InterNetworkV6 ? 10 : 2;
        var file = OpenSocket(family, StreamNonBlockingCloseOnExec, 0);
        if (file < 0)
        {
            throw new BenchException($"No more sockets can be opened: {Marshal.GetLastPInvokeErrorMessage()}. Raise the limit of open files (ulimit -n).");
        }

        var one = 1;
        SetOption(file, 6, 1, &one, sizeof(int)); // IPPROTO_TCP, TCP_NODELAY
        var address = peer.Serialize();
        fixed (byte* bytes = address.Buffer.Span)
        {
            if (BeginConnect(file, bytes, address.Size) < 0 && Marshal.GetLastPInvokeError() is not (InProgress or Interrupted))
            {
                var why = Marshal.GetLastPInvokeErrorMessage();
                CloseFile(file);
                throw new BenchException($"{peer} cannot be connected to: {why}.");
            }
        }

        return file;
    }

    /// <summary>Reads what there is.</summary>
    /// <returns>Bytes read, 0 when the peer closed, <see cref="WouldBlock"/> or <see cref="Failed"/>.</returns>
    public static int Receive(int file, Span<byte> into)
    {
        fixed (byte* bytes = into)
        {
            return Outcome((int)ReceiveBytes(file, bytes, into.Length, 0));
        }
    }

    /// <summary>Writes what there is room for.</summary>
    /// <returns>Bytes written, <see cref="WouldBlock"/> or <see cref="Failed"/>.</returns>
    public static int Send(int file, ReadOnlySpan<byte> from)
    {
        fixed (byte* bytes = from)
        {
            return Outcome((int)SendBytes(file, bytes, from.Length, NoSignal));
        }
    }

    /// <summary>Closes a socket.</summary>
    public static void Close(int file) => CloseFile(file);

    /// <summary>Begins to watch a socket.</summary>
    public void Add(int file, int flags, int token) => Control(1, file, flags, token);

    /// <summary>Changes what a socket is watched for.</summary>
    public void Change(int file, int flags, int token) => Control(3, file, flags, token);

    /// <summary>Waits until a watched socket has news.</summary>
    /// <param name="timeoutMilliseconds">0: only looks.</param>
    /// <returns>Number of events, to be read with <see cref="Event"/>.</returns>
    public int Wait(int timeoutMilliseconds)
    {
        var count = EpollWait(_epoll, _events, MaximumEvents, timeoutMilliseconds);
        return count >= 0 || Marshal.GetLastPInvokeError() == Interrupted ? Math.Max(count, 0) : Check(count, "epoll_wait");
    }

    /// <summary>One event of the last <see cref="Wait"/>.</summary>
    public (int Flags, int Token) Event(int index)
    {
        var one = new ReadOnlySpan<byte>(_events + (index * _eventBytes), _eventBytes);
        return (BinaryPrimitives.ReadInt32LittleEndian(one), BinaryPrimitives.ReadInt32LittleEndian(one[(_eventBytes - 8)..]));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        CloseFile(_epoll);
        NativeMemory.Free(_events);
    }

    private static int Outcome(int result)
    {
        if (result >= 0)
        {
            return result;
        }

        var error = Marshal.GetLastPInvokeError();
        return error is Again or Interrupted ? WouldBlock : Failed;
    }

    private void Control(int operation, int file, int flags, int token)
    {
        var one = stackalloc byte[16];
        BinaryPrimitives.WriteInt32LittleEndian(new Span<byte>(one, 4), flags);
        BinaryPrimitives.WriteInt64LittleEndian(new Span<byte>(one + _eventBytes - 8, 8), token);
        Check(EpollControl(_epoll, operation, file, one), "epoll_ctl");
    }

    private static int Check(int result, string call) =>
        result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError(), $"{call} failed.");

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int OpenSocket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    private static partial int BeginConnect(int file, byte* address, int addressBytes);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetOption(int file, int level, int name, int* value, uint valueBytes);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static partial nint ReceiveBytes(int file, byte* into, nint count, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint SendBytes(int file, byte* from, nint count, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int CloseFile(int file);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int EpollControl(int epoll, int operation, int file, byte* theEvent);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int EpollWait(int epoll, byte* events, int count, int timeoutMilliseconds);
}
