using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Uns.TestKit;

namespace Uns.HubTests;

/// <summary>Every endpoint of the description asked by everybody: by nobody, and with a token of each role.</summary>
public sealed partial class EndpointRoleTests
{
    private static readonly string[] Roles = ["viewer", "operator", "engineer", "administrator"];
    private static readonly HashSet<string> Anybody = ["GetLive", "GetReady"];

    [Fact]
    public async Task Each_endpoint_lets_in_the_roles_it_names_and_nobody_else()
    {
        var (hub, administrator) = await AccessClient.StartAsync("demo");
        await using (hub)
        using (administrator)
        {
            var tokens = new List<string>();
            foreach (var role in Roles)
            {
                tokens.Add(await administrator.TokenAsync(role, role));
            }

            await hub.EventuallyAsync(async () => (await administrator.Http.GetStringAsync("/api/v1/values?path=acme")).Contains("\"Good\"", StringComparison.Ordinal), "there are values");
            using var http = new HttpClient { BaseAddress = hub.Page, Timeout = TimeSpan.FromMinutes(2) };
            using var description = JsonDocument.Parse(await administrator.Http.GetStringAsync("/openapi/v1.json"));
            var wrong = new List<string>();
            var asked = 0;
            foreach (var path in description.RootElement.GetProperty("paths").EnumerateObject())
            {
                foreach (var operation in path.Value.EnumerateObject())
                {
                    var name = operation.Value.GetProperty("operationId").GetString()!;
                    var least = Anybody.Contains(name) ? 0 : 1 + Array.IndexOf(Roles, RoleText().Match(operation.Value.GetProperty("description").GetString()!).Groups["role"].Value);
                    Assert.True(least > 0 || Anybody.Contains(name), $"{name} names no role.");
                    for (var who = 0; who <= Roles.Length; who++)
                    {
                        asked++;
                        var status = await AskAsync(http, operation.Name, path.Name, operation.Value, who == 0 ? null : tokens[who - 1]);
                        var isRight = least == 0 || who >= least ? status is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
                            : status == (who == 0 ? HttpStatusCode.Unauthorized : HttpStatusCode.Forbidden);
                        if (!isRight)
                        {
                            wrong.Add($"{operation.Name.ToUpperInvariant()} {path.Name} by {(who == 0 ? "nobody" : Roles[who - 1])}: {(int)status}");
                        }
                    }
                }
            }

            Assert.Empty(wrong);
            Assert.True(asked > 300, $"Only {asked} requests were made.");
        }
    }

    // Names that nothing has, so that what is let in changes little; one's own token is not among what is removed.
    private static async Task<HttpStatusCode> AskAsync(HttpClient http, string method, string path, JsonElement operation, string? token)
    {
        var filled = Placeholder().Replace(path, m => m.Value is "{id}" && path.Contains("alarms", StringComparison.Ordinal) ? Guid.Empty.ToString() : m.Value is "{number}" ? "9999" : "nothing-of-that-name");
        var query = operation.TryGetProperty("parameters", out var parameters)
            ? string.Join('&', parameters.EnumerateArray().Where(p => p.GetProperty("in").GetString() == "query" && p.TryGetProperty("required", out var required) && required.GetBoolean()).Select(p => $"{p.GetProperty("name").GetString()}={Value(p.GetProperty("name").GetString()!)}"))
            : "";
        using var request = new HttpRequestMessage(new HttpMethod(method.ToUpperInvariant()), query.Length > 0 ? $"{filled}?{query}" : filled);
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        if (operation.TryGetProperty("requestBody", out var body))
        {
            request.Content = new StringContent("[]", Encoding.UTF8, body.GetProperty("content").EnumerateObject().First().Name);
        }

        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return answer.StatusCode;
    }

    private static string Value(string parameter) => parameter is "from" or "to" ? "2026-01-01T00:00:00Z" : parameter is "minutes" ? "1" : "nothing";

    [GeneratedRegex(@"^Role: (?<role>\w+)\.$")]
    private static partial Regex RoleText();

    [GeneratedRegex(@"\{[^}]+\}")]
    private static partial Regex Placeholder();
}
