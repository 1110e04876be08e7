using System.Globalization;

namespace Uns.Connectors.TagFiles;

/// <summary>One data block of a source.</summary>
internal sealed record DataBlock(string Name, int Number, bool IsOptimized, IReadOnlyList<BlockMember> Members, int Line);

/// <summary>One declared value, structure or array of them.</summary>
/// <param name="Name">As declared.</param>
/// <param name="Type">Upper case; <c>STRUCT</c> where it has members; empty for one that is not known, with its name in <paramref name="Unknown"/>.</param>
/// <param name="Length">Length of a text; 254 unless declared.</param>
/// <param name="Bounds">Lower and upper bound of each dimension; empty for a single value.</param>
/// <param name="Members">Of a structure.</param>
/// <param name="Unknown">A type that the source does not declare; null for one that is known.</param>
/// <param name="Line">Where it is declared.</param>
internal sealed record BlockMember(
    string Name, string Type, int Length, IReadOnlyList<(int Low, int High)> Bounds, IReadOnlyList<BlockMember> Members, string? Unknown, int Line);

/// <summary>Reads declarations out of a source. What begins a block's values, and other kinds of block, is stepped over.</summary>
internal sealed class BlockReader(List<SourceToken> tokens)
{
    // Structures in structures: no real block comes near.
    private const int DeepestNesting = 32;

    private readonly Dictionary<string, IReadOnlyList<BlockMember>> _types = new(StringComparer.OrdinalIgnoreCase);
    private int _at;

    /// <summary>Where the reader stands.</summary>
    public int Line => tokens.Count == 0 ? 1 : tokens[Math.Min(_at, tokens.Count - 1)].Line;

    /// <summary>All data blocks, in order.</summary>
    /// <exception cref="FormatException">A declaration is no declaration; the message names what was found.</exception>
    public IEnumerable<DataBlock> Read()
    {
        while (_at < tokens.Count)
        {
            var token = tokens[_at++];
            if (token.Is("TYPE"))
            {
                var name = Take().Text;
                _types[name] = Declarations("END_TYPE", out _);
            }
            else if (token.Is("DATA_BLOCK"))
            {
                yield return Block();
            }
        }
    }

    private DataBlock Block()
    {
        var line = Line;
        var name = Take().Text;
        if (name.Equals("DB", StringComparison.OrdinalIgnoreCase) && int.TryParse(Peek().Text, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            name += Take().Text; // DATA_BLOCK DB 10, as STEP 7 writes it.
        }

        var number = name.StartsWith("DB", StringComparison.OrdinalIgnoreCase) && int.TryParse(name.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out var found) ? found : 0;
        var members = Declarations("END_DATA_BLOCK", out var isOptimized);
        return new(name, number, isOptimized, members, line);
    }

    // From here to the end of the declarations: the head, one structure or the members in VAR … END_VAR.
    private IReadOnlyList<BlockMember> Declarations(string end, out bool isOptimized)
    {
        isOptimized = false;
        IReadOnlyList<BlockMember> members = [];
        for (; _at < tokens.Count && !Peek().Is(end); _at++)
        {
            if (Peek().Text.StartsWith('{'))
            {
                isOptimized |= Peek().Text.Contains("S7_Optimized_Access", StringComparison.OrdinalIgnoreCase) && Peek().Text.Contains("'TRUE'", StringComparison.OrdinalIgnoreCase);
            }
            else if (Peek().Is("STRUCT") || Peek().Is("VAR"))
            {
                var closing = Take().Is("VAR") ? "END_VAR" : "END_STRUCT";
                members = [.. members, .. Members(closing, 0)];
            }
            else if (_types.TryGetValue(Peek().Text, out var whole))
            {
                members = [.. members, .. whole]; // A block of one type: DATA_BLOCK "Motor" "MotorType" BEGIN …
            }
            else if (Peek().Is("BEGIN"))
            {
                while (_at < tokens.Count && !Peek().Is(end))
                {
                    _at++;
                }

                break;
            }
        }

        return members;
    }

    // Ends on the closing word.
    private List<BlockMember> Members(string closing, int depth)
    {
        if (depth > DeepestNesting)
        {
            throw new FormatException($"line {Line}: structures lie more than {DeepestNesting} deep.");
        }

        var members = new List<BlockMember>();
        while (Peek().Is("RETAIN") || Peek().Is("NON_RETAIN"))
        {
            Take();
        }

        while (!Peek().Is(closing))
        {
            var (line, name) = (Line, Take().Text);
            if (Peek().Text.StartsWith('{'))
            {
                Take();
            }

            Expect(":");
            members.Add(Declared(name, line, depth));
            // A start value may have any form; it ends with the line's semicolon.
            while (!Peek().Is(";"))
            {
                Take();
            }

            Take();
        }

        return members;
    }

    private BlockMember Declared(string name, int line, int depth)
    {
        var bounds = new List<(int, int)>();
        while (Peek().Is("ARRAY"))
        {
            Take();
            Expect("[");
            do
            {
                var low = Number();
                Expect("..");
                bounds.Add((low, Number()));
            }
            while (Take().Is(","));
            Expect("OF");
        }

        var type = Take();
        if (type.Is("STRUCT"))
        {
            var members = Members("END_STRUCT", depth + 1);
            Take();
            return new(name, "STRUCT", 0, bounds, members, null, line);
        }

        if (_types.TryGetValue(type.Text, out var declared))
        {
            return new(name, "STRUCT", 0, bounds, declared, null, line);
        }

        var length = 254;
        if (!type.IsQuoted && Peek().Is("["))
        {
            Take();
            length = Number();
            Expect("]");
        }

        return type.IsQuoted || BlockLayout.WidthOf(type.Text.ToUpperInvariant(), length) is null
            ? new(name, "", 0, bounds, [], type.Text, line)
            : new(name, type.Text.ToUpperInvariant(), length, bounds, [], null, line);
    }

    private SourceToken Peek() => _at < tokens.Count ? tokens[_at] : throw new FormatException("it ends in the middle of a declaration.");

    private SourceToken Take()
    {
        var token = Peek();
        _at++;
        return token;
    }

    private void Expect(string sign)
    {
        if (Take() is var found && !found.Is(sign))
        {
            throw new FormatException($"line {found.Line}: '{found.Text}' stands where {sign} was awaited.");
        }
    }

    private int Number() => Take() is var found && int.TryParse(found.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw new FormatException($"line {found.Line}: '{found.Text}' stands where a number was awaited.");
}
