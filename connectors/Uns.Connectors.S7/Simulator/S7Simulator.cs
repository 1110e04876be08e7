using System.Net;
using System.Net.Sockets;
using Uns.Connectors.S7.Wire;
using Uns.Tags;

namespace Uns.Connectors.S7;

/// <summary>One simulated value; data blocks are as long as their last point.</summary>
/// <param name="Address">In any notation of this room.</param>
/// <param name="Type">Unknown takes the type that the address implies.</param>
/// <param name="Signal">Its course; null for a value that stays as it was written, starting at zero.</param>
public sealed record SimulatedPoint(string Address, DataType Type, Signal? Signal);

/// <summary>What a simulator does wrong with one job, on demand of a test.</summary>
/// <param name="Delay">Time before the answer.</param>
/// <param name="IsSilent">Does not answer at all.</param>
/// <param name="Disconnects">Closes the connection instead of answering.</param>
/// <param name="Error">Refuses the whole job with this error; zero for none.</param>
/// <param name="ReferenceShift">Added to the reference of the answer.</param>
/// <param name="FragmentBytes">Sends the answer in COTP fragments of so many bytes; zero in one.</param>
public sealed record SimulatedS7Fault(
    TimeSpan Delay = default, bool IsSilent = false, bool Disconnects = false, ushort Error = 0, int ReferenceShift = 0, int FragmentBytes = 0);

/// <summary>
/// A real ISO-on-TCP server on the loopback interface with data blocks, merkers, inputs, outputs and moving values. It tells who it is, its blocks and its clock.
/// </summary>
public sealed class S7Simulator : IAsyncDisposable
{
    private const int MostFrameBytes = 4096;

    private readonly S7Memory _memory;
    private readonly TimeProvider _clock;
    private readonly SimulatorListener _listener;
    private readonly long _start;
    private readonly Lock _gate = new();
    private long _jobs;

    /// <summary>Makes a simulator; it listens once started.</summary>
    /// <param name="points">What moves, and what can be written.</param>
    /// <param name="clock">What the signals run by.</param>
    /// <param name="port">0 takes a free one.</param>
    /// <exception cref="ArgumentException">An address was not understood.</exception>
    public S7Simulator(IEnumerable<SimulatedPoint> points, TimeProvider clock, int port = 0)
    {
        _memory = new S7Memory(points);
        _clock = clock;
        _listener = new SimulatorListener((socket, before, token) => ServeFramesAsync(socket, before < MostConnections, token), port, int.MaxValue);
        _start = clock.GetTimestamp();
    }

    /// <summary>Where it listens; only once started.</summary>
    public IPEndPoint EndPoint => _listener.EndPoint;

    /// <summary>Largest message it agrees to.</summary>
    public int PduBytes { get; set; } = 480;

    /// <summary>Most connections; one more is refused at COTP. Real CPUs have few.</summary>
    public int MostConnections { get; set; } = 16;

    /// <summary>Refuses to be read or written until a connection has given it; empty for none.</summary>
    public string Password { get; set; } = "";

    /// <summary>Asked before each answer, with the job; null answers as it should be.</summary>
    public Func<ReadOnlyMemory<byte>, SimulatedS7Fault?>? FaultFor { get; set; }

    /// <summary>Asked for each item with area, block and byte; what it returns, unless zero, is the item's return code.</summary>
    public Func<S7Area, int, int, byte>? CodeFor { get; set; }

    /// <summary>Jobs received since the start.</summary>
    public long Jobs => Interlocked.Read(ref _jobs);

    /// <summary>Starts to listen on 127.0.0.1.</summary>
    public Task StartAsync()
    {
        _listener.Start();
        return Task.CompletedTask;
    }

    /// <summary>Puts a data block in place, or another for it, as a download does.</summary>
    public void SetBlock(int number, byte[] bytes)
    {
        lock (_gate)
        {
            _memory.SetBlock(number, bytes);
        }
    }

    /// <summary>Takes a data block away.</summary>
    public void RemoveBlock(int number)
    {
        lock (_gate)
        {
            _memory.RemoveBlock(number);
        }
    }

