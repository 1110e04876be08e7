using System.CommandLine;
using Uns.Hub.Settings;
using Uns.Hub.Wiring;

namespace Uns.Hub.Commands;

/// <summary>The command line: <c>run</c>, <c>demo</c>, <c>simulate</c>, <c>broker</c>, <c>bench</c>, <c>sparkplug</c>, <c>hash-password</c> and <c>reset-password</c>. A wrong word or setting is one sentence on standard error and exit code 2.</summary>
internal static class HubCommands
{
    /// <summary>Exit code of a wrong word or setting.</summary>
    public const int WrongSetting = 2;

    /// <summary>Exit code when all is said right and it cannot be done: a port in use, a disk that is full.</summary>
    public const int CannotRun = 1;

    /// <summary>Longest wait for an orderly end after Ctrl+C or SIGTERM; the disk may be slow.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(60);

    /// <summary>Does what the command line says.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> InvokeAsync(string[] arguments)
    {
        var parsed = Build().Parse(arguments);
        if (parsed.Errors.Count > 0 && parsed.Action is System.CommandLine.Invocation.ParseErrorAction)
        {
            await Console.Error.WriteLineAsync($"{parsed.Errors[0].Message} Try --help.");
            return WrongSetting;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = StopLimit });
    }

    public static RootCommand Build()
    {
        var root = new RootCommand("Unified Namespace and Sparkplug 3.0 hub: reads PLCs, speaks Sparkplug over its own MQTT broker, shows the plant.");
        root.Subcommands.Add(Runs("run", "Starts the hub.", demo: false));
        root.Subcommands.Add(Runs("demo", "Starts the hub with a simulated small plant of real servers on loopback.", demo: true));
        root.Subcommands.Add(SimulateCommand.Build());
        root.Subcommands.Add(BrokerCommand.Build());
        root.Subcommands.Add(BenchCommand.Build());
        root.Subcommands.Add(SparkplugCommand.Build());
        root.Subcommands.Add(PasswordCommand.Build());
        root.Subcommands.Add(ResetPasswordCommand.Build());
        return root;
    }

    private static Command Runs(string name, string description, bool demo)
    {
        var data = new Option<string>("--data") { HelpName = "DIR", Description = "Directory of all that is kept; made when missing.", DefaultValueFactory = _ => "data" };
        var mqtt = new Option<string?>("--mqtt") { HelpName = "ADDRESS:PORT", Description = "Where the MQTT broker listens; port 0 takes any free one. [default: 127.0.0.1:1883]" };
        var http = new Option<string?>("--http") { HelpName = "ADDRESS:PORT", Description = "Where page and API listen; port 0 takes any free one. [default: 127.0.0.1:8080]" };
        var mqtts = new Option<string?>("--mqtts") { HelpName = "ADDRESS:PORT", Description = "Where the MQTT broker speaks TLS. [default: nowhere]" };
        var https = new Option<string?>("--https") { HelpName = "ADDRESS:PORT", Description = "Where page, API and MQTT over WebSocket speak TLS. [default: nowhere]" };
        var opcUa = new Option<string?>("--opcua") { HelpName = "ADDRESS:PORT", Description = "Where the OPC UA server shows the namespace, e.g. 127.0.0.1:4840; port 0 takes any free one. [default: nowhere]" };
        var certificate = new Option<string?>("--tls-certificate") { HelpName = "FILE", Description = "Certificate of both, PEM or PKCS #12; read again when it changes." };
        var key = new Option<string?>("--tls-key") { HelpName = "FILE", Description = "PEM file of its private key, unless it is in the certificate's file." };
        var access = new Option<string?>("--access") { HelpName = "open|users", Description = $"users: people sign in; open: nobody is asked, on loopback only. [default: {(demo ? "open" : "users")}]" };
        var verbose = new Option<bool>("--verbose") { Description = "Logs every state change, not only warnings." };
        var command = new Command(name, description) { data, mqtt, http, mqtts, https, opcUa, certificate, key, access, verbose };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            () =>
            {
                var options = Options(parsed.GetValue(data)!, parsed.GetValue(mqtt), parsed.GetValue(http), parsed.GetValue(verbose), demo);
                var tls = options.Tls;
                tls = parsed.GetValue(mqtts) is { } m ? tls with { Mqtts = ListenAddress.Parse("--mqtts", m) } : tls;
                tls = parsed.GetValue(https) is { } h ? tls with { Https = ListenAddress.Parse("--https", h) } : tls;
                tls = parsed.GetValue(certificate) is { } c ? tls with { Certificate = c, Key = null } : tls;
                tls = parsed.GetValue(key) is { } k ? tls with { Key = k } : tls;
                options = parsed.GetValue(opcUa) is { } o ? options with { OpcUa = options.OpcUa with { Listen = ListenAddress.Parse("--opcua", o) } } : options;
                options = parsed.GetValue(access) is { } a ? options with { Access = AccessSettings.Mode("--access", a) } : options;
                return AccessSettings.Check(options with { Tls = tls.Check() });
            },
            cancellationToken));
        return command;
    }

    private static HubOptions Options(string data, string? mqtt, string? http, bool verbose, bool demo)
    {
        var options = SettingsFile.Apply(new HubOptions { Data = data, Verbose = verbose, Demo = demo }, Path.Combine(data, "hub.json"));
        options = mqtt is null ? options : options with { Mqtt = ListenAddress.Parse("--mqtt", mqtt) };
        return http is null ? options : options with { Http = ListenAddress.Parse("--http", http) };
    }

    private static async Task<int> RunAsync(Func<HubOptions> read, CancellationToken cancellationToken)
    {
        try
        {
            var options = read();
            await using var hub = await HubHost.StartAsync(options, TimeProvider.System, cancellationToken);
            await Welcome.WriteAsync(Console.Out, hub);
            await hub.WaitForShutdownAsync(cancellationToken);
            return 0;
        }
        catch (SettingException wrong)
        {
            await Console.Error.WriteLineAsync(wrong.Message);
            return WrongSetting;
        }
        catch (StartException cannot)
        {
            await Console.Error.WriteLineAsync(cannot.Message);
            return CannotRun;
        }
    }
}
