using System.Net;

namespace Uns.Hub.Settings;

/// <summary>Whether people sign in.</summary>
public enum AccessMode
{
    /// <summary>Nobody is asked who he is, and everybody may do everything; on loopback only.</summary>
    Open,

    /// <summary>People and programs sign in, and may do what their role allows.</summary>
    Users,
}

/// <summary>Reads and checks who may use the hub.</summary>
public static class AccessSettings
{
    /// <summary>Reads the setting <c>access</c>.</summary>
    /// <param name="setting">The setting's own name, for the error.</param>
    /// <param name="written">What the user wrote.</param>
    /// <exception cref="SettingException">It is neither <c>open</c> nor <c>users</c>.</exception>
    public static AccessMode Mode(string setting, string written) => written switch
    {
        "open" => AccessMode.Open,
        "users" => AccessMode.Users,
        _ => throw new SettingException($"{setting} is '{written}': give open or users."),
    };

    /// <summary>Lets options through that do not show an open hub to other machines.</summary>
    /// <exception cref="SettingException">They do.</exception>
    public static HubOptions Check(HubOptions options)
    {
        var listeners = new (string Name, IPEndPoint? Where)[] { ("http", options.Http), ("https", options.Tls.Https), ("mqtt", options.Mqtt), ("mqtts", options.Tls.Mqtts) };
        return options.IsOpen && Array.Find(listeners, l => l.Where is { } where && !IPAddress.IsLoopback(where.Address)) is { Where: { } shown } seen
            ? throw new SettingException($"{seen.Name} listens at {shown} and nobody is asked for a password: give --access users, or listen on 127.0.0.1.")
            : options;
    }
}
