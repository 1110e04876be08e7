using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Tags;

namespace Uns.UnitTests.Modbus;

public sealed class ModbusPlanTests
{
    [Theory]
    [InlineData(8, 125, "40001 40002 40011", "HR1+11")]          // a gap of eight is read along
    [InlineData(7, 125, "40001 40002 40011", "HR1+2 HR11+1")]    // of seven it is not
    [InlineData(0, 125, "40003 40001 40002", "HR1+3")]
    [InlineData(0, 125, "40001 40003", "HR1+1 HR3+1")]
    [InlineData(124, 125, "40001 40125 40126", "HR1+125 HR126+1")] // 125 registers are the limit
    [InlineData(124, 60, "40001 40060 40061", "HR1+60 HR61+1")]
    [InlineData(8, 125, "40001 30001 5!40001", "HR1+1 IR1+1 HR1+1")]
    [InlineData(8, 125, "40001.1 40001.2 40001", "HR1+1")]
    [InlineData(8, 125, "40001:DOUBLE 40002", "HR1+4")]            // overlapping tags
    [InlineData(8, 125, "C1 C120 C500", "C1+120 C500+1")]
    public void Neighbours_are_joined_into_blocks(int gap, int most, string addresses, string blocks)
    {
        var options = new ModbusOptions { MaximumGap = gap, MaximumRegisters = most };

        var plan = ModbusPlan.Make(options, [.. addresses.Split(' ').Select(a => new TagOptions { Name = a, Address = a })]);

        var made = plan.BlocksOf(0).Select(b => $"{new ModbusAddress { Table = b.Table, Offset = b.Start }}+{b.Count}");
        Assert.Equal(blocks, string.Join(' ', made));
    }

    [Fact]
    public void Periods_make_groups_and_all_tags_are_in_one_block_each()
    {
        var random = new Random(3);
        var tags = Enumerable.Range(0, 2000).Select(i => new TagOptions
        {
            Name = $"t{i}",
            Address = $"{random.Next(1, 4)}!HR{random.Next(1, 5000)}",
            DataType = i % 3 == 0 ? DataType.Float : DataType.Int16,
            Period = TimeSpan.FromMilliseconds(i % 2 == 0 ? 100 : 1000),
        }).ToList();

        var plan = ModbusPlan.Make(new ModbusOptions(), tags);

        Assert.Equal([100.0, 1000.0], plan.Groups.Select(g => g.Period.TotalMilliseconds).Distinct());
        Assert.Equal(3, plan.Units);
        var blocks = plan.Groups.SelectMany(g => plan.BlocksOf(g.Index)).ToList();
        Assert.Equal(tags.Select(t => t.Name).Order(), blocks.SelectMany(b => b.Tags).Select(t => t.Name).Order());
        Assert.All(blocks, b => Assert.InRange(b.Count, 1, 125));
        Assert.All(blocks, b => Assert.All(b.Tags, t => Assert.True(t.Address.Offset >= b.Start && t.Address.Offset + t.Width <= b.Start + b.Count)));
    }
}
