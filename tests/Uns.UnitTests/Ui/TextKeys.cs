using System.Globalization;
using System.Text;

namespace Uns.UnitTests.Ui;

/// <summary>Reads the pages' sources as text: which keys they ask for, and what stands in them as plain words.</summary>
internal static class TextKeys
{
    /// <summary>The keys of all <c>T("…")</c>, <c>T($"…")</c>, <c>Rich($"…")</c> and <c>Later($"…")</c>, as the compiler makes them.</summary>
    public static IEnumerable<string> Asked(string source)
    {
        for (var at = 0; at < source.Length; at++)
        {
            foreach (var call in (string[])["T(", "Rich(", "Later("])
            {
                if (string.CompareOrdinal(source, at, call, 0, call.Length) == 0 && (at == 0 || !(char.IsLetterOrDigit(source[at - 1]) || source[at - 1] is '_' or '.'))
                    && at + call.Length + 1 < source.Length && source[at + call.Length] is '"' or '$' && !(source[at + call.Length] == '$' && source[at + call.Length + 1] != '"'))
                {
                    yield return Literal(source, at + call.Length).Key;
                }
            }
        }
    }

    /// <summary>Every string in a source file with where it stands, those inside of others' places too, as the compiler makes keys of them. Raw strings are left out.</summary>
    public static IEnumerable<(int At, string Key)> Strings(string source)
    {
        var found = new List<(int At, string Key)>();
        for (var at = 0; at < source.Length;)
        {
            var rest = source.AsSpan(at);
            if (rest.StartsWith("//"))
            {
                at = source.IndexOf('\n', at) is var end and >= 0 ? end : source.Length;
            }
            else if (rest.StartsWith("\"\"\""))
            {
                at = source.IndexOf("\"\"\"", at + 3, StringComparison.Ordinal) + 3;
            }
            else if (rest[0] == '\'')
            {
                at = source.IndexOf('\'', at + (source[at + 1] == '\\' ? 3 : 2)) + 1;
            }
            else if (rest[0] == '"' || (rest.StartsWith("$\"") && !rest.StartsWith("$\"\"\"")))
            {
                at = Literal(source, at, found).End;
            }
            else
            {
                at++;
            }
        }

        return found;
    }

    /// <summary>What stands in the markup of a page as plain words: between tags, and in attributes that are read.</summary>
    public static IEnumerable<string> Plain(string page)
    {
        var code = page.IndexOf("\n@code {", StringComparison.Ordinal);
        var markup = (code < 0 ? page : page[..code]).ReplaceLineEndings("\n");
        var words = new StringBuilder();
        for (var at = 0; at < markup.Length;)
        {
            if (markup[at] == '@')
            {
                at = Expression(markup, at);
                words.Append(' ');
            }
            else if (markup[at] == '<' && at + 1 < markup.Length && (char.IsLetter(markup[at + 1]) || markup[at + 1] is '/' or '!'))
            {
                var attributes = new List<(string Name, string Value)>();
                at = Tag(markup, at, attributes);
                words.Append('\n');
                foreach (var (name, value) in attributes.Where(a => a.Name is "title" or "placeholder" or "aria-label" or "alt" or "Title" or "Hint" or "Words" or "EmptyText"))
                {
                    words.Append(Without(value)).Append('\n');
                }
            }
            else
            {
                words.Append(markup[at++]);
            }
        }

        return words.ToString().Split('\n').Select(l => l.Trim()).Where(l => !IsCode(l) && l.Split([' ', ',', '.', ':', ';', '(', ')', '{', '}', '/', '…', '→', '×'], StringSplitOptions.RemoveEmptyEntries).Any(IsWord));
    }

    private static bool IsWord(string word) => word.Count(char.IsLetter) >= 2 && !Names.Contains(word);

    /// <summary>Names that are the same in every language.</summary>
    public static IReadOnlySet<string> Names { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        "MQTT", "QoS", "bdSeq", "CSV", "PNG", "JSON", "API", "REST", "SHA-256", "Sparkplug", "UTC", "mosquitto_sub", "500ms", "true", "false", "else", "seq",
    };

    // Statements between tags: "var row = …;", "else", "foreach (…)", braces.
    private static bool IsCode(string line) =>
        line.Length == 0 || line.EndsWith(';') || line.StartsWith("else", StringComparison.Ordinal) || line.StartsWith("foreach (", StringComparison.Ordinal) || line.StartsWith("if (", StringComparison.Ordinal)
        || (line.Contains('/', StringComparison.Ordinal) && !line.Contains(' ', StringComparison.Ordinal)); // An address as an example.

