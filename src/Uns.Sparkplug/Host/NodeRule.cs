using Uns.Sparkplug.Topics;

namespace Uns.Sparkplug.Host;

/// <summary>What the host does otherwise for some edge nodes. Of several rules that fit a node the first that says something about a matter counts.</summary>
public sealed record NodeRule
{
    /// <summary>Which nodes: <c>GROUP/NODE</c> as it is, upper and lower case apart; <c>*</c> stands for any characters within one half.</summary>
    /// <value>Every node unless set.</value>
    public string Node { get; init; } = "*/*";

    /// <summary>For what the host asks these nodes for a rebirth by itself; null: the rule says nothing about it.</summary>
    public RebirthCauses? RebirthOn { get; init; }

    /// <summary>True: commands name their metric and carry no alias, for nodes that know only names; null: the rule says nothing about it.</summary>
    /// <remarks>The standard wants the alias where the birth gave one [tck-id-payloads-alias-data-cmd-requirement]: only for nodes that do not understand it.</remarks>
    public bool? CommandsByName { get; init; }

    /// <summary>True when the rule is about this node.</summary>
    public bool Fits(EdgeNodeId id)
    {
        var slash = Node.IndexOf('/', StringComparison.Ordinal);
        return slash >= 0 && Fits(Node.AsSpan(0, slash), id.GroupId) && Fits(Node.AsSpan(slash + 1), id.NodeId);
    }

    /// <summary>What is wrong with <see cref="Node"/>, as the end of a sentence; null when nothing is.</summary>
    public string? Fault()
    {
        var halves = Node.Split('/');
        return halves.Length == 2 && halves.All(half => half.Length > 0 && half.IndexOfAny(['+', '#']) < 0 && !half.Any(char.IsControl))
            ? null
            : $"is '{Node}': give GROUP/NODE, in which * stands for any characters.";
    }

    // As far as the last * reaches, then back to it with one more character: no pattern takes longer than text times pattern.
    private static bool Fits(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        var (at, star, behind) = (0, -1, 0);
        for (var i = 0; i < text.Length;)
        {
            if (at < pattern.Length && pattern[at] == '*')
            {
                (star, behind) = (at++, i);
            }
            else if (at < pattern.Length && pattern[at] == text[i])
            {
                (at, i) = (at + 1, i + 1);
            }
            else if (star >= 0)
            {
                (at, i) = (star + 1, ++behind);
            }
            else
            {
                return false;
            }
        }

        return pattern[at..].IndexOfAnyExcept('*') < 0;
    }
}
