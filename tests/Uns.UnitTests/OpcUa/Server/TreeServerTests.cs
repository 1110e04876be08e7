using Uns.Connectors;
using Uns.Connectors.OpcUa;
using Uns.Connectors.OpcUa.Security;
using Uns.Connectors.OpcUa.Server;
using Uns.Connectors.OpcUa.Wire;
using Uns.Tags;

namespace Uns.UnitTests.OpcUa.Server;

/// <summary>The tree through the OPC UA server: what is shown, read and written.</summary>
public sealed class TreeServerTests
{
    [Fact]
    public async Task The_tree_is_browsed_from_Objects_and_a_nodes_id_is_its_path()
    {
        await using var plant = new ServedTree();
        plant.Tell("Speed", TagValue.Of(12.5), low: 0, high: 100, unit: "m/s");
        await using var session = await plant.ConnectAsync();
        Assert.Equal(["http://opcfoundation.org/UA/", "urn:uns:hub", "urn:uns:tree"], session.Namespaces);

        var roots = await session.BrowseAsync(NodeId.Standard(85), CancellationToken.None);
        Assert.Equal(["Server", "acme"], roots.Select(r => r.Name));
        var line = await session.BrowseAsync(ServedTree.Id("acme/berlin/line"), CancellationToken.None);
        Assert.Equal(new UaReference(ServedTree.Id("acme/berlin/line/Speed"), "Speed", 2, new(2, "Speed")), Assert.Single(line));
        var properties = await session.BrowseAsync(line[0].Id, CancellationToken.None);
        Assert.Equal(["EngineeringUnits", "EURange"], properties.Select(p => p.Name));

        var range = (await session.ReadAsync([properties[1].Id], UaAttribute.Value, CancellationToken.None))[0];
        var limits = new UaReader(((UaExtension)range.Value.Value!).Body.Span);
        Assert.Equal((0.0, 100.0), (limits.Double(), limits.Double()));
    }

    [Fact]
    public async Task A_wide_branch_comes_in_parts_and_nothing_is_lost()
    {
        const int Many = 100_000;
        await using var plant = new ServedTree();
        // Children are kept sorted: told in order, each is put at the end.
        for (var i = 0; i < Many / 100; i++)
        {
            for (var j = 0; j < 100; j++)
            {
                plant.Tell($"group{i:D4}/tag{j:D2}", TagValue.Of(1.0));
            }
        }

        await using var session = await plant.ConnectAsync();
        var groups = await session.BrowseAsync(ServedTree.Id("acme/berlin/line"), CancellationToken.None, perAnswer: 7);
        Assert.Equal(Many / 100, groups.Select(g => g.Id).Distinct().Count());
        var tags = await session.BrowseAsync(ServedTree.Id("acme/berlin/line/group0999"), CancellationToken.None);
        Assert.Equal(100, tags.Count);
        var last = await session.ReadAsync([.. tags.Select(t => t.Id)], UaAttribute.Value, CancellationToken.None);
        Assert.All(last, v => Assert.Equal(1.0, v.Value.Value));
    }

    [Theory]
    [InlineData(TagQuality.Good, 0u, true)]
    [InlineData(TagQuality.Uncertain, 0x40000000u, true)]
    [InlineData(TagQuality.Stale, 0x408F0000u, true)]
    [InlineData(TagQuality.Bad, 0x80000000u, false)]
    public async Task Quality_becomes_a_status_and_a_bad_value_is_not_told(TagQuality quality, uint status, bool hasValue)
    {
        await using var plant = new ServedTree();
        plant.Tell("Speed", TagValue.Of(12.5));
        plant.Tell("Speed", TagValue.Of(12.5), quality);
        await using var session = await plant.ConnectAsync();
        var read = (await session.ReadAsync([ServedTree.Id("acme/berlin/line/Speed")], UaAttribute.Value, CancellationToken.None))[0];
        Assert.Equal((status, hasValue), (read.Status, read.Value.Value is 12.5));
        Assert.NotNull(read.SourceTime);
    }

    public static TheoryData<DataType> EveryType() => [.. Enum.GetValues<DataType>().Where(t => t is >= DataType.Int8 and <= DataType.Uuid or DataType.Bytes or >= DataType.Int8Array)];

    [Theory]
    [MemberData(nameof(EveryType))]
    public async Task Every_type_arrives_as_it_is(DataType type)
    {
        TagValue value = type switch
        {
            DataType.Boolean => TagValue.Of(true),
            DataType.Float => TagValue.Of(1.5f),
            DataType.Double => TagValue.Of(-2.25),
            DataType.String or DataType.Text => TagValue.Of("Füller", type),
            DataType.Uuid => TagValue.Of("5f0f6a0e-7d7c-4d0c-9a3c-0c8f4e0b1a2b", type),
            DataType.DateTime => TagValue.OfInteger(type, 1_767_268_800_123),
            DataType.Bytes => TagValue.Of([1, 2, 255]),
            < DataType.Float => TagValue.OfInteger(type, type is DataType.UInt64 ? -1 : 100),
            _ => TagArray.Join(type, [.. Enumerable.Range(1, 3).Select(i => TagArray.ElementOf(type) switch
            {
                DataType.Boolean => TagValue.Of(i == 2),
                DataType.Float => TagValue.Of(i * 0.5f),
                DataType.Double => TagValue.Of(i * 0.25),
                DataType.String => TagValue.Of($"t{i}"),
                var element => TagValue.OfInteger(element, i),
            })]),
        };
        await using var plant = new ServedTree();
        plant.Tell("X", value);
        await using var session = await plant.ConnectAsync();
        var node = ServedTree.Id("acme/berlin/line/X");
        var read = (await session.ReadAsync([node], UaAttribute.Value, CancellationToken.None))[0];
        Assert.True(UaConversion.TryConvert(read.Value, type, out var came, out var fault), fault);
        Assert.Equal(value, came);
        var dataType = (await session.ReadAsync([node], UaAttribute.DataType, CancellationToken.None))[0];
        Assert.Equal(NodeId.Standard((uint)read.Value.Type), dataType.Value.Value);
        var rank = (await session.ReadAsync([node], UaAttribute.ValueRank, CancellationToken.None))[0];
        Assert.Equal(TagArray.IsArray(type) ? 1 : -1, rank.Value.Value);
    }

