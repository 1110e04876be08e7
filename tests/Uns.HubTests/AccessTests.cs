using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Uns.TestKit;

namespace Uns.HubTests;

/// <summary>Who gets in, and what ends it, over real HTTP.</summary>
public sealed class AccessTests
{
    // The first that scanners try, as name and password; with those of twelve characters that the rules alone would let through.
    private static readonly string[] Names = ["admin", "root", "administrator", "user", "operator", "engineer", "anna", "guest", "scada", "service"];

    private static readonly string[] Passwords =
    [
        "admin", "password", "123456", "root", "12345678", "qwerty", "letmein", "welcome1", "changeme", "administrator", "1234", "guest", "default", "master", "siemens", "plc",
        "password1234", "123456789012", "adminadminadmin", "Passw0rd2026!",
    ];

    [Fact]
    public async Task While_nobody_has_a_password_every_page_leads_to_the_first_one_and_the_api_says_what_to_do()
    {
        await using var hub = await HubProcess.StartAsync(access: "users");
        using var client = new AccessClient(hub.Page);
        foreach (var address in new[] { "/", "/devices", "/people", "/alarms/rule" })
        {
            using var page = await client.Http.GetAsync(address);
            Assert.Equal("/first-password", page.Headers.Location!.OriginalString);
        }

        foreach (var address in new[] { "/api/v1/tree/", "/api/v1/settings?secrets=true", "/metrics", "/openapi/v1.json", "/_blazor" })
        {
            using var refused = await client.Http.GetAsync(address);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
            Assert.Contains("/first-password in a browser", (await refused.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString(), StringComparison.Ordinal);
        }

        Assert.Contains("ready", await client.Http.GetStringAsync("/health/ready"), StringComparison.Ordinal);
        using var tooShort = await client.SendFormAsync("/first-password", ("name", "Anna"), ("password", "short"), ("again", "short"));
        Assert.Equal("The password has 5 characters: give at least 12.", await AccessClient.FaultAsync(tooShort));
        using var other = await client.SendFormAsync("/first-password", ("name", "Anna"), ("password", "four words of mine"), ("again", "four words of mime"));
        Assert.Contains("differ", await AccessClient.FaultAsync(other), StringComparison.Ordinal);
        using var claimed = await client.SendFormAsync("/first-password", ("name", "Anna"), ("password", "four words of mine"), ("again", "four words of mine"));
        Assert.Equal(HttpStatusCode.Redirect, claimed.StatusCode);
        var cookie = Assert.Single(claimed.Headers.GetValues("Set-Cookie"), c => c.StartsWith("uns-session-", StringComparison.Ordinal));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("id=\"who\"", await client.Http.GetStringAsync("/"), StringComparison.Ordinal);
        using var again = await client.Http.GetAsync("/first-password");
        Assert.Equal("/sign-in", again.Headers.Location!.AbsolutePath);
        Assert.False(File.Exists(Path.Combine(hub.Data, "setup-token")));
    }

    [Fact]
    public async Task From_elsewhere_the_first_password_takes_the_setup_token()
    {
        await using var hub = await HubProcess.StartAsync(access: "users");
        using var client = new AccessClient(hub.Page);
        client.Http.DefaultRequestHeaders.Add("X-Forwarded-For", "10.0.0.9"); // Sent on by a program at this machine.
        var token = (await File.ReadAllTextAsync(Path.Combine(hub.Data, "setup-token"))).Trim();
        Assert.Contains(token, hub.Printed, StringComparison.Ordinal);
        (string, string)[] given = [("name", "Anna"), ("password", "four words of mine"), ("again", "four words of mine")];
        using var without = await client.SendFormAsync("/first-password", [.. given, ("token", "")]);
        Assert.Contains("not the setup token", await AccessClient.FaultAsync(without), StringComparison.Ordinal);
        using var with = await client.SendFormAsync("/first-password", [.. given, ("token", token.ToLowerInvariant())]);
        Assert.Equal(HttpStatusCode.Redirect, with.StatusCode);
    }

    [Fact]
    public async Task None_of_two_hundred_common_names_and_passwords_gets_in_by_the_page_or_the_api()
    {
        var (hub, administrator) = await AccessClient.StartAsync();
        await using (hub)
        using (administrator)
        using (var stranger = new AccessClient(hub.Page))
        {
            var held = 0; // Told to wait, and not looked at.
            foreach (var (name, password) in Names.SelectMany(n => Passwords.Select(p => (n, p))))
            {
                using var page = await stranger.SignInAsync(name, password);
                Assert.Equal(HttpStatusCode.Unauthorized, page.StatusCode);
                held += (await AccessClient.FaultAsync(page)).StartsWith("Too many attempts: wait", StringComparison.Ordinal) ? 1 : 0;
                Assert.DoesNotContain(page.Headers, h => h.Key == "Set-Cookie" && h.Value.Any(c => c.StartsWith("uns-session", StringComparison.Ordinal)));
                foreach (var header in new[] { new AuthenticationHeaderValue("Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{name}:{password}"))), new AuthenticationHeaderValue("Bearer", password) })
                {
                    using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/tree/") { Headers = { Authorization = header } };
                    using var api = await stranger.Http.SendAsync(request);
                    Assert.Equal(HttpStatusCode.Unauthorized, api.StatusCode);
                }
            }

            Assert.True(held > 0);
            var refused = await administrator.Http.GetFromJsonAsync<JsonElement>("/api/v1/log?kind=access&search=refused");
            Assert.InRange(refused.GetArrayLength(), 1, Names.Length * Passwords.Length);
            Assert.All(refused.EnumerateArray(), r => Assert.Contains(r.GetProperty("thing").GetString(), new[] { "unknown name", "Anna" }));
        }
    }

    [Fact]
    public async Task A_session_ends_by_sign_out_by_another_password_and_by_removal_and_a_stream_with_it()
    {
        var (hub, administrator) = await AccessClient.StartAsync("demo");
        await using (hub)
        using (administrator)
        using (var bert = new AccessClient(hub.Page))
        {
            await administrator.SaveAsync("Bert", new { role = "Viewer", password = "four words of his own" });
            await SignedInAsync();
            var page = await bert.Http.GetStringAsync("/");
            using var out1 = await bert.Http.PostAsync("/sign-out", new FormUrlEncodedContent([KeyValuePair.Create("__RequestVerificationToken", "none")]));
            Assert.Equal(HttpStatusCode.BadRequest, out1.StatusCode); // Somebody else's form.
            var token = page.Split("name=\"__RequestVerificationToken\" value=\"")[1].Split('"')[0];
            using var signedOut = await bert.Http.PostAsync("/sign-out", new FormUrlEncodedContent([KeyValuePair.Create("__RequestVerificationToken", token)]));
            Assert.Equal(HttpStatusCode.Redirect, signedOut.StatusCode);
            await SignedOutAsync();

            await SignedInAsync();
            await administrator.SaveAsync("Bert", new { password = "four other words of his" });
            await SignedOutAsync();

            using (await bert.SignInAsync("Bert", "four other words of his"))
            {
                using var stream = await bert.Http.GetAsync("/api/v1/stream?path=acme", HttpCompletionOption.ResponseHeadersRead);
                using var lines = new StreamReader(await stream.Content.ReadAsStreamAsync());
                Assert.NotNull(await lines.ReadLineAsync());
                using var removed = await administrator.Http.DeleteAsync("/api/v1/people/Bert");
                Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
                while (await lines.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(2)) is not null)
                {
                }
            }

            await SignedOutAsync();
            using var gone = await bert.SignInAsync("Bert", "four other words of his");
            Assert.Equal("Name or password is wrong.", await AccessClient.FaultAsync(gone));

            async Task SignedInAsync()
            {
                using var signedIn = await bert.SignInAsync("Bert", "four words of his own");
                Assert.Equal(HttpStatusCode.Redirect, signedIn.StatusCode);
                using var tree = await bert.Http.GetAsync("/api/v1/tree/");
                Assert.Equal(HttpStatusCode.OK, tree.StatusCode);
            }

            async Task SignedOutAsync()
            {
                using var tree = await bert.Http.GetAsync("/api/v1/tree/");
                Assert.Equal(HttpStatusCode.Unauthorized, tree.StatusCode);
            }
        }
    }

    [Fact]
    public async Task What_is_done_stands_in_the_log_under_the_name_that_signed_in_and_sign_ins_are_for_administrators()
    {
        var (hub, administrator) = await AccessClient.StartAsync("demo");
        await using (hub)
        using (administrator)
        using (var bert = new AccessClient(hub.Page))
        {
            bert.Http.DefaultRequestHeaders.Authorization = new("Bearer", await administrator.TokenAsync("mes", "Engineer"));
            bert.Http.DefaultRequestHeaders.Add("X-Author", "somebody else");
            var device = (await bert.Http.GetFromJsonAsync<JsonElement>("/api/v1/devices/capper")).GetProperty("device");
            var changed = device.Deserialize<Dictionary<string, JsonElement>>()!;
            changed["enabled"] = JsonSerializer.SerializeToElement(false);
            using var saved = await bert.Http.PutAsJsonAsync("/api/v1/devices/capper", changed);
            Assert.True(saved.IsSuccessStatusCode, await saved.Content.ReadAsStringAsync());
            var rows = (await bert.Http.GetFromJsonAsync<JsonElement>("/api/v1/log")).EnumerateArray().ToList();
            Assert.Equal("token mes", rows.First(r => r.GetProperty("thing").GetString() == "capper").GetProperty("author").GetString());
            Assert.DoesNotContain(rows, r => r.GetProperty("kind").GetString() == "access");
            await hub.EventuallyAsync(
                async () => (await administrator.Http.GetFromJsonAsync<JsonElement>("/api/v1/log?kind=access")).EnumerateArray()
                    .Any(r => r.GetProperty("thing").GetString() == "mes" && r.GetProperty("author").GetString() == "Anna" && r.GetProperty("words").GetString()!.Contains("token made, engineer, without an end, from 127.0.0.1", StringComparison.Ordinal)),
                "the token stands in the log");
        }
    }

    [Fact]
    public async Task A_page_of_another_port_cannot_use_the_cookie()
    {
        var (hub, administrator) = await AccessClient.StartAsync();
        await using (hub)
        using (administrator)
        {
            foreach (var (name, value) in new[] { ("Origin", $"http://127.0.0.1:{hub.Page.Port + 1}"), ("Origin", "null"), ("Sec-Fetch-Site", "same-site") })
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/settings?apply=true") { Content = JsonContent.Create(new { }) };
                request.Headers.Add(name, value);
                using var refused = await administrator.Http.SendAsync(request);
                Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
            }
        }
    }

    [Fact]
    public async Task A_restart_signs_nobody_out_and_who_is_locked_out_gets_in_by_the_command_line()
    {
        var (hub, administrator) = await AccessClient.StartAsync();
        await using (hub)
        using (administrator)
        {
            var cookies = administrator.Cookies.GetCookieHeader(hub.Page);
            var running = await HubProcess.RunTypedToEndAsync("four words of hers\n", "reset-password", "Anna", "--data", hub.Data);
            Assert.Equal(1, running.ExitCode);
            Assert.Contains("in use by another hub", running.Error, StringComparison.Ordinal);
            await hub.StopAsync();
            await hub.StartAgainAsync(samePorts: true);
            Assert.Contains("id=\"who\"", await administrator.Http.GetStringAsync("/"), StringComparison.Ordinal);
            await hub.StopAsync();
            var weak = await HubProcess.RunTypedToEndAsync("password1234\n", "reset-password", "anna", "--data", hub.Data);
            Assert.Equal((2, true), (weak.ExitCode, weak.Error.Contains("tried first", StringComparison.Ordinal)));
            var done = await HubProcess.RunTypedToEndAsync("four words of hers\n", "reset-password", "anna", "--data", hub.Data);
            Assert.Equal((0, "Anna has the new password, and is signed out everywhere."), (done.ExitCode, done.Output.Trim()));
            await hub.StartAgainAsync(samePorts: true);
            Assert.NotEmpty(cookies);
            using var ended = await administrator.Http.GetAsync("/api/v1/tree/");
            Assert.Equal(HttpStatusCode.Unauthorized, ended.StatusCode);
            using var signedIn = await administrator.SignInAsync("Anna", "four words of hers");
            Assert.Equal(HttpStatusCode.Redirect, signedIn.StatusCode);
        }
    }

    [Theory]
    [InlineData("http", "--http", "0.0.0.0:0")]
    [InlineData("mqtt", "--mqtt", "0.0.0.0:0")]
    [InlineData("http", "--http", "[::]:0")]
    public async Task An_open_hub_listens_nowhere_else(string name, string option, string where)
    {
        var data = Directory.CreateTempSubdirectory("uns-open-");
        try
        {
            var (exitCode, _, error) = await HubProcess.RunToEndAsync("demo", "--data", data.FullName, option, where);
            Assert.Equal(2, exitCode);
            Assert.Contains($"{name} listens at {where} and nobody is asked for a password: give --access users", error, StringComparison.Ordinal);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }
}
