namespace Uns.Tags;

/// <summary>The rules a tag's name keeps, so that it can be a Sparkplug metric name and a branch of topics.</summary>
/// <remarks>Folders are separated by <c>/</c>. Sparkplug 3.0, chapter 6 (metric names); MQTT 5.0, 1.5.4 (UTF-8 strings).</remarks>
public static class TagName
{
    /// <summary>Longest name, in characters: a topic made from it stays far below MQTT's 65,535 bytes.</summary>
    public const int MaximumLength = 512;

    /// <summary>Finds what is wrong with a name.</summary>
    /// <returns>Null when the name can be used; else one sentence that says what to change.</returns>
    public static string? Fault(string name)
    {
        if (string.IsNullOrWhiteSpace(name))
        {
            return "is empty: give a name.";
        }

        if (name.Length > MaximumLength)
        {
            return $"has {name.Length} characters: give at most {MaximumLength}.";
        }

        foreach (var segment in name.Split('/'))
        {
            if (segment.Length == 0)
            {
                return "has an empty folder: write one / between two names and none at either end.";
            }

            if (segment != segment.Trim())
            {
                return $"has a blank before or after '{segment.Trim()}': take it away.";
            }
        }

        foreach (var rune in name.EnumerateRunes())
        {
            if (rune.Value is '+' or '#' || rune == System.Text.Rune.ReplacementChar || System.Text.Rune.IsControl(rune))
            {
                return $"holds the character U+{rune.Value:X4}, which a topic cannot carry: leave it out.";
            }
        }

        return null;
    }
}