    private static string Without(string value)
    {
        var words = new StringBuilder();
        for (var at = 0; at < value.Length;)
        {
            if (value[at] == '@')
            {
                at = Expression(value, at);
            }
            else
            {
                words.Append(value[at++]);
            }
        }

        return words.ToString();
    }

    // From a '@' to behind what it begins: a comment, a directive, a statement's head, an expression.
    private static int Expression(string text, int at)
    {
        if (text.AsSpan(at).StartsWith("@*"))
        {
            return text.IndexOf("*@", at, StringComparison.Ordinal) + 2;
        }

        at++;
        var begin = at;
        while (at < text.Length)
        {
            if (text[at] is '(' or '[')
            {
                at = Balanced(text, at);
            }
            else if (char.IsLetterOrDigit(text[at]) || text[at] == '_' || (text[at] == '.' && at + 1 < text.Length && char.IsLetter(text[at + 1])) || (text[at] is '?' or '!' && at + 1 < text.Length && text[at + 1] == '.'))
            {
                at++;
            }
            else
            {
                break;
            }

            var word = text[begin..at];
            if (word is "page" or "using" or "implements" or "inherits" or "inject" or "attribute" or "layout" or "typeparam")
            {
                return text.IndexOf('\n', at) is var end and >= 0 ? end : text.Length;
            }

            if (word is "if" or "foreach" or "for" or "switch" or "while")
            {
                return Balanced(text, text.IndexOf('(', at));
            }
        }

        return at;
    }

    private static int Tag(string text, int at, List<(string Name, string Value)> attributes)
    {
        for (at++; at < text.Length && text[at] != '>'; at++)
        {
            if (text[at] != '"')
            {
                continue;
            }

            var name = at - 1;
            while (name > 0 && !char.IsWhiteSpace(text[name - 1]))
            {
                name--;
            }

            var begin = ++at;
            while (text[at] != '"')
            {
                at = text[at] == '@' ? Math.Max(at + 1, Expression(text, at)) : at + 1;
            }

            attributes.Add((text[name..(begin - 2)], text[begin..at]));
        }

        return at + 1;
    }

    // From an opening bracket to behind its closing one.
    private static int Balanced(string text, int at, List<(int At, string Key)>? all = null)
    {
        var depth = 0;
        do
        {
            if (text[at] == '"' || (text[at] == '$' && text[at + 1] == '"'))
            {
                at = Literal(text, at, all).End;
                continue;
            }

            if (text[at] == '\'' && text[at + 2] == '\'')
            {
                at += 3;
                continue;
            }

            depth += text[at] is '(' or '[' or '{' ? 1 : text[at] is ')' or ']' or '}' ? -1 : 0;
            at++;
        }
        while (depth > 0);
        return at;
    }

    // A string as it is written, to the key that the compiler makes of it.
    private static (string Key, int End) Literal(string text, int at, List<(int At, string Key)>? all = null)
    {
        var (begin, isFilled) = (at, text[at] == '$');
        at += isFilled ? 2 : 1;
        var key = new StringBuilder();
        var count = 0;
        while (text[at] != '"')
        {
            if (text[at] == '\\')
            {
                key.Append(text[at + 1] == 'n' ? '\n' : text[at + 1]);
                at += 2;
            }
            else if (isFilled && text[at] is '{' or '}' && text[at + 1] == text[at])
            {
                key.Append(text[at]).Append(text[at]);
                at += 2;
            }
            else if (isFilled && text[at] == '{')
            {
                var end = Hole(text, at + 1, out var format, all);
                key.Append('{').Append((count++).ToString(CultureInfo.InvariantCulture)).Append(format).Append('}');
                at = end;
            }
            else
            {
                key.Append(text[at++]);
            }
        }

        all?.Add((begin, key.ToString()));
        return (key.ToString(), at + 1);
    }

    private static int Hole(string text, int at, out string format, List<(int At, string Key)>? all = null)
    {
        while (text[at] != '}')
        {
            if (text[at] == ':' && text[at + 1] != ':' && text[at - 1] != ':')
            {
                var end = text.IndexOf('}', at);
                format = text[at..end];
                return end + 1;
            }

            at = text[at] is '(' or '[' or '{' ? Balanced(text, at, all) : text[at] == '"' || (text[at] == '$' && text[at + 1] == '"') ? Literal(text, at, all).End : at + 1;
        }

        format = "";
        return at + 1;
    }
}
