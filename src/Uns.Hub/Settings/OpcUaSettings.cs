using System.Net;
using System.Text.Json;
using Uns.Connectors;
using Uns.Connectors.OpcUa.Server;

namespace Uns.Hub.Settings;

/// <summary>How the hub's OPC UA server is set up.</summary>
public sealed record OpcUaSettings
{
    /// <summary>Where it listens; null: nowhere.</summary>
    public IPEndPoint? Listen { get; init; }

    /// <summary>What anonymous users may do.</summary>
    /// <value>Read unless set.</value>
    public OpcUaRight Anonymous { get; init; } = OpcUaRight.Read;

    /// <summary>True to offer an endpoint without protection, false to offer none; null: only when it listens on the loopback interface.</summary>
    public bool? Unprotected { get; init; }

    /// <summary>Users with name and password.</summary>
    public IReadOnlyList<OpcUaServerUser> Users { get; init; } = [];

    /// <summary>The server's own options.</summary>
    internal OpcUaServerOptions Options() => new()
    {
        Listen = Listen!,
        AllowUnprotected = Unprotected ?? IPAddress.IsLoopback(Listen!.Address),
        Anonymous = Anonymous,
        Users = Users,
    };

    internal static OpcUaRight Right(string setting, string written) => written switch
    {
        "none" => OpcUaRight.None,
        "read" => OpcUaRight.Read,
        "write" => OpcUaRight.Write,
        _ => throw new SettingException($"{setting} is '{written}': give none, read or write."),
    };

    internal static IReadOnlyList<OpcUaServerUser> ReadUsers(string setting, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            throw new SettingException($"{setting} is {value.GetRawText()}: give a list of users, each with name, password and right.");
        }

        var users = new List<OpcUaServerUser>();
        foreach (var (index, element) in value.EnumerateArray().Index())
        {
            users.Add(ReadUser($"{setting}[{index}]", element));
        }

        return users.DistinctBy(u => u.Name).Count() == users.Count ? users : throw new SettingException($"{setting} names a user twice.");
    }

    private static OpcUaServerUser ReadUser(string setting, JsonElement element)
    {
        var fields = element.ValueKind == JsonValueKind.Object ? element.EnumerateObject().ToDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal) : [];
        if (fields.Keys.Except(["name", "password", "right"]).FirstOrDefault() is { } unknown)
        {
            throw new SettingException($"{setting}.{unknown} is not a setting: give name, password and right.");
        }

        string Text(string field) => fields.TryGetValue(field, out var given) && given.ValueKind == JsonValueKind.String && given.GetString() is { Length: > 0 } text
            ? text
            : throw new SettingException($"{setting}.{field} is missing: give name, password and right, each a text.");
        var hash = Text("password");
        return PasswordHash.IsHash(hash)
            ? new(Text("name"), hash, Right($"{setting}.right", Text("right")))
            : throw new SettingException($"{setting}.password is no hashed password: make one with the command hash-password.");
    }
}
