using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Uns.Mqtt.Packets;

namespace Uns.HubTests.Crash;

/// <summary>
/// A client that outlives the broker: it keeps its side of the session, connects again whenever it can and does what
/// MQTT 5.0, 4.4 asks for then. One loop reads, answers and sends; nothing of it is shared but what is read at the end.
/// </summary>
internal abstract class CrashClient(string clientId, CrashLog log)
{
    private readonly ArrayBufferWriter<byte> _output = new(16 * 1024);
    private readonly byte[] _input = new byte[256 * 1024];
    private Socket? _socket;
    private bool _wasConnected;

    protected CrashLog Log { get; } = log;

    protected string ClientId { get; } = clientId;

    protected IBufferWriter<byte> Output => _output;

    /// <summary>Connects and works until told to stop, through every death of the broker.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                try
                {
                    await ConnectAndWorkAsync(stop);
                }
                catch (SocketException)
                {
                    // The broker is gone; it will be back.
                }

                using var away = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
                await away.WaitForNextTickAsync(stop);
            }
        }
        catch (OperationCanceledException)
        {
            // The test stops it.
        }
    }

    /// <summary>Breaks the connection off; it connects again by itself.</summary>
    public void BreakOff() => Volatile.Read(ref _socket)?.Close(0);

    /// <summary>The session stands: writes what must be sent first.</summary>
    protected abstract void Connected(bool isFirst);

    /// <summary>Handles one packet and writes what it calls for.</summary>
    protected abstract void Handle(FixedHeader header, ReadOnlySpan<byte> body);

    private async Task ConnectAndWorkAsync(CancellationToken stop)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, Log.Port), stop);
        Volatile.Write(ref _socket, socket);
        _output.ResetWrittenCount();
        new ConnectPacket { ClientId = ClientId, CleanStart = false, Properties = new Properties { SessionExpiryInterval = 3600 } }.Write(_output);
        await FlushAsync(socket);
        var count = 0;
        while (true)
        {
            int read;
            try
            {
                read = await socket.ReceiveAsync(_input.AsMemory(count), SocketFlags.None, stop);
            }
            catch (ObjectDisposedException)
            {
                return; // Broken off on purpose.
            }

            if (read == 0)
            {
                return;
            }

            count += read;
            var used = 0;
            while (FixedHeader.Read(_input.AsSpan(used, count - used), out var header, out _) == HeaderStatus.Complete && header.PacketBytes <= count - used)
            {
                Take(header, _input.AsSpan(used + header.HeaderBytes, header.PacketBytes - header.HeaderBytes));
                used += header.PacketBytes;
            }

            _input.AsSpan(used, count - used).CopyTo(_input);
            count -= used;
            await FlushAsync(socket);
        }
    }

    private void Take(FixedHeader header, ReadOnlySpan<byte> body)
    {
        if (header.Type == PacketType.Disconnect)
        {
            DisconnectPacket.TryRead(body, ProtocolVersion.V5, out var goodbye, out _);
            Log.Violation($"{ClientId} was disconnected: {goodbye.Reason}");
        }
        else if (header.Type != PacketType.ConnAck)
        {
            Handle(header, body);
        }
        else if (!ConnAckPacket.TryRead(body, ProtocolVersion.V5, out var accepted, out var fault) || accepted.Reason != ReasonCode.Success)
        {
            Log.Violation($"{ClientId} was not let in: {accepted?.Reason} {fault.What}");
        }
        else
        {
            if (_wasConnected && !accepted.SessionPresent)
            {
                Log.Violation($"the session of {ClientId} was lost");
            }

            var isFirst = !_wasConnected;
            _wasConnected = true;
            Connected(isFirst);
        }
    }

    private async Task FlushAsync(Socket socket)
    {
        var rest = _output.WrittenMemory;
        try
        {
            while (!rest.IsEmpty)
            {
                rest = rest[await socket.SendAsync(rest, SocketFlags.None)..];
            }
        }
        catch (ObjectDisposedException)
        {
            // Broken off on purpose.
        }

        _output.ResetWrittenCount();
    }
}