    /// <summary>A copy of a data block as it is now; empty when there is none.</summary>
    public byte[] Block(int number)
    {
        lock (_gate)
        {
            _memory.Move(_clock.GetElapsedTime(_start));
            return [.. _memory.Area(S7Area.DataBlock, number) ?? []];
        }
    }

    /// <summary>Closes all connections; the simulator listens on.</summary>
    public void DropConnections() => _listener.DropConnections();

    /// <summary>Stops listening and closes all connections.</summary>
    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    private async Task ServeFramesAsync(Socket socket, bool isWelcome, CancellationToken cancellationToken)
    {
        var received = new byte[MostFrameBytes];
        var session = new S7Session();
        var count = 0;
        while (true)
        {
            if (Cotp.TryRead(received.AsSpan(0, count), out var frame, out var fault))
            {
                var content = received.AsMemory(0, frame.Length);
                if (!await AnswerAsync(socket, frame, content, session, isWelcome, cancellationToken))
                {
                    return;
                }

                count -= frame.Length;
                received.AsSpan(frame.Length, count).CopyTo(received);
                continue;
            }

            var more = fault is not null || count == received.Length ? 0 : await socket.ReceiveAsync(received.AsMemory(count), cancellationToken);
            if (more == 0)
            {
                return;
            }

            count += more;
        }
    }

    private async Task<bool> AnswerAsync(
        Socket socket, CotpFrame frame, ReadOnlyMemory<byte> bytes, S7Session session, bool isWelcome, CancellationToken cancellationToken)
    {
        if (frame.Kind == Cotp.ConnectionRequest)
        {
            var confirm = bytes.ToArray();
            confirm[5] = isWelcome ? Cotp.ConnectionConfirm : Cotp.DisconnectRequest;
            (confirm[6], confirm[7], confirm[8], confirm[9]) = (confirm[8], confirm[9], 0, 1);
            await SendAsync(socket, confirm, cancellationToken);
            return isWelcome;
        }

        var job = bytes[frame.Start..];
        if (frame.Kind != Cotp.Data || job.Length < S7Pdu.JobHeaderBytes)
        {
            return false;
        }

        Interlocked.Increment(ref _jobs);
        var fault = FaultFor?.Invoke(job) ?? new SimulatedS7Fault();
        if (fault.Delay > TimeSpan.Zero)
        {
            await Task.Delay(fault.Delay, _clock, cancellationToken);
        }

        if (fault.IsSilent || fault.Disconnects)
        {
            return !fault.Disconnects;
        }

        byte[] answer;
        lock (_gate)
        {
            _memory.Move(_clock.GetElapsedTime(_start));
            answer = Answer(job.Span, fault.Error, session);
        }

        answer[5] += (byte)fault.ReferenceShift;
        var step = fault.FragmentBytes == 0 ? answer.Length : fault.FragmentBytes;
        for (var at = 0; at < answer.Length; at += step)
        {
            var part = Cotp.Wrap(answer.AsSpan(at, Math.Min(step, answer.Length - at)));
            part[6] = at + step >= answer.Length ? part[6] : (byte)0;
            await SendAsync(socket, part, cancellationToken);
        }

        return true;
    }

    private byte[] Answer(ReadOnlySpan<byte> job, ushort error, S7Session session)
    {
        var isLocked = Password.Length > 0 && !session.IsUnlocked && job[1] == S7Pdu.Job && job.Length > S7Pdu.JobHeaderBytes && job[S7Pdu.JobHeaderBytes] != S7Pdu.SetupFunction;
        return error != 0 || isLocked ? S7Memory.Ack(job, [], [], error != 0 ? error : S7Password.Missing)
            : job[1] == S7Pdu.UserData ? new SimulatedServices(_memory.Blocks(), Password).Answer(job, session, PduBytes, _clock.GetUtcNow())
            : _memory.Answer(job, PduBytes, CodeFor);
    }

    private static async Task SendAsync(Socket socket, byte[] bytes, CancellationToken cancellationToken)
    {
        for (var sent = 0; sent < bytes.Length;)
        {
            sent += await socket.SendAsync(bytes.AsMemory(sent), cancellationToken);
        }
    }
}
