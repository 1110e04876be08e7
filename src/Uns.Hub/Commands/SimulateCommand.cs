using System.CommandLine;
using System.Net.Sockets;
using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Hub.Demo;
using Uns.Hub.Settings;

namespace Uns.Hub.Commands;

/// <summary><c>simulate</c>: a Modbus, S7 or OPC UA server on loopback, made from a tag list, that goes wrong when told to.</summary>
internal static class SimulateCommand
{
    /// <summary>The command.</summary>
    public static Command Build()
    {
        var list = new Argument<string>("tags") { HelpName = "FILE", Description = "Tag list: any file that the import knows." };
        var protocol = new Option<string>("--protocol") { HelpName = "PROTOCOL", Description = "modbus, s7 or opcua.", Required = true };
        var port = new Option<int>("--port") { HelpName = "PORT", Description = "Where it listens on 127.0.0.1; 0 takes any free one.", DefaultValueFactory = _ => 0 };
        var signal = new Option<SignalShape?>("--signal") { HelpName = "SHAPE", Description = "Course of every number: constant, sine, ramp, walk, counter or square. [default: by type]" };
        var replay = new Option<string?>("--replay") { HelpName = "FILE", Description = "Table of recorded values: time in seconds, then a column for each tag; repeated without end." };
        var order = new Option<ByteOrder>("--byte-order") { HelpName = "ORDER", Description = "Modbus: ABCD, CDAB, BADC or DCBA.", DefaultValueFactory = _ => ByteOrder.ABCD };
        var command = new Command("simulate", "Starts a simulated Modbus, S7 or OPC UA device made from a tag list. Type a line to make it go wrong: delay 200ms, silence, reset, wrong-ids, refuse ADDRESS, cut, heal.")
        {
            list, protocol, port, signal, replay, order,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            () => SimulatedDevice.Make(
                parsed.GetValue(protocol)!.ToLowerInvariant(), File.ReadAllBytes(parsed.GetValue(list)!), parsed.GetValue(signal),
                parsed.GetValue(replay) is { } table ? File.ReadAllText(table) : null, parsed.GetValue(order), TimeProvider.System, parsed.GetValue(port)),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(Func<SimulatedDevice> make, CancellationToken cancellationToken)
    {
        try
        {
            await using var device = make();
            await device.StartAsync();
            foreach (var reason in device.LeftOut)
            {
                await Console.Error.WriteLineAsync($"Left out: {reason}");
            }

            await Console.Out.WriteLineAsync($"Device:  {device.EndPoint} with {device.Points} tags");
            await Console.Out.WriteLineAsync("Ctrl+C stops it.");
            await ObeyAsync(device, cancellationToken);
            return 0;
        }
        catch (SettingException wrong)
        {
            await Console.Error.WriteLineAsync(wrong.Message);
            return HubCommands.WrongSetting;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or SocketException)
        {
            await Console.Error.WriteLineAsync($"It cannot be started: {failure.Message}");
            return HubCommands.CannotRun;
        }
    }

    // Each line of standard input is a command; its end is not the device's.
    private static async Task ObeyAsync(SimulatedDevice device, CancellationToken cancellationToken)
    {
        try
        {
            while (await Console.In.ReadLineAsync(cancellationToken) is { } line)
            {
                if (line.Trim().Length > 0)
                {
                    await Console.Out.WriteLineAsync(device.Do(line.Trim()));
                }
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Ctrl+C.
        }
    }
}
