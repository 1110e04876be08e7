using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Hub.Settings;
using Uns.Mqtt.Client;
using Uns.Sparkplug.Check;
using Uns.Sparkplug.Topics;

namespace Uns.Hub.Commands;

/// <summary><c>sparkplug check</c>: holds any broker, edge node or host against the standard.</summary>
internal static class SparkplugCommand
{
    /// <summary>Exit code when a rule was broken.</summary>
    public const int RuleBroken = 3;

    private static readonly string[] Profiles = ["broker", "broker-aware", "edge", "host"];

    public static Command Build()
    {
        var broker = new Option<string>("--broker") { HelpName = "HOST:PORT", Description = "The MQTT broker.", Required = true };
        var profile = new Option<string>("--profile") { HelpName = "PROFILE", Description = $"What is checked: {string.Join(", ", Profiles)}.", Required = true };
        var node = new Option<string?>("--node") { HelpName = "GROUP/NODE", Description = "edge: the edge node; without it the first one that is born." };
        var host = new Option<string?>("--host") { HelpName = "ID", Description = "host: the host's id. edge: the node's primary host, which is played here." };
        var listen = new Option<string>("--listen") { HelpName = "ADDRESS:PORT", Description = "edge, host: where the node or host under test connects to in place of the broker.", DefaultValueFactory = _ => "127.0.0.1:0" };
        var seconds = new Option<int>("--seconds") { HelpName = "N", Description = "edge, host: how long is watched. broker: longest wait for a message is a sixth of it.", DefaultValueFactory = _ => 30 };
        var user = new Option<string?>("--user") { HelpName = "NAME", Description = "User name for the broker." };
        var password = new Option<string?>("--password") { HelpName = "TEXT", Description = "Password for the broker." };
        var check = new Command("check", "Holds a broker, an edge node or a host against Sparkplug 3.0 and prints a verdict for every statement.") { broker, profile, node, host, listen, seconds, user, password };
        check.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                var options = Broker(parsed.GetValue(broker)!) with { UserName = parsed.GetValue(user), Password = parsed.GetValue(password) };
                var length = parsed.GetValue(seconds) is >= 3 and <= 86_400 and var given ? TimeSpan.FromSeconds(given) : throw new SettingException($"--seconds is {parsed.GetValue(seconds)}: give 3 to 86400.");
                return await CheckAsync(options, parsed.GetValue(profile)!, Node(parsed.GetValue(node)), parsed.GetValue(host), ListenAddress.Parse("--listen", parsed.GetValue(listen)!), length, cancellationToken);
            }
            catch (SettingException wrong)
            {
                await Console.Error.WriteLineAsync(wrong.Message);
                return HubCommands.WrongSetting;
            }
            catch (Exception cannot) when (cannot is MqttException or SocketException)
            {
                await Console.Error.WriteLineAsync(cannot.Message);
                return HubCommands.CannotRun;
            }
        });
        return new Command("sparkplug", "Tools for Sparkplug.") { check };
    }

    private static async Task<int> CheckAsync(
        MqttClientOptions broker, string profile, EdgeNodeId? node, string? host, IPEndPoint listen, TimeSpan length, CancellationToken cancellationToken)
    {
        var clock = TimeProvider.System;
        if (profile is "broker" or "broker-aware")
        {
            var aware = profile == "broker-aware";
            var found = await new BrokerCheck(broker, length / 6, clock).RunAsync(aware, cancellationToken);
            return Print(found, aware ? $"{broker.Endpoint} as a Sparkplug aware MQTT server" : $"{broker.Endpoint} as a Sparkplug compliant MQTT server", aware ? ["broker-compliant", "broker-aware"] : ["broker-compliant"]);
        }

        if (!Profiles.Contains(profile))
        {
            throw new SettingException($"--profile is '{profile}': give one of {string.Join(", ", Profiles)}.");
        }

        var isHost = profile == "host";
        var who = isHost ? host ?? throw new SettingException("--host is missing: give the host's id.") : "the edge node";
        if (host is not null && SparkplugTopic.Fault(host) is { } fault)
        {
            throw new SettingException($"--host {fault}");
        }

        await using var line = new PacketRecorder(new DnsEndPoint(broker.Host, broker.Port), clock, listen);
        line.Start();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Let {who} connect to {line.EndPoint}. It is watched for {length.TotalSeconds:0} seconds; what it does and how it is stopped meanwhile is judged too."));
        var probe = new LineProbe(broker, line, length, clock, NullLogger.Instance);
        var report = isHost ? await probe.HostAsync(host!, cancellationToken) : await probe.EdgeAsync(node, host, cancellationToken);
        if (report is null)
        {
            await Console.Error.WriteLineAsync(isHost ? $"No STATE of {host} was seen on {line.EndPoint}." : $"No edge node was born on {line.EndPoint}.");
            return HubCommands.CannotRun;
        }

        return Print(report, $"{who} as a Sparkplug {(isHost ? "host application" : "edge node")}", isHost ? ["host", "general"] : ["edge-node", "device", "general", "payload", "topics"]);
    }

    private static int Print(CheckReport report, string title, string[] roles) => SparkplugReport.Write(Console.Out, report, title, roles) ? 0 : RuleBroken;

    private static MqttClientOptions Broker(string written)
    {
        var at = written.LastIndexOf(':');
        return at > 0 && int.TryParse(written[(at + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535
            ? new MqttClientOptions { Host = written[..at], Port = port }
            : throw new SettingException($"--broker is '{written}': give HOST:PORT.");
    }

    private static EdgeNodeId? Node(string? written) => written is null ? null
        : written.Split('/') is [{ Length: > 0 } group, { Length: > 0 } name] ? new EdgeNodeId(group, name)
        : throw new SettingException($"--node is '{written}': give GROUP/NODE.");
}
