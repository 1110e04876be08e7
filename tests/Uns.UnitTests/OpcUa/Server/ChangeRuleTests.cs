using Uns.Connectors.OpcUa.Server;
using Uns.Connectors.OpcUa.Wire;

namespace Uns.UnitTests.OpcUa.Server;

/// <summary>When a monitored item has something to tell.</summary>
public sealed class ChangeRuleTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(1u, 0u, 0.0, 10.0, 10.0, 0u, false)]
    [InlineData(1u, 0u, 0.0, 10.0, 10.1, 0u, true)]
    [InlineData(1u, 1u, 0.5, 10.0, 10.5, 0u, false)] // Just within an absolute deadband.
    [InlineData(1u, 1u, 0.5, 10.0, 10.6, 0u, true)]
    [InlineData(1u, 1u, 0.5, 10.0, double.NaN, 0u, true)]
    [InlineData(1u, 2u, 10.0, 10.0, 29.0, 0u, false)] // A tenth of a range of 200.
    [InlineData(1u, 2u, 10.0, 10.0, 31.0, 0u, true)]
    [InlineData(0u, 0u, 0.0, 10.0, 11.0, 0u, false)] // Status alone.
    [InlineData(0u, 0u, 0.0, 10.0, 10.0, 0x80000000u, true)]
    public void A_change_is_one_beyond_the_deadband(uint trigger, uint kind, double deadband, double before, double after, uint status, bool isChange)
    {
        var filter = new UaExtension(NodeId.Standard(724), new UaWriter().UInt32(trigger).UInt32(kind).Double(deadband).Written);
        var rule = ChangeRule.Read(filter, 200, out var fault);
        Assert.Equal(0u, fault);
        Assert.Equal(isChange, rule.IsChange(Of(before, 0), Of(after, status)));
    }

    [Theory]
    [InlineData(3u, 0u, 0.0, 0x80430000u)]
    [InlineData(1u, 3u, 0.0, 0x80430000u)]
    [InlineData(1u, 1u, -1.0, 0x808E0000u)]
    [InlineData(1u, 1u, double.NaN, 0x808E0000u)]
    [InlineData(1u, 2u, 10.0, 0x80440000u)] // The node has no range.
    public void A_rule_that_makes_no_sense_is_refused(uint trigger, uint kind, double deadband, uint fault)
    {
        var filter = new UaExtension(NodeId.Standard(724), new UaWriter().UInt32(trigger).UInt32(kind).Double(deadband).Written);
        ChangeRule.Read(filter, null, out var found);
        Assert.Equal(fault, found);
    }

    [Fact]
    public void The_source_time_counts_where_it_is_asked_for()
    {
        var rule = new ChangeRule(2, null);
        Assert.True(rule.IsChange(Of(1, 0), Of(1, 0) with { SourceTime = Noon.AddSeconds(1) }));
        Assert.False(ChangeRule.Every.IsChange(Of(1, 0), Of(1, 0) with { SourceTime = Noon.AddSeconds(1) }));
    }

    private static UaDataValue Of(double value, uint status) => new(new(UaType.Double, value), status, Noon, Noon);
}
