using System.Text;

namespace Uns.Tree;

/// <summary>Names on the way from the enterprise down to a value, and the rules that keep them usable as topics.</summary>
/// <remarks>
/// Levels follow ISA-95 part 1 (equipment hierarchy). Any level but the first may be missing. Segments are separated by <c>/</c>;
/// case matters; a whole topic stays within MQTT's 65,535 bytes because a path has at most <see cref="MaximumLength"/> characters.
/// </remarks>
public static class EquipmentPath
{
    /// <summary>Longest path in characters.</summary>
    public const int MaximumLength = 1024;

    private static readonly string[] Levels = ["Enterprise", "Site", "Area", "Line", "Cell"];

    /// <summary>The ISA-95 name of a place's level, counted from 0. Below the cell everything is equipment.</summary>
    public static string LevelName(int depth) => depth < Levels.Length ? Levels[depth] : "Equipment";

    /// <summary>Finds what is wrong with a place that a user typed, such as <c>acme/berlin/bottling/line1</c>.</summary>
    /// <returns>Null when it can be used; else one sentence that says what to change.</returns>
    public static string? Fault(string path)
    {
        if (path.Length == 0)
        {
            return "is empty: give at least the enterprise, e.g. acme/berlin/bottling/line1/filler.";
        }

        if (path.Length > MaximumLength)
        {
            return $"has {path.Length} characters: give at most {MaximumLength}.";
        }

        foreach (var segment in path.Split('/'))
        {
            if (segment.Length == 0)
            {
                return "has an empty level: write one / between two names and none at either end.";
            }

            if (!string.Equals(segment, Sanitise(segment), StringComparison.Ordinal))
            {
                return $"has the level '{segment}', which a topic cannot carry as it is: write {Sanitise(segment)}.";
            }
        }

        return null;
    }

    /// <summary>Makes one topic level of any name: blanks and separators become <c>_</c>, <c>+</c> becomes <c>plus</c>, <c>#</c> becomes <c>no</c>.</summary>
    /// <remarks>Not reversible: who needs the original name takes it from the node's source.</remarks>
    public static string Sanitise(string name)
    {
        var trimmed = name.Trim();
        if (trimmed.Length == 0)
        {
            return "_";
        }

        var result = new StringBuilder(trimmed.Length);
        foreach (var rune in trimmed.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '+':
                    result.Append("plus");
                    break;
                case '#':
                    result.Append("no");
                    break;
                case '/' or ' ' or 0xFFFD:
                    result.Append('_');
                    break;
                case '$' when result.Length == 0: // [MQTT-4.7.2-1] keeps a leading $ for the broker.
                    result.Append('_');
                    break;
                default:
                    result.Append(Rune.IsControl(rune) || Rune.IsWhiteSpace(rune) ? "_" : rune.ToString());
                    break;
            }
        }

        return result.ToString();
    }

    /// <summary>Appends a metric's name: its folders become levels, each made safe.</summary>
    internal static string Append(string place, string metricName)
    {
        var result = new StringBuilder(place);
        foreach (var folder in metricName.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            result.Append('/').Append(Sanitise(folder));
        }

        return result.ToString();
    }
}
