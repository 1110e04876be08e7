using Uns.Connectors.OpcUa.Wire;

namespace Uns.UnitTests.OpcUa;

public sealed class NodeIdTests
{
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
    [InlineData("i=4294967296")]
    public void What_is_no_node_id_is_refused_with_an_example(string written)
    {
        Assert.False(NodeId.TryParse(written, out _, out var fault));
        Assert.StartsWith($"is '{written}'", fault);
        Assert.Contains("ns=2;s=Line1.Speed", fault);
    }

    [Theory]
    [InlineData("svr=1;nsu=urn:plant;s=a", "add that server as a device of its own")]
    [InlineData("1[2,3]!x", "give 1!x, whose value is the whole array")]
    [InlineData("cond:2!Tank", "is no variable")]
    [InlineData("alarm:2!Tank", "is no variable")]
    [InlineData("method:2!Tank", "is no variable")]
    [InlineData("BrowsePath://Objects/Line1/#", "/0:Objects/2:Line1/2:Speed")]
    public void What_another_tool_means_by_it_is_refused_with_what_to_do(string written, string advice)
    {
        Assert.False(NodeId.TryParse(written, out _, out var fault));
        Assert.StartsWith($"is '{written}'", fault);
        Assert.Contains(advice, fault);
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
