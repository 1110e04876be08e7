using Uns.Tags;

namespace Uns.UnitTests.Tags;

public sealed class ChangeFilterTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0, "1 1 2 2 1", "1 2 1")]
    [InlineData(1, "10 10.5 10.9 11 11.5 12.5", "10 11 12.5")]
    [InlineData(1, "10 9.5 9 8.1 8", "10 9 8")]
    [InlineData(5, "10 NaN NaN 10 11", "10 NaN 10")]
    public void Only_what_moved_beyond_the_deadband_is_told(double deadband, string read, string told)
    {
        var filter = new ChangeFilter();

        var passed = read.Split(' ').Where(n => filter.Passes(Good(double.Parse(n)), new Deadband(deadband)));

        Assert.Equal(told, string.Join(' ', passed));
    }

    [Fact]
    public void A_drift_in_small_steps_is_told_once_it_has_gone_far_enough()
    {
        var filter = new ChangeFilter();

        var told = Enumerable.Range(0, 100).Count(i => filter.Passes(Good(i * 0.25), new Deadband(1)));

        Assert.Equal(25, told);
    }

    [Fact]
    public void Quality_reason_and_type_changes_pass_whatever_the_deadband()
    {
        var filter = new ChangeFilter();
        var wide = new Deadband(1000);

        Assert.True(filter.Passes(Good(1), wide));
        Assert.True(filter.Passes(Bad("gone"), wide));
        Assert.False(filter.Passes(Bad("gone"), wide));
        Assert.True(filter.Passes(Bad("refused"), wide));
        Assert.True(filter.Passes(Good(1), wide));
        Assert.True(filter.Passes(new TagSample("a", TagValue.OfInteger(DataType.Int16, 1), TagQuality.Good, Noon), wide));
    }

    private static TagSample Good(double value) => new("a", TagValue.Of(value), TagQuality.Good, Noon);

    private static TagSample Bad(string reason) => new("a", TagValue.Null(DataType.Double), TagQuality.Bad, Noon, reason);
}
