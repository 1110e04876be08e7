using System.IO.Pipelines;

namespace Uns.Mqtt.Broker.Listeners;

/// <summary>One end of a link between two parts of one process: what is written here is read there. Up to 64 KiB wait each way, then the writer waits.</summary>
internal sealed class InProcessStream : Stream
{
    private const int MostWaitingBytes = 64 * 1024;
    private readonly PipeReader _in;
    private readonly PipeWriter _out;
    private int _isClosed;

    private InProcessStream(PipeReader input, PipeWriter output) => (_in, _out) = (input, output);

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Makes both ends.</summary>
    public static (Stream Client, Stream Server) Pair()
    {
        var options = new PipeOptions(pauseWriterThreshold: MostWaitingBytes, resumeWriterThreshold: MostWaitingBytes / 2, useSynchronizationContext: false);
        var (up, down) = (new Pipe(options), new Pipe(options));
        return (new InProcessStream(down.Reader, up.Writer), new InProcessStream(up.Reader, down.Writer));
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ReadResult result;
        try
        {
            result = await _in.ReadAsync(cancellationToken);
        }
        catch (InvalidOperationException e)
        {
            throw new IOException("The link was closed.", e);
        }

        var count = (int)Math.Min(buffer.Length, result.Buffer.Length);
        var part = result.Buffer.Slice(0, count);
        var at = 0;
        foreach (var piece in part)
        {
            piece.CopyTo(buffer[at..]);
            at += piece.Length;
        }

        _in.AdvanceTo(part.End);
        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var result = await _out.WriteAsync(buffer, cancellationToken);
            if (result.IsCompleted)
            {
                throw new IOException("The other end of the link was closed.");
            }
        }
        catch (InvalidOperationException e)
        {
            throw new IOException("The link was closed.", e);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
        // Each write is handed over at once.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("The link is read asynchronously.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("The link is written asynchronously.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _isClosed, 1) == 0)
        {
            _out.Complete();
            _in.CancelPendingRead();
            _in.Complete();
        }

        base.Dispose(disposing);
    }
}
