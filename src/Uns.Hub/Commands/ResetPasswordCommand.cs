using System.CommandLine;
using Uns.Connectors;
using Uns.Hub.Access;
using Uns.Hub.Changes;
using Uns.Store;
using Uns.Ui.Access;
using Uns.Ui.Changes;

namespace Uns.Hub.Commands;

/// <summary><c>reset-password</c>: a new password for somebody who is locked out, while the hub is stopped. Whoever may read the data directory may do that.</summary>
internal static class ResetPasswordCommand
{
    public static Command Build()
    {
        var name = new Argument<string>("NAME") { Description = "Who gets it. Somebody who is not known yet becomes an administrator." };
        var data = new Option<string>("--data") { HelpName = "DIR", Description = "The hub's data directory.", DefaultValueFactory = _ => "data" };
        var command = new Command("reset-password", "Gives somebody a new password, read as one line of standard input. The hub must be stopped.") { name, data };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (who, directory) = (parsed.GetValue(name)!.Trim(), parsed.GetValue(data)!);
            if (!File.Exists(Path.Combine(directory, "hub.db")))
            {
                await Console.Error.WriteLineAsync($"There is no hub in {Path.GetFullPath(directory)}: give its data directory with --data DIR.");
                return HubCommands.WrongSetting;
            }

            if (await PasswordPrompt.ReadAsync(cancellationToken) is not { } password)
            {
                return HubCommands.WrongSetting;
            }

            if ((PeopleBook.NameFault(who) ?? PasswordRules.Fault(who, password)) is { } fault)
            {
                await Console.Error.WriteLineAsync(fault);
                return HubCommands.WrongSetting;
            }

            try
            {
                await Console.Out.WriteLineAsync(await ResetAsync(directory, who, password, cancellationToken));
                return 0;
            }
            catch (Exception cannot) when (cannot is StoreException or IOException or UnauthorizedAccessException)
            {
                await Console.Error.WriteLineAsync(cannot.Message);
                return HubCommands.CannotRun;
            }
        });
        return command;
    }

    private static async Task<string> ResetAsync(string directory, string who, string password, CancellationToken cancellationToken)
    {
        var clock = TimeProvider.System;
        await using var store = HubStore.Open(directory, [.. PeopleStore.Schema, .. LogBook.Schema], clock);
        var people = new PeopleStore(store);
        var known = (await people.PeopleAsync(cancellationToken)).Find(p => p.Name.Equals(who, StringComparison.OrdinalIgnoreCase));
        var hash = PasswordHash.Make(password);
        if (known is null)
        {
            await people.AddAsync(new Person(0, who, hash, Role.Administrator, clock.GetUtcNow(), null));
        }
        else
        {
            await people.SaveAsync(known with { Password = hash }, endSessions: true);
        }

        var words = known is null ? "added as administrator by the command reset-password" : "password changed by the command reset-password";
        await store.WriteAsync(connection => LogBook.WriteRow(connection, clock.GetUtcNow(), "command line", LogKinds.Access, known?.Name ?? who, words, "", null), cancellationToken);
        return known is null ? $"{who} is an administrator now." : $"{known.Name} has the new password, and is signed out everywhere.";
    }
}
