using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Uns.Connectors;
using Uns.Connectors.OpcUa;
using Uns.Connectors.TagFiles;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.InteropTests;

/// <summary>Methods and history of a server that this project did not write.</summary>
public sealed class OpcUaServicesTests(OpcUaServicesTests.PlainServer server) : IClassFixture<OpcUaServicesTests.PlainServer>
{
    private const string Line = "nsu=urn:plant;s=Line1";
    private const string Speed = "nsu=urn:plant;s=Line1.Speed";

    [Fact]
    public async Task Methods_are_seen_with_their_arguments_and_called_where_the_settings_allow_it()
    {
        await using var connector = await ConnectAsync($"{Line}.Add | {Line}.Mix | {Line}.Refuse");
        var methods = (await connector.BrowseAsync(Line, default)).Where(e => e.Method is not null).ToDictionary(e => e.Name);
        Assert.Equal(["Add", "Mix", "Refuse"], methods.Keys.Order());
        Assert.Equal([new("a", "Double", "the a"), new("b", "Double", "the b")], methods["Add"].Method!.Inputs);
        Assert.Equal([new("sum", "Double", "sum")], methods["Add"].Method!.Outputs);
        Assert.Equal(["UInt16", "Boolean", "String", "DateTime", "Int32[]"], methods["Mix"].Method!.Inputs.Select(i => i.Type));

        var answer = await CallAsync(connector, "Add", "[1.5, 40]");
        Assert.Equal("Good", answer.Status);
        Assert.Equal(("sum", 41.5), (answer.Outputs[0].Name, answer.Outputs[0].Value.GetDouble()));
        answer = await CallAsync(connector, "Mix", """[65535, true, "Füller", "2026-01-02T03:04:05Z", [1, -2, 3]]""");
        Assert.Equal("""[65535,true,"Füller","2026-01-02T03:04:05.000Z",[1,-2,3]]""", answer.Outputs[0].Value.GetString());

        await RefusedAsync(connector, "Add", "[1]", "takes 2 arguments (a, b), 1 came");
        await RefusedAsync(connector, "Add", """[1, "x"]""", "'b' is \"x\": give a number that fits Double");
        await RefusedAsync(connector, "Mix", """[65536, true, "", "2026-01-02T03:04:05Z", []]""", "'count' is 65536");
        await RefusedAsync(connector, "Mix", """[1, true, "", "2026-01-02T03:04:05Z", [1, 2.5]]""", "'list' has 2.5 at place 2");
        await RefusedAsync(connector, "Refuse", "[]", "BadInvalidState");

        // The connection is as good as before.
        Assert.Equal("Good", (await CallAsync(connector, "Add", "[1, 2]")).Status);
    }

    [Fact]
    public async Task A_method_that_the_settings_do_not_name_is_not_called()
    {
        await using (var connector = await ConnectAsync(""))
        {
            await RefusedAsync(connector, "Add", "[1, 2]", "does not allow it");
        }

        await using var other = await ConnectAsync($"{Line}.Mix");
        await RefusedAsync(other, "Add", "[1, 2]", "does not allow it");
        await using var all = await ConnectAsync("*");
        Assert.Equal("Good", (await CallAsync(all, "Add", "[1, 2]")).Status);
    }

    [Fact]
    public async Task History_comes_in_parts_in_order_and_aggregates_are_the_servers_own()
    {
        const int Values = 2500;
        var begin = DateTimeOffset.UtcNow;
        for (var i = 0; i < Values; i++)
        {
            await server.Peer.AskAsync($"set Speed {i}");
        }

        await using var connector = await ConnectAsync("");
        var history = (IReadsHistory)connector;
        var whole = await history.ReadHistoryAsync(new(Speed, begin.AddMilliseconds(-1), DateTimeOffset.UtcNow.AddSeconds(1)), default);
        Assert.Null(whole.Refusal);
        Assert.True(whole.IsWhole);
        Assert.Equal(Enumerable.Range(0, Values).Select(i => (double)i), whole.Values.Select(v => v.Value.GetDouble()));
        Assert.All(whole.Values, v => Assert.Equal((TagQuality.Good, "Good"), (v.Quality, v.Status)));
        Assert.Equal(whole.Values.Select(v => v.At), whole.Values.Select(v => v.At).Order());

        var cut = await history.ReadHistoryAsync(new(Speed, begin.AddMilliseconds(-1), DateTimeOffset.UtcNow.AddSeconds(1)) { Most = 1200 }, default);
        Assert.False(cut.IsWhole);
        Assert.Equal(Enumerable.Range(0, 1200).Select(i => (double)i), cut.Values.Select(v => v.Value.GetDouble()));

        var maximum = await history.ReadHistoryAsync(
            new(Speed, begin.AddMilliseconds(-1), DateTimeOffset.UtcNow.AddSeconds(1)) { Aggregate = "Maximum", Interval = TimeSpan.FromHours(1) }, default);
        Assert.Null(maximum.Refusal);
        Assert.Equal(Values - 1, Assert.Single(maximum.Values).Value.GetDouble());

        Assert.Contains("give one of", (await history.ReadHistoryAsync(new(Speed, begin, begin) { Aggregate = "Guess", Interval = TimeSpan.FromHours(1) }, default)).Refusal);
        Assert.Contains("Bad", (await history.ReadHistoryAsync(new($"{Line}.Name", begin, DateTimeOffset.UtcNow), default)).Refusal);

        // The connection is as good as before.
        Assert.NotEmpty(await connector.BrowseAsync(null, default));
    }

