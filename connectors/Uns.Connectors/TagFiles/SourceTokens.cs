namespace Uns.Connectors.TagFiles;

/// <summary>One word or sign of a source.</summary>
/// <param name="Text">The word without its quotes, or the sign.</param>
/// <param name="Line">From one.</param>
/// <param name="IsQuoted">True for a name in double quotes: it is never a keyword.</param>
internal readonly record struct SourceToken(string Text, int Line, bool IsQuoted)
{
    /// <summary>True for a keyword or sign, whatever its case.</summary>
    public bool Is(string word) => !IsQuoted && Text.Equals(word, StringComparison.OrdinalIgnoreCase);
}

/// <summary>Cuts an SCL source into words and signs. Attributes in braces are kept as one token, comments apart by their line. Pure.</summary>
internal static class SourceTokens
{
    /// <summary>Cuts a whole source.</summary>
    /// <param name="text">The source.</param>
    /// <param name="comments">Gets the last comment of each line.</param>
    public static List<SourceToken> Cut(string text, Dictionary<int, string> comments)
    {
        var tokens = new List<SourceToken>();
        var line = 1;
        for (var at = 0; at < text.Length;)
        {
            var end = End(text, at);
            var part = text[at..end];
            if (part.StartsWith("//", StringComparison.Ordinal))
            {
                comments[line] = part[2..].Trim();
            }
            else if (part.StartsWith("(*", StringComparison.Ordinal))
            {
                comments[line] = part[2..].TrimEnd(')', '*').Trim();
            }
            else if (!char.IsWhiteSpace(part[0]))
            {
                tokens.Add(part[0] == '"' ? new(part.Trim('"'), line, IsQuoted: true) : new(part, line, IsQuoted: false));
            }

            line += part.Count(c => c == '\n');
            at = end;
        }

        return tokens;
    }

    private static int End(string text, int at)
    {
        var rest = text.AsSpan(at);
        var length = text[at] switch
        {
            '/' when rest.StartsWith("//") => Until(rest, "\n", 0),
            '(' when rest.StartsWith("(*") => Until(rest, "*)", 2),
            '{' => Until(rest, "}", 1),
            '"' => 1 + Until(rest[1..], "\"", 1),
            '\'' => 1 + Until(rest[1..], "'", 1),
            ':' when rest.StartsWith(":=") => 2,
            '.' when rest.StartsWith("..") => 2,
            var first when IsWord(first) => Run(rest, IsWord),
            var first when char.IsWhiteSpace(first) => Run(rest, char.IsWhiteSpace),
            _ => 1,
        };
        return at + length;
    }

    private static int Until(ReadOnlySpan<char> rest, string sign, int and) => rest.IndexOf(sign) is var found and >= 0 ? found + and : rest.Length;

    private static int Run(ReadOnlySpan<char> rest, Func<char, bool> belongs)
    {
        var length = 1;
        while (length < rest.Length && belongs(rest[length]))
        {
            length++;
        }

        return length;
    }

    private static bool IsWord(char character) => char.IsLetterOrDigit(character) || character is '_' or '#' or '%' or '-' or '+';
}
