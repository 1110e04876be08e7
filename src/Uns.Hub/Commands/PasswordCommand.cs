using System.CommandLine;
using Uns.Connectors;

namespace Uns.Hub.Commands;

/// <summary><c>hash-password</c>: a password from standard input to what <c>hub.json</c> keeps of it.</summary>
internal static class PasswordCommand
{
    public static Command Build()
    {
        var command = new Command("hash-password", "Reads a password from standard input, one line, and prints it hashed, as opcuaUsers in hub.json wants it.");
        command.SetAction(async (_, cancellationToken) =>
        {
            if (await PasswordPrompt.ReadAsync(cancellationToken) is not { } password)
            {
                return HubCommands.WrongSetting;
            }

            await Console.Out.WriteLineAsync(PasswordHash.Make(password));
            return 0;
        });
        return command;
    }
}
