using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.HubTests;

/// <summary>The API as an integrator meets it.</summary>
public sealed class ApiTests : IAsyncLifetime
{
    private const string Pump = "plant/hub/pump/";

    private readonly ModbusSimulator _pump = new(
        [new("40001", DataType.Int16, null), new("40002", DataType.Float, Signal.Constant(2.5))], TimeProvider.System);

    private HubProcess _hub = null!;

    public async ValueTask InitializeAsync()
    {
        await _pump.StartAsync();
        _hub = await HubProcess.StartAsync();
        await _hub.SaveDeviceAsync("pump", Device());
        await _hub.ValueAsync(Pump + "Speed", "0");
    }

    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        await _pump.DisposeAsync();
    }

    [Fact]
    public async Task A_node_tells_value_children_source_and_age()
    {
        var node = await _hub.NodeAsync(Pump + "Speed", n => n.GetProperty("value").ValueKind == JsonValueKind.Number);
        Assert.Equal("Tag", node.GetProperty("level").GetString());
        Assert.Equal("Int16", node.GetProperty("dataType").GetString());
        Assert.Equal("1/min", node.GetProperty("unit").GetString());
        Assert.True(node.GetProperty("writable").GetBoolean());
        Assert.Equal("pump", node.GetProperty("source").GetProperty("device").GetString());
        Assert.True(node.GetProperty("ageSeconds").GetDouble() >= 0);
        var parent = await _hub.NodeAsync("plant/hub/pump", _ => true);
        Assert.Equal(["Flow", "Speed"], parent.GetProperty("children").EnumerateArray().Select(c => c.GetProperty("name").GetString()));
        var root = await _hub.NodeAsync("", _ => true);
        Assert.Equal("Root", root.GetProperty("level").GetString());
    }

    [Fact]
    public async Task A_branch_is_read_as_one_list()
    {
        var values = await _hub.Http.GetFromJsonAsync<JsonElement>("/api/v1/values?path=plant/hub/pump");
        Assert.Equal(["plant/hub/pump/Flow", "plant/hub/pump/Speed"], values.EnumerateArray().Select(v => v.GetProperty("path").GetString()));
        Assert.All(values.EnumerateArray(), v => Assert.Equal("Good", v.GetProperty("quality").GetString()));
        using var missing = await _hub.Http.GetAsync("/api/v1/values?path=plant/nope");
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        Assert.Contains("plant/nope", await missing.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task The_stream_tells_what_is_and_then_what_changes()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/stream?path=plant/hub/pump");
        using var answer = await _hub.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await UntilAsync("\"path\":\"plant/hub/pump/Speed\",\"value\":0,");
        _pump.SetRegister(ModbusTable.HoldingRegister, 0, 1450);
        await UntilAsync("\"path\":\"plant/hub/pump/Speed\",\"value\":1450,");
        using var removed = await _hub.Http.DeleteAsync("/api/v1/devices/pump", deadline.Token);
        await UntilAsync("\"quality\":\"Stale\"");
        using var forgotten = await _hub.Http.DeleteAsync("/api/v1/tree/plant", deadline.Token);
        await UntilAsync("event: removed");

        async Task UntilAsync(string wanted)
        {
            while (!(await lines.ReadLineAsync(deadline.Token))!.Contains(wanted, StringComparison.Ordinal))
            {
            }
        }
    }

    [Theory]
    [InlineData("""{"path":"plant/hub/pump/Speed","value":"fast"}""", HttpStatusCode.BadRequest, "'fast'")]
    [InlineData("""{"path":"plant/hub/pump/Speed","value":3001}""", HttpStatusCode.BadRequest, "give 0 to 3000 1/min")]
    [InlineData("""{"path":"plant/hub/pump/Flow","value":1}""", HttpStatusCode.Forbidden, "read-only")]
    [InlineData("""{"path":"plant/hub/pump/Nope","value":1}""", HttpStatusCode.NotFound, "Nope")]
    [InlineData("""{"value":1}""", HttpStatusCode.BadRequest, "'path' is missing")]
    [InlineData("""{"path":"plant/hub/pump/Speed","valu":1}""", HttpStatusCode.BadRequest, "valu")]
    [InlineData("""{"path":""", HttpStatusCode.BadRequest, "JSON")]
    public async Task A_wrong_write_is_refused_in_words(string body, HttpStatusCode status, string said)
    {
        using var answer = await _hub.Http.PutAsync("/api/v1/values", new StringContent(body, System.Text.Encoding.UTF8, "application/json"));
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Contains(said, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString());
    }

    [Theory]
    [InlineData("devices/x", """{"protocol":"modbus","tags":[null]}""", "tags[0] is null")]
    [InlineData("devices/x", """{"protocol":null}""", "protocol is null")]
    [InlineData("mapping", "[null]", "row[0] is null")]
    [InlineData("drafts/x", """{"devices":[{"name":"a","settings":null}]}""", "devices[0].settings is null")]
    public async Task Settings_with_holes_are_refused_in_words(string where, string body, string said)
    {
        using var answer = await _hub.Http.PutAsync($"/api/v1/{where}", new StringContent(body, System.Text.Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(said, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString());
    }

    [Fact]
    public async Task A_write_is_answered_with_the_value_that_came_back()
    {
        using var answer = await _hub.Http.PutAsJsonAsync("/api/v1/values", new { path = Pump + "Speed", value = 1200 });
        var written = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("Done", written.GetProperty("outcome").GetString());
        Assert.Equal(1200, written.GetProperty("now").GetProperty("value").GetInt32());
        Assert.Equal(1200, _pump.Register(ModbusTable.HoldingRegister, 0));

        // The device confirms it once more: nothing changes, and the answer comes all the same.
        using var again = await _hub.Http.PutAsJsonAsync("/api/v1/values", new { path = Pump + "Speed", value = 1200 });
        Assert.Equal("Done", (await again.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task A_write_that_the_device_refuses_is_not_done_although_it_is_the_value_that_stands_there()
    {
        _pump.FaultFor = (_, pdu) => pdu.Span[0] is 6 or 16 ? new(Exception: 4) : null;
        using var answer = await _hub.Http.PutAsJsonAsync("/api/v1/values", new { path = Pump + "Speed", value = 0 });
        Assert.Equal(HttpStatusCode.GatewayTimeout, answer.StatusCode);
        Assert.Contains("read 0 already", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_faulty_device_is_refused_with_every_fault_and_the_saved_one_goes_on()
    {
        using var answer = await _hub.Http.PutAsJsonAsync("/api/v1/devices/pump", new
        {
            protocol = "modbus",
            settings = new { Host = "", Prot = 502, AnswerTimeout = "soon" },
            tags = new object[] { new { name = "a//b", address = "99999", period = "00:00:00.001" } },
        });
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.Contains("did you mean Port", text);
        Assert.Contains("Settings.Host", text);
        Assert.Contains("Settings.AnswerTimeout", text);
        Assert.Contains("Tags[0].Name", text);
        Assert.Contains("Tags[0].Address", text);
        Assert.Contains("Tags[0].Period", text);
        _pump.SetRegister(ModbusTable.HoldingRegister, 0, 7);
        await _hub.ValueAsync(Pump + "Speed", "7");
    }

    [Fact]
    public async Task A_device_that_answers_nonsense_stays_down_with_a_sentence_and_its_neighbour_goes_on()
    {
        using var nonsense = new TcpListener(IPAddress.Loopback, 0);
        nonsense.Start();
        var talking = TalkAsync();
        await _hub.SaveDeviceAsync("liar", Device(((IPEndPoint)nonsense.LocalEndpoint).Port));
        JsonElement? status = null;
        await _hub.EventuallyAsync(
            async () =>
            {
                status = (await _hub.Http.GetFromJsonAsync<JsonElement>("/api/v1/devices/liar")).GetProperty("status");
                return status.Value.TryGetProperty("lastError", out var error) && error.GetString()!.Contains("127.0.0.1", StringComparison.Ordinal);
            },
            "the liar is found out", last: () => $"Last: {status}");
        _pump.SetRegister(ModbusTable.HoldingRegister, 0, 9);
        await _hub.ValueAsync(Pump + "Speed", "9");
        nonsense.Stop();
        await talking;

        async Task TalkAsync()
        {
            try
            {
                while (true)
                {
                    using var socket = await nonsense.AcceptSocketAsync();
                    await socket.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
                }
            }
            catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
            {
            }
        }
    }

    [Fact]
    public async Task Malformed_mqtt_and_malformed_sparkplug_hurt_nobody_else()
    {
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(IPAddress.Loopback, _hub.MqttPort);
            await client.GetStream().WriteAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());
            Assert.Equal(0, await client.GetStream().ReadAsync(new byte[16]));
        }

        await using var vandal = PeerProcess.Start("mosquitto_pub", "-h", "127.0.0.1", "-p", _hub.MqttPort.ToString(), "-t", "spBv1.0/G/NBIRTH/vandal", "-m", "this is no protobuf");
        await _hub.EventuallyAsync(
            async () => (await _hub.Http.GetStringAsync("/metrics")).Contains("uns_sparkplug_decode_errors_total 1", StringComparison.Ordinal), "the malformed payload is counted");
        _pump.SetRegister(ModbusTable.HoldingRegister, 0, 11);
        await _hub.ValueAsync(Pump + "Speed", "11");
    }

    [Fact]
    public async Task Health_metrics_and_the_description_are_there()
    {
        Assert.Contains("live", await _hub.Http.GetStringAsync("/health/live"));
        Assert.Equal("{\"status\":\"ready\",\"faults\":[]}", await _hub.Http.GetStringAsync("/health/ready"));
        var metrics = await _hub.Http.GetStringAsync("/metrics");
        Assert.Contains("uns_device_running{device=\"pump\"} 1", metrics);
        Assert.Contains("# TYPE uns_mqtt_messages_in_total counter", metrics);
        var description = await _hub.Http.GetFromJsonAsync<JsonElement>("/openapi/v1.json");
        Assert.True(description.GetProperty("paths").TryGetProperty("/api/v1/values", out _));
    }

    [Fact]
    public async Task The_description_is_the_one_that_strangers_build_on()
    {
        var file = Path.Combine(PeerProcess.Root(), "schemas", "openapi.json");
        var description = await _hub.Http.GetStringAsync("/openapi/v1.json");
        if (!File.Exists(file) || Environment.GetEnvironmentVariable("UNS_RENEW_SNAPSHOTS") == "1")
        {
            await File.WriteAllTextAsync(file, description.ReplaceLineEndings("\n") + "\n");
        }

        Assert.Equal((await File.ReadAllTextAsync(file)).TrimEnd(), description.ReplaceLineEndings("\n").TrimEnd());
    }

    [Fact, Spec("MQTT-6.0.0-3"), Spec("MQTT-6.0.0-4")]
    public async Task Mqtt_is_spoken_over_websocket_on_the_pages_port()
    {
        await using var subscriber = PeerProcess.Start("node", "websocket_subscriber.js", _hub.Page.Port.ToString(), "uns/plant/#");
        Assert.Contains("uns/plant/hub/pump/", await subscriber.ReadLineAsync(TimeSpan.FromSeconds(60)));
        foreach (var origin in new[] { "http://evil.example", "null", "file://" }) // The second is what a page in a sandbox says.
        {
            using var foreign = new HttpRequestMessage(HttpMethod.Get, "/mqtt");
            foreign.Headers.Add("Connection", "Upgrade");
            foreign.Headers.Add("Upgrade", "websocket");
            foreign.Headers.Add("Sec-WebSocket-Version", "13");
            foreign.Headers.Add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
            foreign.Headers.Add("Sec-WebSocket-Protocol", "mqtt");
            foreign.Headers.Add("Origin", origin);
            using var refused = await _hub.Http.SendAsync(foreign);
            Assert.Equal((origin, HttpStatusCode.Forbidden), (origin, refused.StatusCode));
        }
    }

    [Theory]
    [InlineData("pump/7")]
    [InlineData("100%2F pump")]
    public async Task A_client_of_any_name_is_found_disconnected_and_its_session_dropped(string id)
    {
        await using var client = PeerProcess.Start(
            "stdbuf", "-oL", "mosquitto_sub", "-h", "127.0.0.1", "-p", _hub.MqttPort.ToString(), "-i", id, "-c", "-q", "1", "-t", "plant/+", "-d");
        await client.ReadUntilAsync(l => l.Contains("Subscribed", StringComparison.Ordinal), TimeSpan.FromSeconds(60));
        var path = $"/api/v1/mqtt/clients/{Uri.EscapeDataString(id)}";
        var sheet = await _hub.Http.GetFromJsonAsync<JsonElement>(path);
        Assert.Equal("plant/+", Assert.Single(sheet.GetProperty("subscriptions").EnumerateArray()).GetProperty("filter").GetString());
        Assert.Equal("3.1.1", sheet.GetProperty("client").GetProperty("protocolVersion").GetString());
        using var disconnected = await _hub.Http.DeleteAsync(path);
        Assert.Equal(HttpStatusCode.NoContent, disconnected.StatusCode);
        using var dropped = await _hub.Http.DeleteAsync(path + "/session");
        Assert.Equal(HttpStatusCode.NoContent, dropped.StatusCode);
        using var unknown = await _hub.Http.DeleteAsync("/api/v1/mqtt/clients/nobody/session");
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        using var tooMany = await _hub.Http.GetAsync("/api/v1/mqtt/clients?limit=1001");
        Assert.Equal(HttpStatusCode.BadRequest, tooMany.StatusCode);
        Assert.Equal("power-safe", (await _hub.Http.GetFromJsonAsync<JsonElement>("/api/v1/mqtt")).GetProperty("durability").GetString());
    }

    [Fact]
    public async Task A_foreign_host_name_is_refused_on_loopback()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/tree/");
        request.Headers.Host = "evil.example";
        using var answer = await _hub.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    private object Device(int? port = null) => new
    {
        protocol = "modbus",
        settings = new { Host = "127.0.0.1", Port = port ?? _pump.EndPoint.Port, AnswerTimeout = "20s" },
        tags = new object[]
        {
            new { name = "Speed", address = "40001", dataType = "Int16", period = "00:00:00.1", writable = true, low = 0, high = 3000, unit = "1/min" },
            new { name = "Flow", address = "40002", dataType = "Float", period = "00:00:00.1" },
        },
    };
}
