using Uns.Connectors.OpcUa.Wire;

namespace Uns.UnitTests.OpcUa;

public sealed class NodeIdTests
{
    [Theory]
    [InlineData("i=2258", "i=2258")]
    [InlineData("ns=2;s=Line1.Speed", "ns=2;s=Line1.Speed")]
    [InlineData("ns=3;s=\"DB\".\"Var\"", "ns=3;s=\"DB\".\"Var\"")]
    [InlineData("ns=1;s=[Device]path;with;semicolons", "ns=1;s=[Device]path;with;semicolons")]
    [InlineData("ns=4;s=MAIN.var", "ns=4;s=MAIN.var")]
    [InlineData("ns=2;g=9F8E3C1A-0000-0000-0000-000000000001", "ns=2;g=9f8e3c1a-0000-0000-0000-000000000001")]
    [InlineData("ns=2;b=AQID", "ns=2;b=AQID")]
    [InlineData("nsu=http://vendor/ua;s=a", "nsu=http://vendor/ua;s=a")]
    [InlineData("nsu=urn:x%3By;i=5", "nsu=urn:x%3By;i=5")]
    [InlineData("2!Device1.Tag", "ns=2;s=Device1.Tag")]
    [InlineData("2!77", "ns=2;i=77")]
    [InlineData("NodeId://ns=2;s=Line1.Speed", "ns=2;s=Line1.Speed")]
    [InlineData("svr=0;nsu=urn:plant;s=a", "nsu=urn:plant;s=a")]
    public void Every_notation_is_read(string written, string canonical)
    {
        Assert.True(NodeId.TryParse(written, out var id, out _));
        Assert.Equal(canonical, id.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("Line1.Speed")]
    [InlineData("ns=2")]
    [InlineData("ns=70000;i=1")]
    [InlineData("ns=2;i=-1")]
    [InlineData("ns=2;g=nope")]
    [InlineData("ns=2;b=***")]
    [InlineData("nsu=;s=a")]
    [InlineData("ns=2;s=")]
    [InlineData("svr=1;nsu=urn:plant;s=a")]
    [InlineData("1[2,3]!x")]
    [InlineData("i=4294967296")]
    public void What_is_no_node_id_is_refused_with_an_example(string written)
    {
        Assert.False(NodeId.TryParse(written, out _, out var fault));
        Assert.StartsWith($"is '{written}'", fault);
        Assert.Contains("ns=2;s=Line1.Speed", fault);
    }

    [Fact]
    public void A_uri_is_found_in_the_servers_own_order()
    {
        Assert.True(NodeId.TryParse("nsu=urn:plant;i=7", out var id, out _));
        Assert.True(id.TryResolve(["http://opcfoundation.org/UA/", "urn:server", "urn:plant"], out var resolved));
        Assert.Equal("ns=2;i=7", resolved.ToString());
        Assert.False(id.TryResolve(["http://opcfoundation.org/UA/"], out _));
    }
}