    [Fact]
    public async Task A_whole_subtree_becomes_tags_with_types_and_browse_paths()
    {
        await using var connector = await ConnectAsync("");
        var told = new List<OfferProgress>();
        var offer = await ((IOffersTags)connector).OfferAsync(new(Line) { Told = told.Add }, default);
        Assert.True(offer.IsWhole);
        Assert.Equal((0, offer.Rows.Count), (told[^1].Waiting, told[^1].Values));
        Assert.Equal(new OfferedPlace("Speed", ""), offer.Places[Speed]);
        Assert.False((await ((IOffersTags)connector).OfferAsync(new() { Patience = TimeSpan.FromTicks(1) }, default)).IsWhole);
        var rows = offer.Rows.Where(r => !r.Tag.Name.Contains('/', StringComparison.Ordinal)).ToDictionary(r => r.Tag.Name);
        Assert.Equal(["Count", "Name", "Run", "Speed"], rows.Keys.Order());
        Assert.Equal((DataType.Double, true, Speed, "/nsu=urn:plant;Line1/nsu=urn:plant;Speed"), (rows["Speed"].Tag.DataType, rows["Speed"].Tag.Writable, rows["Speed"].Tag.Address, rows["Speed"].Tag.BrowsePath));
        var all = await ((IOffersTags)connector).OfferAsync(new(), default);
        Assert.Contains(all.Rows, r => r.Tag.Name == "Line1/Speed" && r.Tag.BrowsePath == rows["Speed"].Tag.BrowsePath);
        Assert.Equal(all.Rows.Count, all.Rows.Select(r => r.Tag.Address).Distinct().Count());
        var own = await ((IOffersTags)connector).OfferAsync(new("i=2253"), default);
        Assert.True(own.Rows.Count > 50, $"{own.Rows.Count} rows");
        Assert.Contains(own.Rows, r => r.Tag is { Name: "ServerStatus/CurrentTime", DataType: DataType.DateTime, BrowsePath: "/Server/ServerStatus/CurrentTime" });
    }