    [Fact]
    public async Task A_write_goes_by_the_trees_own_road_and_what_does_not_fit_is_refused()
    {
        await using var plant = new ServedTree(new OpcUaServerOptions { Anonymous = OpcUaRight.Write });
        plant.Tell("SetPoint", TagValue.OfInteger(DataType.Int16, 10), writable: true, low: 0, high: 100);
        plant.Tell("Speed", TagValue.Of(1.0));
        await using var session = await plant.ConnectAsync();
        var (setPoint, speed) = (ServedTree.Id("acme/berlin/line/SetPoint"), ServedTree.Id("acme/berlin/line/Speed"));

        Assert.Equal(0u, await session.WriteAsync(setPoint, new(UaType.Int16, (short)42), CancellationToken.None));
        Assert.Equal(42, plant.Tree.Find("acme/berlin/line/SetPoint")!.Current!.Value.Integer);
        Assert.Equal(StatusCode.BadTypeMismatch, await session.WriteAsync(setPoint, new(UaType.Double, 42.0), CancellationToken.None));
        Assert.Equal(StatusCode.BadOutOfRange, await session.WriteAsync(setPoint, new(UaType.Int16, (short)101), CancellationToken.None));
        Assert.Equal(StatusCode.BadNotWritable, await session.WriteAsync(speed, new(UaType.Double, 2.0), CancellationToken.None));
        Assert.Equal(StatusCode.BadNodeIdUnknown, await session.WriteAsync(ServedTree.Id("acme/berlin/line/Gone"), new(UaType.Double, 2.0), CancellationToken.None));
        Assert.Equal(StatusCode.BadNotWritable, await session.WriteAsync(NodeId.Standard(2259), new(UaType.Int32, 1), CancellationToken.None));
        Assert.Single(plant.Sent);

        plant.Tell("SetPoint", TagValue.OfInteger(DataType.Int16, 42), TagQuality.Stale);
        plant.IsOffline = true;
        Assert.Equal(StatusCode.BadNoCommunication, await session.WriteAsync(setPoint, new(UaType.Int16, (short)43), CancellationToken.None));
        Assert.Single(plant.Sent);
    }

    [Fact]
    public async Task Rights_are_those_of_the_user()
    {
        await using var plant = new ServedTree(new OpcUaServerOptions
        {
            Users = [new("operator", PasswordHash.Make("secret"), OpcUaRight.Write), new("viewer", PasswordHash.Make("look"), OpcUaRight.Read)],
        });
        plant.Tell("SetPoint", TagValue.Of(1.0), writable: true);
        var node = ServedTree.Id("acme/berlin/line/SetPoint");
        foreach (var (user, mayWrite) in new[] { (UaUser.Anonymous, false), (new UaUser("viewer", "look", null), false), (new UaUser("operator", "secret", null), true) })
        {
            await using var session = await plant.ConnectAsync(user);
            Assert.Equal(mayWrite ? 0u : StatusCode.BadUserAccessDenied, await session.WriteAsync(node, new(UaType.Double, 2.0), CancellationToken.None));
            var level = (await session.ReadAsync([node], UaAttribute.UserAccessLevel, CancellationToken.None))[0];
            Assert.Equal(mayWrite ? (byte)3 : (byte)1, level.Value.Value);
        }

        foreach (var wrong in new[] { new UaUser("operator", "look", null), new UaUser("nobody", "", null) })
        {
            var refused = await Assert.ThrowsAsync<UaServiceException>(() => plant.ConnectAsync(wrong));
            Assert.Equal(StatusCode.BadUserAccessDenied, refused.Code);
        }
    }

    [Fact]
    public async Task Limits_are_told_and_kept()
    {
        await using var plant = new ServedTree(new OpcUaServerOptions { Limits = new() { NodesPerRead = 3, Sessions = 2 } });
        await using var session = await plant.ConnectAsync();
        var told = (await session.ReadAsync([NodeId.Standard(11705)], UaAttribute.Value, CancellationToken.None))[0];
        Assert.Equal(3u, told.Value.Value);
        var many = Enumerable.Repeat(NodeId.Standard(2258), 4).ToList();
        var refused = await Assert.ThrowsAsync<UaServiceException>(() => session.ReadAsync(many, UaAttribute.Value, CancellationToken.None));
        Assert.Equal(StatusCode.BadTooManyOperations, refused.Code);
        await using var second = await plant.ConnectAsync();
        var third = await Assert.ThrowsAsync<UaServiceException>(() => plant.ConnectAsync());
        Assert.Equal(StatusCode.BadTooManySessions, third.Code);
    }
}
