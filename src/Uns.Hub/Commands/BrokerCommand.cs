using System.CommandLine;
using Uns.Hub.Settings;
using Uns.Hub.Wiring;
using Uns.Mqtt.Broker;
using Uns.Mqtt.Broker.Persistence;
using Uns.Store;

namespace Uns.Hub.Commands;

/// <summary><c>broker</c>: the MQTT broker and nothing else; no page, no API, no devices.</summary>
internal static class BrokerCommand
{
    /// <summary>The command.</summary>
    public static Command Build()
    {
        var mqtt = Text("--mqtt", "ADDRESS:PORT", "Where it listens; port 0 takes any free one. [default: 127.0.0.1:1883]");
        var data = Text("--data", "DIR", "Directory of what survives a restart; made when missing. [default: data]");
        var memory = new Option<bool>("--memory") { Description = "Keeps nothing: sessions and retained messages end with the process." };
        var settings = Text("--settings", "FILE", "JSON file of these settings, named without dashes: maxInflight, serverKeepAlive. The command line goes before it.");
        var deny = new Option<string[]>("--deny-subscribe") { HelpName = "FILTER", Description = "Filter that nobody may subscribe; may be given more than once.", AllowMultipleArgumentsPerToken = false };
        var verbose = new Option<bool>("--verbose") { Description = "Logs every state change, not only warnings." };
        var figures = new Option<bool>("--figures") { Description = "Prints at the end, as one line of JSON, what the garbage collector cost." };
        var options = BrokerSetting.All.Select(s => (Setting: s, Option: Text(s.Option, s.Value, $"{s.Description} Give {s.Wanted}."))).ToList();
        var command = new Command("broker", "Starts the MQTT broker alone.") { mqtt, data, memory, settings };
        foreach (var (setting, option) in options)
        {
            option.Arity = setting.Value == "BOOL" ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne;
            command.Options.Add(option);
        }

        command.Options.Add(deny);
        command.Options.Add(figures);
        command.Options.Add(verbose);
        command.SetAction((parsed, cancellationToken) => RunAsync(
            () =>
            {
                var file = new BrokerSettingsFile();
                if (parsed.GetValue(settings) is { } path)
                {
                    file.Read(path);
                }

                if (parsed.GetValue(mqtt) is { } address)
                {
                    file.Listen("--mqtt", address);
                }

                foreach (var (setting, option) in options.Where(o => parsed.GetResult(o.Option) is not null))
                {
                    file.Set(setting, setting.Option, parsed.GetValue(option) ?? "true");
                }

                foreach (var filter in parsed.GetValue(deny) ?? [])
                {
                    file.Deny("--deny-subscribe", filter);
                }

                var kept = parsed.GetValue(data);
                var chosen = file.Finish();
                var isMemory = parsed.GetValue(memory) || chosen.StorePolicy == StorePolicy.Memory;
                return isMemory && kept is not null
                    ? throw new SettingException($"--memory and --durability none keep nothing and --data '{kept}' keeps all: give one of them.")
                    : (chosen, isMemory ? null : kept ?? "data", parsed.GetValue(figures), parsed.GetValue(verbose));
            },
            cancellationToken));
        return command;
    }

    private static Option<string?> Text(string name, string value, string description) => new(name) { HelpName = value, Description = description };

    private static async Task<int> RunAsync(Func<(MqttBrokerOptions Options, string? Data, bool Figures, bool Verbose)> read, CancellationToken cancellationToken)
    {
        try
        {
            var (options, data, figures, verbose) = read();
            using var logging = LoggerFactory.Create(b => b.AddBrakedConsole(TimeProvider.System, c => c.SingleLine = true).SetMinimumLevel(verbose ? LogLevel.Information : LogLevel.Warning));
            await using var store = data is null ? null : HubStore.Open(data, BrokerSchema.Steps, TimeProvider.System, logging.CreateLogger<HubStore>(), options.StorePolicy);
            await using var broker = new MqttBroker(options, store, TimeProvider.System, logging.CreateLogger<MqttBroker>());
            await broker.StartAsync(cancellationToken);
            await Console.Out.WriteLineAsync($"Broker: {broker.EndPoint}  (MQTT 3.1.1 and 5.0; {(data is null ? "in memory" : Path.GetFullPath(data))}; {broker.Durability}; Ctrl+C stops it)");
            if (broker.TlsEndPoint is { } tls)
            {
                await Console.Out.WriteLineAsync($"TLS:    {tls}");
            }

            var collector = figures ? new CollectorFigures() : null;
            var exitCode = await ServeAsync(broker, cancellationToken);
            if (collector is not null)
            {
                await Console.Out.WriteLineAsync(collector.Line(broker.Statistics));
            }

            return exitCode;
        }
        catch (SettingException wrong)
        {
            await Console.Error.WriteLineAsync(wrong.Message);
            return HubCommands.WrongSetting;
        }
        catch (Exception cannot) when (cannot is ListenerException or StoreException)
        {
            await Console.Error.WriteLineAsync(cannot.Message);
            return HubCommands.CannotRun;
        }
    }

    /// <summary>Waits until it is told to stop. A broker whose I/O thread ended must not look alive: it ends the process.</summary>
    private static async Task<int> ServeAsync(MqttBroker broker, CancellationToken cancellationToken)
    {
        try
        {
            await broker.Ended.WaitAsync(cancellationToken);
            return HubCommands.CannotRun;
        }
        catch (OperationCanceledException)
        {
            return 0;
        }
#pragma warning disable CA1031 // The top of the command: whatever ended the I/O thread is told and ends the process.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            await Console.Error.WriteLineAsync($"The broker's I/O thread ended: {fault.Message}");
            return HubCommands.CannotRun;
        }
    }
}
