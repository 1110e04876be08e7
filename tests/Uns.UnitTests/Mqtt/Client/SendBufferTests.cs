using System.Buffers;
using Uns.Mqtt.Client;

namespace Uns.UnitTests.Mqtt.Client;

public sealed class SendBufferTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly SendBuffer _buffer = new(1024 * 1024);
    private readonly RecordingStream _stream = new();

    [Fact]
    public async Task What_is_gathered_leaves_in_one_send()
    {
        var running = _buffer.RunAsync(_stream, static () => { }, CancellationToken.None);
        _buffer.Gather();
        for (byte i = 0; i < 10; i++)
        {
            Assert.True(Append(i, 100));
        }

        Assert.Empty(_stream.Sends);
        _buffer.LetGo();
        await _stream.BytesAsync(1000).WaitAsync(Deadline);
        Assert.Equal([1000], _stream.Sends);
        _buffer.End(new IOException("over"));
        await running.WaitAsync(Deadline);
    }

    [Fact]
    public async Task Enough_of_it_does_not_wait_and_what_was_gathered_when_the_end_comes_still_leaves()
    {
        var running = _buffer.RunAsync(_stream, static () => { }, CancellationToken.None);
        _buffer.Gather();
        Assert.True(Append(1, 40 * 1024));
        await _stream.BytesAsync(40 * 1024).WaitAsync(Deadline);
        Assert.True(Append(2, 10));
        Assert.Equal([40 * 1024], _stream.Sends);
        _buffer.End(new IOException("over"));
        _buffer.LetGo();
        await running.WaitAsync(Deadline);
        Assert.Equal([40 * 1024, 10], _stream.Sends);
    }

    private bool Append(byte value, int count) => _buffer.TryAppend((value, count), static (output, in state) =>
    {
        output.GetSpan(state.count)[..state.count].Fill(state.value);
        output.Advance(state.count);
    }, evenIfFull: false);

    /// <summary>Notes how many bytes each write had.</summary>
    private sealed class RecordingStream : MemoryStream
    {
        private readonly Lock _gate = new();
        private readonly List<int> _sends = [];
        private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IReadOnlyList<int> Sends
        {
            get
            {
                lock (_gate)
                {
                    return [.. _sends];
                }
            }
        }

        public async Task BytesAsync(int wanted)
        {
            while (true)
            {
                Task more;
                lock (_gate)
                {
                    if (_sends.Sum() >= wanted)
                    {
                        return;
                    }

                    more = _more.Task;
                }

                await more;
            }
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            lock (_gate)
            {
                _sends.Add(buffer.Length);
                _more.TrySetResult();
                _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return default;
        }
    }
}