    [Fact]
    public async Task The_ways_into_a_server_are_found_with_the_settings_for_each()
    {
        var address = $"127.0.0.1:{server.Peer.Port.ToString(CultureInfo.InvariantCulture)}";
        var way = Assert.Single(await new OpcUaKind().DiscoverAsync(address, TimeProvider.System, default));
        Assert.Equal("None; anonymous", way.Title[..15]);
        Assert.Equal(("None", "None", $"opc.tcp://{address}/plant"), (way.Policy, way.Mode, way.Address));
        Assert.Contains("anonymous", way.Users);
        var device = new DeviceOptions { Name = "found", Protocol = "opcua", Settings = way.Settings! };
        Assert.Empty(new OpcUaKind().Check(device));
        Assert.NotEmpty(await new DeviceBrowser(TimeProvider.System).BrowseAsync(new OpcUaKind(), device, null, default));
        Assert.Contains("is no address", (await Assert.ThrowsAsync<ConnectorException>(() => new OpcUaKind().DiscoverAsync("http://x", TimeProvider.System, default))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_running_hub_imports_calls_and_reads_history_over_its_API()
    {
        await using var hub = await HubProcess.StartAsync();
        var address = $"127.0.0.1:{server.Peer.Port.ToString(CultureInfo.InvariantCulture)}";
        var ways = await hub.Http.GetFromJsonAsync<JsonElement>($"/api/v1/protocols/opcua/discover?address={address}");
        var endpoint = ways[0].GetProperty("settings").GetProperty("Endpoint").GetString();
        await hub.SaveDeviceAsync("robot", new { protocol = "opcua", settings = new { Endpoint = endpoint, Methods = $"{Line}.Add" }, tags = Array.Empty<object>() });
        await hub.EventuallyAsync(
            async () => (await hub.Http.GetFromJsonAsync<JsonElement>("/api/v1/devices/robot")).GetProperty("status").GetProperty("state").GetString() == "Running", "the device runs", TimeSpan.FromMinutes(1));

        var below = Uri.EscapeDataString(Line);
        var levels = await hub.Http.GetFromJsonAsync<JsonElement>($"/api/v1/devices/robot/browse?below={below}");
        Assert.Contains(levels.EnumerateArray(), e => e.GetProperty("name").GetString() == "Add" && e.GetProperty("method").GetProperty("inputs").GetArrayLength() == 2);
        using (var dry = await hub.Http.PostAsync($"/api/v1/devices/robot/import/browse?below={below}", null))
        {
            Assert.Equal(4, (await dry.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("counts").GetProperty("New").GetInt32());
        }

        using (var imported = await hub.Http.PostAsync($"/api/v1/devices/robot/import/browse?below={below}&apply=true", null))
        {
            Assert.True((await imported.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("applied").GetBoolean());
        }

        await hub.ValueAsync("plant/hub/robot/Name", "filler", TimeSpan.FromMinutes(2));
        Assert.Contains("/nsu=urn:plant;Line1/nsu=urn:plant;Name", await hub.Http.GetStringAsync("/api/v1/devices/robot/export?format=csv"), StringComparison.Ordinal);

        async Task<(int Status, string Text)> CallAsync(string method, params double[] arguments)
        {
            using var answer = await hub.Http.PostAsJsonAsync("/api/v1/devices/robot/call", new { @object = Line, method = $"{Line}.{method}", arguments });
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }

        // The worker begins its connection anew after the import: until then it says so.
        var sum = (Status: 0, Text: "");
        await hub.EventuallyAsync(async () => (sum = await CallAsync("Add", 2, 40)).Status != 502, "the device can be called", TimeSpan.FromMinutes(1), () => sum.Text);
        Assert.Contains("\"name\":\"sum\",\"value\":42", sum.Text, StringComparison.Ordinal);
        Assert.Contains("does not allow it", (await CallAsync("Mix")).Text, StringComparison.Ordinal);

        var begin = DateTimeOffset.UtcNow;
        await server.Peer.AskAsync("set Speed 123.5");
        var history = await hub.Http.GetFromJsonAsync<JsonElement>(
            $"/api/v1/devices/robot/history?tag=Speed&from={Uri.EscapeDataString(begin.ToString("O", CultureInfo.InvariantCulture))}&to={Uri.EscapeDataString(DateTimeOffset.UtcNow.AddSeconds(1).ToString("O", CultureInfo.InvariantCulture))}");
        Assert.Contains(history.GetProperty("values").EnumerateArray(), v => v.GetProperty("value").GetDouble() == 123.5);
        var frames = (await hub.Http.GetFromJsonAsync<JsonElement>("/api/v1/devices/robot/frames")).EnumerateArray().Select(f => f.GetProperty("words").GetString()!).ToList();
        Assert.Contains(frames, f => f.StartsWith("HistoryRead request", StringComparison.Ordinal));
        using var nobody = await hub.Http.PostAsJsonAsync("/api/v1/devices/nobody/call", new { @object = Line, method = Line, arguments = Array.Empty<int>() });
        Assert.Equal(404, (int)nobody.StatusCode);
    }

    private static Task<MethodAnswer> CallAsync(IConnector connector, string method, string arguments) =>
        ((ICallsMethods)connector).CallAsync(new(Line, $"{Line}.{method}", JsonSerializer.Deserialize<JsonElement[]>(arguments)!), default);

    private static async Task RefusedAsync(IConnector connector, string method, string arguments, string why) =>
        Assert.Contains(why, (await Assert.ThrowsAsync<WriteRefusedException>(() => CallAsync(connector, method, arguments))).Message, StringComparison.Ordinal);

    private async Task<IConnector> ConnectAsync(string methods)
    {
        var device = new DeviceOptions
        {
            Name = "robot",
            Protocol = "opcua",
            Settings = new JsonObject { ["Endpoint"] = $"opc.tcp://127.0.0.1:{server.Peer.Port.ToString(CultureInfo.InvariantCulture)}/plant", ["AnswerTimeout"] = "20s", ["Methods"] = methods },
        };
        var kind = new OpcUaKind();
        Assert.Empty(kind.Check(device));
        var connector = kind.Plan(device, TimeProvider.System).Connector;
        await connector.ConnectAsync(default);
        return connector;
    }

    public sealed class PlainServer : IAsyncLifetime
    {
        public PeerProcess Peer { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Peer = await PeerProcess.StartAsync("opcua_server.js", "0");

        public async ValueTask DisposeAsync() => await Peer.DisposeAsync();
    }
}
