using Microsoft.Win32.SafeHandles;

namespace Uns.Connectors.Modbus.Wire;

/// <summary>A serial line, RS-232 or RS-485, with the silence of 3.5 characters before each request.</summary>
/// <remarks>Modbus over Serial Line V1.02, 2.5.1.1. The system's port has no asynchronous form: a wait holds a thread of the pool.</remarks>
internal sealed class SerialLine(string path, int baudRate, SerialParity parity, int stopBits, TimeProvider clock) : IModbusLine
{
    // [V1.02, 2.5.1.1] Above 19200 baud the silence is fixed.
    private static readonly TimeSpan ShortestSilence = TimeSpan.FromMilliseconds(1.75);

    private readonly TimeSpan _silence = Max(TimeSpan.FromSeconds(3.5 * 11 / baudRate), ShortestSilence);
    private SafeFileHandle? _port;

    public string Name => path;

    public bool IsCheapToRenew => false;

    public Task OpenAsync(CancellationToken cancellationToken)
    {
        Close();
        _port = SerialPortHandle.Open(path, baudRate, parity, stopBits);
        return Task.CompletedTask;
    }

    public async ValueTask<int> SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await Task.Delay(_silence, clock, cancellationToken);
        var port = Port;
        var sent = await Task.Run(() => SerialPortHandle.Write(port, bytes.Span), cancellationToken);
        return sent > 0 ? sent : throw Gone();
    }

    public async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var port = Port;
        return await Task.Run(
            () =>
            {
                while (true)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var count = SerialPortHandle.Read(port, buffer.Span);
                    if (count != 0)
                    {
                        return count > 0 ? count : throw Gone();
                    }
                }
            },
            cancellationToken);
    }

    public int Drop() => SerialPortHandle.Drop(Port);

    public void Close()
    {
        _port?.Dispose();
        _port = null;
    }

    public void Dispose() => Close();

    private SafeFileHandle Port => _port ?? throw new ConnectorException($"{path} is not open.");

    private ConnectorException Gone() => new($"The serial port {path} is gone: {SerialPortHandle.LastError()}.");

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
