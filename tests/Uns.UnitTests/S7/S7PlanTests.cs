using Uns.Connectors;
using Uns.Connectors.S7;
using Uns.Connectors.S7.Wire;
using Uns.Tags;

namespace Uns.UnitTests.S7;

public sealed class S7PlanTests
{
    [Theory]
    [InlineData(240)]
    [InlineData(480)]
    [InlineData(960)]
    public void No_message_exceeds_the_agreed_size_and_no_number_is_torn(int pduBytes)
    {
        var random = new Random(pduBytes);
        string[] types = ["REAL", "LREAL", "INT", "BYTE", "STRING(30)", "DTL"];
        var tags = Enumerable.Range(0, 3000)
            .Select(i => new TagOptions { Name = $"t{i}", Address = $"DB{random.Next(1, 4)}.{random.Next(0, 20000)}:{types[i % types.Length]}" })
            .Append(new() { Name = "long", Address = "DB9.0:WSTRING(500)" })
            .ToList();

        var plan = S7Plan.Make(new S7Options(), tags);
        var ranges = plan.Groups.SelectMany(g => plan.RangesOf(g.Index, pduBytes)).ToList();

        Assert.Equal(tags.Count, ranges.Sum(r => r.Tags.Count));
        Assert.All(ranges.Where(r => r.Block != 9), r => Assert.InRange(r.Bytes.Length, 1, S7Plan.MostItemData(pduBytes)));
        foreach (var message in S7Plan.Pack(ranges, pduBytes))
        {
            Assert.InRange(S7Pdu.Read([.. message.Select(p => p.Item)]).Length, 1, pduBytes);
            Assert.InRange(S7Pdu.AckHeaderBytes + 2 + message.Sum(p => 4 + p.Length + (p.Length & 1)), 1, pduBytes);
            Assert.InRange(message.Count, 1, 20);
        }

        Assert.Equal(ranges.Sum(r => r.Bytes.Length), S7Plan.Pack(ranges, pduBytes).Sum(m => m.Sum(p => p.Length)));
    }

    [Theory]
    [InlineData(16, "DB1.DBD0:REAL DB1.DBD4:REAL DB1.DBX8.0 DB1.DBX8.1", "0+9")]
    [InlineData(0, "DB1.DBD0:REAL DB1.DBD5:REAL", "0+4 5+4")]
    [InlineData(16, "DB1.DBW0 DB2.DBW0 MW0 IW0", "0+2 0+2 0+2 0+2")]
    public void Neighbours_are_read_as_one_item(int gap, string addresses, string ranges)
    {
        var plan = S7Plan.Make(new S7Options { MaximumGap = gap }, [.. addresses.Split(' ').Select(a => new TagOptions { Name = a, Address = a })]);

        Assert.Equal(ranges, string.Join(' ', plan.RangesOf(0, 240).Select(r => $"{r.Start}+{r.Bytes.Length}")));
    }
}
