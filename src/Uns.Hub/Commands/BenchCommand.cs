using System.CommandLine;
using System.Globalization;
using System.Net;
using Uns.Hub.Bench;
using Uns.Hub.Settings;

namespace Uns.Hub.Commands;

/// <summary><c>bench</c>: measures any MQTT broker; one line of JSON on standard output, the rounds on standard error.</summary>
internal static class BenchCommand
{
    /// <summary>The command.</summary>
    public static Command Build()
    {
        var load = new Argument<string>("LOAD") { Description = string.Join("; ", BenchLoads.All.Select(l => $"{l.Name}: {l.Description}")) + "." };
        var host = Text("--host", "ADDRESS:PORT", "The broker to measure. [default: 127.0.0.1:1883]");
        var against = Text("--against", "ADDRESS:PORT", "A second broker, measured in turn with the first; ratios are first to second.");
        var pid = Text("--pid", "N", "Process of the broker, where it cannot be found by its port.");
        var againstPid = Text("--against-pid", "N", "Process of the second broker.");
        var publishers = Text("--publishers", "N", "Publishers, pairs or connections.");
        var subscribers = Text("--subscribers", "N", "Subscribers.");
        var payload = Text("--payload", "BYTES", "Payload of a message, from 20. [default: 200]");
        var qos = Text("--qos", "N", "QoS of messages and subscriptions, 0 to 2.");
        var window = Text("--window", "N", "Messages that each publisher may have under way, 1 to 60,000.");
        var rate = Text("--rate", "N", "Messages a second over all publishers, whether or not the broker is ready; 0: as the window allows.");
        var messages = Text("--messages", "N", "Retained messages. [default: 100000]");
        var seconds = Text("--seconds", "N", "Length of a round. [default: 3]");
        var rounds = Text("--rounds", "N", "Rounds per broker. [default: 5]");
        var warmUp = Text("--warm-up", "SECONDS", "Load before the first round, not counted. [default: 3]");
        var command = new Command("bench", "Measures any MQTT broker, and checks that every message arrives once and in order.")
        {
            load, host, against, pid, againstPid, publishers, subscribers, payload, qos, window, rate, messages, seconds, rounds, warmUp,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            string? Of(Option<string?> option) => parsed.GetValue(option);
            return RunAsync(
                () =>
                {
                    var name = parsed.GetValue(load)!;
                    var chosen = BenchLoads.All.FirstOrDefault(l => l.Name == name)
                        ?? throw new SettingException($"LOAD is '{name}': give one of {string.Join(", ", BenchLoads.All.Select(l => l.Name))}.");
                    var first = Target("--host", Of(host) ?? "127.0.0.1:1883", "--pid", Of(pid));
                    var second = Of(against) is { } other ? Target("--against", other, "--against-pid", Of(againstPid)) : null;
                    var publisherCount = Number("--publishers", Of(publishers), chosen.Publishers, 1, 20_000);
                    return (new BenchOptions
                    {
                        Load = name,
                        Targets = second is null ? [first] : [first, second],
                        Publishers = publisherCount,
                        Subscribers = Number("--subscribers", Of(subscribers), chosen.Subscribers, 0, 20_000),
                        PayloadBytes = Number("--payload", Of(payload), chosen.PayloadBytes, MessageStamp.Bytes, 16 * 1024 * 1024),
                        Qos = Number("--qos", Of(qos), chosen.Qos, 0, 2),
                        Window = Number("--window", Of(window), chosen.Window, 1, 60_000),
                        Rate = Number("--rate", Of(rate), chosen.Rate, 0, 10_000_000),
                        Messages = Number("--messages", Of(messages), 100_000, 1, 10_000_000),
                        Round = TimeSpan.FromSeconds(Number("--seconds", Of(seconds), 3, 1, 86_400)),
                        Rounds = Number("--rounds", Of(rounds), 5, 1, 10_000),
                        WarmUp = TimeSpan.FromSeconds(Number("--warm-up", Of(warmUp), 3, 0, 3600)),
                    }, chosen);
                },
                cancellationToken);
        });
        return command;
    }

    private static Option<string?> Text(string name, string value, string description) => new(name) { HelpName = value, Description = description };

    private static async Task<int> RunAsync(Func<(BenchOptions Options, BenchLoads Load)> read, CancellationToken cancellationToken)
    {
        try
        {
            var (options, load) = read();
            var rounds = new BenchRun(options, load).Run(Told, cancellationToken);
            await Console.Out.WriteLineAsync(BenchReport.Line(options, rounds));
            return rounds.SelectMany(r => r).Any(r => r.Lost + r.Doubled + r.Reordered > 0) ? HubCommands.CannotRun : 0;
        }
        catch (SettingException wrong)
        {
            await Console.Error.WriteLineAsync(wrong.Message);
            return HubCommands.WrongSetting;
        }
        catch (BenchException cannot)
        {
            await Console.Error.WriteLineAsync(cannot.Message);
            return HubCommands.CannotRun;
        }
        catch (OperationCanceledException)
        {
            return HubCommands.CannotRun;
        }
    }

    private static void Told(BenchTarget target, int round, RoundFigures figures) => Console.Error.WriteLine(
        $"{target.EndPoint} round {round + 1}: {figures.Rate:N0}/s, {figures.CpuMicroseconds ?? 0:0.000} us CPU each, p50 {figures.P50Microseconds ?? 0:N0} us, "
        + $"p99 {figures.P99Microseconds ?? 0:N0} us; lost {figures.Lost}, doubled {figures.Doubled}, reordered {figures.Reordered}; generator {figures.GeneratorLoad:P0}");

    private static BenchTarget Target(string setting, string address, string pidSetting, string? pid)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new SettingException("bench measures on Linux only: it reads sockets with epoll and processor times from /proc.");
        }

        var endPoint = ListenAddress.Parse(setting, address);
        if (endPoint.Port == 0 || endPoint.Address.Equals(IPAddress.Any) || endPoint.Address.Equals(IPAddress.IPv6Any))
        {
            throw new SettingException($"{setting} is '{address}': give the address and port where a broker listens.");
        }

        var process = pid is not null ? new ProcessFigures(Number(pidSetting, pid, 0, 1, int.MaxValue)) : ProcessFigures.Listening(endPoint);
        return new BenchTarget(endPoint, process);
    }

    private static int Number(string setting, string? written, int unset, int least, int most) =>
        written is null ? unset
        : int.TryParse(written, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
        : throw new SettingException($"{setting} is '{written}': give a whole number, {least} to {most}.");
}
