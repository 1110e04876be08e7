using System.Runtime.InteropServices;

namespace Uns.Mqtt.Broker.Listeners;

/// <summary>The Linux calls of the I/O loop: epoll(7), eventfd(2), accept4(2), recv(2), send(2).</summary>
internal static unsafe partial class Native
{
    public const int EpollIn = 0x1;
    public const int EpollOut = 0x4;
    public const int EpollError = 0x8;
    public const int EpollHangUp = 0x10;
    public const int EpollPeerEnded = 0x2000; // EPOLLRDHUP
    public const int EpollEdge = 1 << 31;
    public const int ControlAdd = 1;
    public const int ControlModify = 3;
    public const int CloseOnExec = 0x80000;
    public const int NonBlocking = 0x800;
    public const int NoSignal = 0x4000;
    public const int Again = 11;
    public const int Interrupted = 4;
    public const int ShutdownWrite = 1;
    public const int OutOfSystemFiles = 23;
    public const int OutOfFiles = 24;
    public const int OutOfBuffers = 105;
    public const int OutOfMemory = 12;
    private const int NumberOfFiles = 7;

    public static bool IsPacked => RuntimeInformation.ProcessArchitecture == Architecture.X64;

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int EpollControl(int epoll, int operation, int file, byte* theEvent);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int EpollWait(int epoll, byte* events, int count, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventFile(uint value, int flags);

    [LibraryImport("libc", EntryPoint = "accept4", SetLastError = true)]
    public static partial int Accept(int file, byte* address, int* addressBytes, int flags);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetOption(int file, int level, int name, int* value, uint valueBytes);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int file, byte* buffer, nint count, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(int file, byte* buffer, nint count, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int file, byte* buffer, nint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int file, byte* buffer, nint count);

    [LibraryImport("libc", EntryPoint = "shutdown", SetLastError = true)]
    public static partial int Shutdown(int file, int how);

    /// <summary>What every client's socket is set to: no waiting for more to send, and a peer that is gone without a word is found within two minutes.</summary>
    public static void SetUp(int file)
    {
        const int socketLevel = 1, keepAlive = 9, tcpLevel = 6, noDelay = 1, keepIdle = 4, keepInterval = 5, keepCount = 6, userTimeout = 18;
        Set(tcpLevel, noDelay, 1);
        Set(socketLevel, keepAlive, 1);
        Set(tcpLevel, keepIdle, 60);
        Set(tcpLevel, keepInterval, 15);
        Set(tcpLevel, keepCount, 4);
        Set(tcpLevel, userTimeout, 120_000);

        void Set(int level, int name, int value) => SetOption(file, level, name, &value, sizeof(int));
    }

    /// <summary>Most files the process may have open now, one above the largest number a file can get.</summary>
    public static ulong MostFiles()
    {
        var limit = stackalloc ulong[2]; // struct rlimit: now, and what it may be raised to.
        return GetResourceLimit(NumberOfFiles, limit) == 0 ? limit[0] : ulong.MaxValue;
    }

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int GetResourceLimit(int resource, ulong* limit);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int file);
}
