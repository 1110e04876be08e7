using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Uns.Connectors.Modbus.Wire;

/// <summary>A serial port of Linux: opened exclusively, raw, with speed, parity and stop bits set.</summary>
/// <remarks>POSIX termios as the GNU C library lays it out. Other systems are refused with a sentence.</remarks>
internal static partial class SerialPortHandle
{
    private const int ReadWrite = 2;
    private const int NoControllingTerminal = 0x100;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const int GetFlags = 3;
    private const int SetFlags = 4;
    private const int TakeExclusively = 0x540C; // TIOCEXCL
    private const int BytesWaiting = 0x541B; // FIONREAD
    private const int Now = 0; // TCSANOW
    private const int InputQueue = 0; // TCIFLUSH
    private const uint TwoStopBits = 0x40;
    private const uint Receiver = 0x80;
    private const uint ParityOn = 0x100;
    private const uint ParityOdd = 0x200;
    private const uint IgnoreModemLines = 0x800;
    private const uint HardwareFlow = 0x80000000;
    private const uint CheckParity = 0x10; // INPCK
    private const int LeastBytes = 6; // VMIN
    private const int LongestWait = 5; // VTIME, in tenths of a second

    /// <summary>Opens and sets a port.</summary>
    /// <returns>Reads return with what there is, or with nothing after a tenth of a second.</returns>
    /// <exception cref="ConnectorException">It cannot be opened, or does not take the speed.</exception>
    public static SafeFileHandle Open(string path, int baudRate, SerialParity parity, int stopBits)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new ConnectorException("Serial ports are spoken on Linux alone: use a gateway and Line Connect on this machine.");
        }

        // Not to wait for the carrier of a modem; once open it may wait for bytes.
        var number = open(path, ReadWrite | NoControllingTerminal | NonBlocking | CloseOnExec);
        if (number < 0)
        {
            throw new ConnectorException($"The serial port {path} cannot be opened: {Words(Marshal.GetLastPInvokeError())}.");
        }

        var handle = new SafeFileHandle(number, ownsHandle: true);
        if (!Set(handle, baudRate, parity, stopBits))
        {
            var error = Words(Marshal.GetLastPInvokeError());
            handle.Dispose();
            throw new ConnectorException($"The serial port {path} does not take {baudRate} baud, parity {parity}, {stopBits} stop bits: {error}.");
        }

        return handle;
    }

    /// <summary>Drops what was received and not read.</summary>
    /// <returns>How many bytes.</returns>
    public static int Drop(SafeFileHandle handle)
    {
        var waiting = 0;
        _ = ioctl(handle, BytesWaiting, ref waiting);
        _ = tcflush(handle, InputQueue);
        return waiting;
    }

    /// <summary>Reads what there is, for at most a tenth of a second.</summary>
    /// <returns>Bytes read; 0 for none; below zero when the port is gone.</returns>
    public static int Read(SafeFileHandle handle, Span<byte> buffer) => (int)read(handle, buffer, buffer.Length);

    /// <summary>Writes all or a part.</summary>
    /// <returns>Bytes written; below zero when the port is gone.</returns>
    public static int Write(SafeFileHandle handle, ReadOnlySpan<byte> bytes) => (int)write(handle, bytes, bytes.Length);

    /// <summary>Why the last call failed, as the system words it.</summary>
    public static string LastError() => Words(Marshal.GetLastPInvokeError());

    private static bool Set(SafeFileHandle port, int baudRate, SerialParity parity, int stopBits)
    {
        var unused = 0;
        if (ioctl(port, TakeExclusively, ref unused) < 0 || tcgetattr(port, out var settings) < 0)
        {
            return false;
        }

        cfmakeraw(ref settings);
        settings.Control |= Receiver | IgnoreModemLines;
        settings.Control &= ~(TwoStopBits | ParityOn | ParityOdd | HardwareFlow);
        settings.Control |= stopBits == 2 ? TwoStopBits : 0;
        settings.Control |= parity switch { SerialParity.Even => ParityOn, SerialParity.Odd => ParityOn | ParityOdd, _ => 0 };
        settings.Input |= parity == SerialParity.None ? 0 : CheckParity;
        unsafe
        {
            settings.Characters[LeastBytes] = 0;
            settings.Characters[LongestWait] = 1;
        }

        return cfsetspeed(ref settings, (uint)baudRate) == 0
            && tcsetattr(port, Now, settings) == 0
            && fcntl(port, GetFlags, 0) is var flags and >= 0
            && fcntl(port, SetFlags, flags & ~NonBlocking) >= 0
            && tcflush(port, InputQueue) == 0;
    }

    private static string Words(int error) => Marshal.GetPInvokeErrorMessage(error);

#pragma warning disable SA1300, IDE1006, CA5392 // The names are the C library's.
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(SafeFileHandle file, int command, int argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(SafeFileHandle file, nuint request, ref int argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int tcgetattr(SafeFileHandle file, out Termios settings);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int tcsetattr(SafeFileHandle file, int when, in Termios settings);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int tcflush(SafeFileHandle file, int queue);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int cfsetspeed(ref Termios settings, uint speed);

    [LibraryImport("libc")]
    private static partial void cfmakeraw(ref Termios settings);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(SafeFileHandle file, Span<byte> buffer, nint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(SafeFileHandle file, ReadOnlySpan<byte> buffer, nint length);
#pragma warning restore SA1300, IDE1006, CA5392

    private unsafe struct Termios
    {
        public uint Input;
        public uint Output;
        public uint Control;
        public uint Local;
        public byte Line;
        public fixed byte Characters[32];
        public uint InputSpeed;
        public uint OutputSpeed;
    }
}
