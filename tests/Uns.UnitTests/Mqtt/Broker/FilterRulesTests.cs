using Uns.Mqtt.Broker.Subscriptions;

namespace Uns.UnitTests.Mqtt.Broker;

public sealed class FilterRulesTests
{
    [Theory]
    [InlineData("a", "a", true)]
    [InlineData("a", "b", false)]
    [InlineData("a/+", "a/b", true)]
    [InlineData("a/+", "a/+", true)]
    [InlineData("a/+", "a/#", false)]
    [InlineData("a/+", "a", false)]
    [InlineData("a/+", "a/b/c", false)]
    [InlineData("a/#", "a", true)]
    [InlineData("a/#", "a/b/+/#", true)]
    [InlineData("a/#", "+/b", false)]
    [InlineData("#", "a/b", true)]
    [InlineData("#", "$SYS/a", false)]
    [InlineData("+/a", "$SYS/a", false)]
    [InlineData("$SYS/#", "$SYS/a", true)]
    [InlineData("a/b", "a/+", false)]
    [InlineData("", "$SYS", false)]
    public void A_filter_covers_what_lies_wholly_within_it(string outer, string inner, bool covers) => Assert.Equal(covers, FilterRules.Covers(outer, inner));
}
