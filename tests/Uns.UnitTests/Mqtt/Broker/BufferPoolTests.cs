using Uns.Mqtt.Broker;

namespace Uns.UnitTests.Mqtt.Broker;

public sealed class BufferPoolTests
{
    [Fact]
    public void What_was_needed_once_is_let_go_and_what_is_needed_again_and_again_stays()
    {
        var pool = new BufferPool();
        var peak = Enumerable.Range(0, 100).Select(_ => pool.Rent(60_000)).ToList();
        peak.ForEach(pool.Return);
        Assert.Equal(100 * 65_536, pool.KeptBytes);
        for (var second = 0; second < 30; second++)
        {
            var used = Enumerable.Range(0, 3).Select(_ => pool.Rent(60_000)).ToList();
            used.ForEach(pool.Return);
            pool.Tick();
        }

        Assert.Equal(3 * 65_536, pool.KeptBytes);
        for (var second = 0; second < 20; second++)
        {
            pool.Tick();
        }

        Assert.Equal(0, pool.KeptBytes);
    }

    [Theory]
    [InlineData(1, 1024)]
    [InlineData(1024, 1024)]
    [InlineData(1025, 2048)]
    [InlineData(1 << 20, 1 << 20)]
    public void Buffers_come_in_powers_of_two_and_come_back(int wanted, int length)
    {
        var pool = new BufferPool();
        var buffer = pool.Rent(wanted);
        Assert.Equal(length, buffer.Length);
        pool.Return(buffer);
        Assert.Same(buffer, pool.Rent(wanted));
        pool.Return([]);
        Assert.Equal(0, pool.KeptBytes);
    }
}
