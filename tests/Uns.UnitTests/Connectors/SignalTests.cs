using Uns.Connectors;

namespace Uns.UnitTests.Connectors;

public sealed class SignalTests
{
    [Theory]
    [InlineData(SignalShape.Constant, 10)]
    [InlineData(SignalShape.Sine, 10)]
    [InlineData(SignalShape.Ramp, 10)]
    [InlineData(SignalShape.Walk, 10)]
    [InlineData(SignalShape.Counter, 10)]
    [InlineData(SignalShape.Square, 10)]
    public void Every_signal_stays_within_its_bounds_and_repeats_itself_for_the_same_time(SignalShape shape, int seconds)
    {
        var signal = new Signal(shape, -5, 20, TimeSpan.FromSeconds(seconds), Seed: 42);
        for (var step = 0; step < 10_000; step++)
        {
            var at = TimeSpan.FromSeconds(step * 0.37);
            Assert.InRange(signal.At(at), -5, 20);
            Assert.Equal(signal.At(at), signal.At(at));
        }
    }

    [Theory]
    [InlineData(SignalShape.Sine, 0, 50)]
    [InlineData(SignalShape.Sine, 2.5, 100)]
    [InlineData(SignalShape.Ramp, 2.5, 25)]
    [InlineData(SignalShape.Counter, 35, 3)]
    [InlineData(SignalShape.Counter, 1010, 0)]
    [InlineData(SignalShape.Square, 4.9, 0)]
    [InlineData(SignalShape.Square, 5, 100)]
    public void Known_points_of_the_curves(SignalShape shape, double seconds, double value) =>
        Assert.Equal(value, new Signal(shape, 0, 100, TimeSpan.FromSeconds(10)).At(TimeSpan.FromSeconds(seconds)), 6);

    [Fact]
    public void Walks_of_different_seeds_differ_and_do_not_jump()
    {
        var one = new Signal(SignalShape.Walk, 0, 1, TimeSpan.FromSeconds(10), Seed: 1);
        var other = one with { Seed = 2 };
        var steps = Enumerable.Range(0, 1000).Select(i => TimeSpan.FromSeconds(i * 0.01)).ToList();

        Assert.True(steps.Average(t => Math.Abs(one.At(t) - other.At(t))) > 0.01);
        Assert.All(steps.Zip(steps.Skip(1)), p => Assert.InRange(Math.Abs(one.At(p.First) - one.At(p.Second)), 0, 0.02));
    }
}
