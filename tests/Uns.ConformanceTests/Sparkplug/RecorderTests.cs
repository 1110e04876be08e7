using Uns.Mqtt.Packets;
using Uns.Sparkplug.Topics;

namespace Uns.ConformanceTests.Sparkplug;

/// <summary>What the other tests stand on: the recorder sees every packet both ways, in order, with the facts right.</summary>
public sealed class RecorderTests : IAsyncLifetime
{
    private readonly Plant _plant = new();

    public async ValueTask InitializeAsync() => await _plant.StartAsync();

    public ValueTask DisposeAsync() => _plant.DisposeAsync();

    [Theory]
    [InlineData(ProtocolVersion.V5, 4)]
    [InlineData(ProtocolVersion.V311, 0)]
    public async Task A_nodes_whole_session_is_seen_in_order(ProtocolVersion version, byte reason)
    {
        var (_, stopAsync) = _plant.RunEdgeNode(version);
        await Plant.PassedAsync(_plant.EdgeLine, p => p.Message?.Topic.Contains("/DBIRTH/", StringComparison.Ordinal) == true);
        await stopAsync();
        var end = await Plant.PassedAsync(_plant.EdgeLine, p => p.IsEnd);
        var packets = _plant.EdgeLine.Trace.Packets();
        Assert.Equal(end.Index, packets[^1].Index);
        Assert.Equal(PacketType.Connect, packets[0].Type);
        Assert.Equal(version, packets[0].Connect!.Version);
        Assert.NotNull(packets[0].Connect!.Will);
        Assert.Contains(packets, p => p is { Type: PacketType.ConnAck, FromClient: false, Reason: ReasonCode.Success });
        Assert.Contains(packets, p => p.Requests.Any(r => r.Filter == "spBv1.0/Plant/NCMD/Line 1"));
        var said = packets.Where(p => p is { FromClient: true, Message: not null }).Select(p => SparkplugTopic.TryParse(p.Message!.Topic, out var topic) ? topic.Verb : MessageVerb.State);
        Assert.Equal([MessageVerb.NBirth, MessageVerb.DBirth, MessageVerb.NDeath], said);
        Assert.Equal(reason, (byte)packets.Last(p => p.Type == PacketType.Disconnect).Reason!);
        Assert.All(packets.Zip(packets.Skip(1)), pair => Assert.True(pair.First.At <= pair.Second.At && pair.First.Index + 1 == pair.Second.Index));
    }

    [Fact]
    public async Task A_cut_line_ends_and_the_next_connection_has_the_next_number()
    {
        _plant.RunEdgeNode();
        await Plant.PassedAsync(_plant.EdgeLine, p => p.Message?.Topic.Contains("/DBIRTH/", StringComparison.Ordinal) == true);
        _plant.EdgeLine.Cut();
        var again = await Plant.PassedAsync(_plant.EdgeLine, p => p is { Type: PacketType.Connect, Connection: 1 });
        Assert.Contains(_plant.EdgeLine.Trace.Packets().Take(again.Index), p => p is { IsEnd: true, Connection: 0 });
    }
}
