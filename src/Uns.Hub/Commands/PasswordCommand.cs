using System.CommandLine;
using Uns.Connectors.OpcUa.Server;

namespace Uns.Hub.Commands;

/// <summary><c>hash-password</c>: a password from standard input to what <c>hub.json</c> keeps of it.</summary>
internal static class PasswordCommand
{
    public static Command Build()
    {
        var command = new Command("hash-password", "Reads a password from standard input, one line, and prints it hashed, as opcuaUsers in hub.json wants it.");
        command.SetAction(async (_, cancellationToken) =>
        {
            var password = await Console.In.ReadLineAsync(cancellationToken);
            if (string.IsNullOrEmpty(password))
            {
                await Console.Error.WriteLineAsync("There is no password: give it as one line of standard input.");
                return HubCommands.WrongSetting;
            }

            await Console.Out.WriteLineAsync(PasswordHash.Make(password));
            return 0;
        });
        return command;
    }
}
