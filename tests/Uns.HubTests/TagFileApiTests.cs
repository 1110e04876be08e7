using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Uns.TestKit;

namespace Uns.HubTests;

/// <summary>Tag files in and out of a running hub.</summary>
public sealed class TagFileApiTests : IAsyncLifetime
{
    private const string Kepware =
        "Tag Name,Address,Data Type,Client Access,Scan Rate,Eng Units\nOven.Temp,400011,Short,R/W,500,°C\nOven.Door,00005,Boolean,RO,500,\nOven.Bad,999999,Short,RO,500,\nOven.Odd,400013,Quad,RO,500,\n";

    private HubProcess _hub = null!;

    public async ValueTask InitializeAsync()
    {
        _hub = await HubProcess.StartAsync();
        await _hub.SaveDeviceAsync("press", new
        {
            protocol = "modbus",
            settings = new { Host = "127.0.0.1", Port = 1 },
            tags = new object[] { new { name = "Oven/Temp", address = "40099", dataType = "Int16" } },
        });
    }

    public async ValueTask DisposeAsync() => await _hub.DisposeAsync();

    [Fact]
    public async Task A_file_is_tried_out_brought_in_and_taken_back()
    {
        var before = await TagsAsync();

        var tried = await ImportAsync("mode=MergeOverwrite");
        Assert.Equal("Kepware CSV", tried.GetProperty("format").GetString());
        Assert.False(tried.GetProperty("applied").GetBoolean());
        Assert.Equal("Changed New Unreadable Unreadable", string.Join(' ', tried.GetProperty("rows").EnumerateArray().Select(r => r.GetProperty("outcome").GetString())));
        Assert.Equal(before.GetRawText(), (await TagsAsync()).GetRawText());

        var done = await ImportAsync("mode=MergeOverwrite&apply=true");
        Assert.True(done.GetProperty("applied").GetBoolean());
        var after = await TagsAsync();
        Assert.Equal(["Oven/Temp", "Oven/Door"], after.EnumerateArray().Select(t => t.GetProperty("name").GetString()));
        Assert.Equal("400011", after[0].GetProperty("address").GetString());
        Assert.Equal(before[0].GetProperty("id").GetString(), after[0].GetProperty("id").GetString());

        using var undone = await _hub.Http.PostAsync("/api/v1/devices/press/import/undo", null);
        Assert.Equal(HttpStatusCode.NoContent, undone.StatusCode);
        Assert.Equal(before.GetRawText(), (await TagsAsync()).GetRawText());
        using var again = await _hub.Http.PostAsync("/api/v1/devices/press/import/undo", null);
        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
    }

    [Fact]
    public async Task What_was_exported_comes_back_as_it_was()
    {
        await ImportAsync("mode=MergeOverwrite&apply=true");
        foreach (var format in new[] { "csv", "json" })
        {
            var file = await _hub.Http.GetByteArrayAsync($"/api/v1/devices/press/export?format={format}");
            using var answer = await _hub.Http.PostAsync("/api/v1/devices/press/import?mode=Overwrite", new ByteArrayContent(file));
            var plan = await answer.Content.ReadFromJsonAsync<JsonElement>();
            Assert.Equal(2, plan.GetProperty("counts").GetProperty("Same").GetInt32());
            Assert.Equal(2, plan.GetProperty("rows").GetArrayLength());
        }
    }

    [Theory]
    [InlineData("/api/v1/devices/nope/import", Kepware, HttpStatusCode.NotFound, "no device 'nope'")]
    [InlineData("/api/v1/devices/press/import", "hello", HttpStatusCode.BadRequest, "no header")]
    [InlineData("/api/v1/devices/press/import?columns=name", Kepware, HttpStatusCode.BadRequest, "name:Tag")]
    public async Task What_cannot_be_brought_in_is_one_sentence(string path, string body, HttpStatusCode status, string said)
    {
        using var answer = await _hub.Http.PostAsync(path, new StringContent(body, Encoding.UTF8, "text/csv"));
        Assert.Equal(status, answer.StatusCode);
        Assert.Contains(said, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private async Task<JsonElement> TagsAsync() =>
        (await _hub.Http.GetFromJsonAsync<JsonElement>("/api/v1/devices/press")).GetProperty("device").GetProperty("tags");

    private async Task<JsonElement> ImportAsync(string query)
    {
        using var answer = await _hub.Http.PostAsync($"/api/v1/devices/press/import?{query}", new StringContent(Kepware, Encoding.UTF8, "text/csv"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }
}
