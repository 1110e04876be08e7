using System.Net;
using Uns.Hub.Access;
using Uns.Hub.Wiring;

namespace Uns.Hub.Commands;

/// <summary>The few lines that a newcomer reads first: where things are and what to try.</summary>
internal static class Welcome
{
    public static async Task WriteAsync(TextWriter output, HubHost hub)
    {
        var host = Reachable(hub.MqttEndPoint.Address);
        await output.WriteLineAsync($"""
            Page:    http://{Reachable(hub.HttpEndPoint.Address)}:{hub.HttpEndPoint.Port}/
            Broker:  {host}:{hub.MqttEndPoint.Port}  (MQTT 3.1.1 and 5.0; WebSocket on the page's port under /mqtt)
            Try:     mosquitto_sub -h {host} -p {hub.MqttEndPoint.Port} -v -t '{hub.Options.TopicPrefix}/#'
            Data:    {Path.GetFullPath(hub.Options.Data)}
            """);
        if (hub.MqttsEndPoint is { } mqtts)
        {
            await output.WriteLineAsync($"TLS:     {Reachable(mqtts.Address)}:{mqtts.Port}  (MQTT)");
        }

        if (hub.HttpsEndPoint is { } https)
        {
            await output.WriteLineAsync($"Secure:  https://{Reachable(https.Address)}:{https.Port}/");
        }

        if (hub.OpcUaUrl is { } opcUa)
        {
            await output.WriteLineAsync($"OPC UA:  {opcUa}  (anonymous users: {hub.Options.OpcUa.Anonymous.ToString().ToLowerInvariant()}; users by name: {hub.Options.OpcUa.Users.Count})");
        }

        if (hub.DamagedStore is { } damaged)
        {
            await output.WriteLineAsync($"Alarm:   {damaged}");
        }

        if (hub.Options.IsOpen)
        {
            await output.WriteLineAsync("Access:  open. Nobody is asked for a password, and everybody at this machine may do everything.");
        }
        else if (hub.SetupToken is { } setup)
        {
            await output.WriteLineAsync($"First:   open the page and set the first password. From another machine that takes the setup token {setup.Text}");
            await output.WriteLineAsync($"         (good for {SetupToken.Life.TotalMinutes} minutes; it also stands in {Path.GetFullPath(setup.File)})");
        }

        if (!IPAddress.IsLoopback(hub.MqttEndPoint.Address) || hub.MqttsEndPoint is { } secure && !IPAddress.IsLoopback(secure.Address))
        {
            await output.WriteLineAsync("Warning: MQTT has no users and passwords yet. Whoever reaches the broker can read and write the plant.");
        }

        await output.WriteLineAsync("Ctrl+C stops the hub.");
        await output.FlushAsync();
    }

    private static string Reachable(IPAddress address) =>
        address.Equals(IPAddress.Any) ? "127.0.0.1" : address.Equals(IPAddress.IPv6Any) ? "[::1]"
        : address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();
}
