using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Uns.TestKit;

namespace Uns.HubTests;

/// <summary>A browser without a picture: takes forms, sends them, keeps cookies, follows nothing.</summary>
public sealed partial class AccessClient : IDisposable
{
    public const string Name = "Anna";
    public const string Password = "four words of mine";

    private readonly SocketsHttpHandler _handler = new() { AllowAutoRedirect = false };

    public AccessClient(Uri page) => Http = new HttpClient(_handler) { BaseAddress = page, Timeout = TimeSpan.FromMinutes(2) };

    public HttpClient Http { get; }

    public CookieContainer Cookies => _handler.CookieContainer;

    /// <summary>Starts a hub in which people sign in, and sets the first password.</summary>
    public static async Task<(HubProcess Hub, AccessClient Administrator)> StartAsync(string command = "run", string? data = null)
    {
        var hub = await HubProcess.StartAsync(command, data, access: "users");
        var client = new AccessClient(hub.Page);
        using var claimed = await client.SendFormAsync("/first-password", ("name", Name), ("password", Password), ("again", Password));
        Assert.Equal(HttpStatusCode.Redirect, claimed.StatusCode);
        return (hub, client);
    }

    /// <summary>Makes a token for a program.</summary>
    public async Task<string> TokenAsync(string name, string role)
    {
        using var made = await Http.PostAsJsonAsync("/api/v1/tokens", new { name, role });
        Assert.True(made.IsSuccessStatusCode, await made.Content.ReadAsStringAsync());
        return (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString()!;
    }

    /// <summary>Adds or changes a person; fails with the hub's own words.</summary>
    public async Task SaveAsync(string name, object change)
    {
        using var saved = await Http.PutAsJsonAsync($"/api/v1/people/{name}", change);
        Assert.True(saved.IsSuccessStatusCode, await saved.Content.ReadAsStringAsync());
    }

    public Task<HttpResponseMessage> SignInAsync(string name, string password) => SendFormAsync("/sign-in", ("name", name), ("password", password));

    /// <summary>Loads a page and sends its form back.</summary>
    public async Task<HttpResponseMessage> SendFormAsync(string address, params (string Name, string Value)[] fields)
    {
        var page = await Http.GetStringAsync(address);
        var hidden = Hidden().Matches(page).Select(m => (Name: m.Groups["name"].Value, Value: m.Groups["value"].Value));
        return await Http.PostAsync(address, new FormUrlEncodedContent(hidden.Concat(fields).Select(f => KeyValuePair.Create(f.Name, f.Value))));
    }

    /// <summary>What a page says is wrong.</summary>
    public static async Task<string> FaultAsync(HttpResponseMessage answer) => WebUtility.HtmlDecode(Fault().Match(await answer.Content.ReadAsStringAsync()).Groups["words"].Value);

    public void Dispose()
    {
        Http.Dispose();
        _handler.Dispose();
    }

    [GeneratedRegex("<input type=\"hidden\" name=\"(?<name>[^\"]+)\" value=\"(?<value>[^\"]+)\"")]
    private static partial Regex Hidden();

    [GeneratedRegex("id=\"fault\">(?<words>[^<]*)")]
    private static partial Regex Fault();
}
