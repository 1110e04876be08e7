namespace Uns.Hub.Commands;

/// <summary>Reads a password: one line of standard input; typed by hand it is not shown.</summary>
internal static class PasswordPrompt
{
    /// <summary>Reads it; null, and a sentence on standard error, when there is none.</summary>
    public static async Task<string?> ReadAsync(CancellationToken cancellationToken)
    {
        var password = Console.IsInputRedirected ? await Console.In.ReadLineAsync(cancellationToken) : Typed();
        if (!string.IsNullOrEmpty(password))
        {
            return password;
        }

        await Console.Error.WriteLineAsync("There is no password: give it as one line of standard input.");
        return null;
    }

    private static string Typed()
    {
        Console.Error.Write("Password: ");
        var typed = new System.Text.StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                typed.Length = Math.Max(0, typed.Length - 1);
            }
            else if (!char.IsControl(key.KeyChar))
            {
                typed.Append(key.KeyChar);
            }
        }

        Console.Error.WriteLine();
        return typed.ToString();
    }
}
