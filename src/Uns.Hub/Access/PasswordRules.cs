using static Uns.Ui.Texts.Wording;

namespace Uns.Hub.Access;

/// <summary>Which passwords are taken: long ones that are not among the first a stranger tries. Nothing is asked about kinds of characters.</summary>
internal static class PasswordRules
{
    /// <summary>Fewest characters.</summary>
    public const int Shortest = 12;

    /// <summary>Most characters: what is hashed has a bound.</summary>
    public const int Longest = 200;

    private static readonly string[] Rows = ["0123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm", "1234567890"];

    /// <summary>What is wrong with a password for somebody, in the language of whoever gave it; null when it can be taken.</summary>
    public static string? Fault(string name, string password)
    {
        if (password.Length < Shortest)
        {
            return T($"The password has {password.Length} characters: give at least {Shortest}.");
        }

        if (password.Length > Longest)
        {
            return T($"The password has {password.Length} characters: give at most {Longest}.");
        }

        var lower = password.ToLowerInvariant();
        var own = name.Trim().ToLowerInvariant();
        if (Shapes(lower).Any(shape => shape == own || (shape.Length > 2 && shape == Core(own))))
        {
            return T("The password is the name: give another one.");
        }

        return Shapes(lower).Any(CommonPasswords.All.Contains) || lower.Distinct().Count() < 4 || IsRow(lower)
            ? T("The password is one of those that are tried first: give another one, such as four words that have nothing to do with each other.")
            : null;
    }

    // The same word in other clothes: with digits around it, with digits for letters, several times over.
    private static IEnumerable<string> Shapes(string lower)
    {
        foreach (var shape in new[] { lower, Core(lower), Plain(lower), Plain(Core(lower)), Core(Plain(lower)) })
        {
            yield return shape;
            yield return Unit(shape);
        }
    }

    private static string Core(string text) => string.Concat(text.SkipWhile(c => !char.IsLetter(c)).Reverse().SkipWhile(c => !char.IsLetter(c)).Reverse());

    private static string Plain(string text) => string.Concat(text.Select(c => c switch { '0' => 'o', '1' or '!' => 'i', '3' => 'e', '4' or '@' => 'a', '5' or '$' => 's', '7' => 't', _ => c }));

    private static string Unit(string text)
    {
        for (var length = 1; length <= text.Length / 2; length++)
        {
            if (text.Length % length == 0 && Enumerable.Range(length, text.Length - length).All(at => text[at] == text[at - length]))
            {
                return text[..length];
            }
        }

        return text;
    }

    // A walk along the alphabet, the digits or the keys, also backwards and over the end.
    private static bool IsRow(string lower)
    {
        var steps = lower.Zip(lower.Skip(1)).ToList();
        return Rows.Any(row => IsWalk(steps, row, 1) || IsWalk(steps, row, row.Length - 1));
    }

    private static bool IsWalk(List<(char From, char To)> steps, string row, int stride) =>
        steps.TrueForAll(step => row.IndexOf(step.From, StringComparison.Ordinal) is >= 0 and var at && row[(at + stride) % row.Length] == step.To);
}
