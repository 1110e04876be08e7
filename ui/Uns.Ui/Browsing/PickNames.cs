using System.Text;
using Uns.Tags;

namespace Uns.Ui.Browsing;

/// <summary>How much of the way to a value goes into its tag's name.</summary>
internal enum PickNaming
{
    /// <summary>From the last folder that all that are ticked have in common.</summary>
    FromFork,

    /// <summary>All of it.</summary>
    Whole,

    /// <summary>The value's own name alone.</summary>
    LastOnly,
}

/// <summary>A value that is meant, with the name that its tag gets.</summary>
/// <param name="Picked">The value.</param>
/// <param name="Name">The name: legal, and no other tag's.</param>
/// <param name="Changed">What a tag's name cannot carry and what stands there instead, in words; null when nothing was changed.</param>
/// <param name="Clash">The name that it would have had, where another tag has it; null else.</param>
internal sealed record NamedPick(Picked Picked, string Name, string? Changed, string? Clash);

/// <summary>Gives values that were ticked names that tags can have. Pure.</summary>
internal static class PickNames
{
    /// <summary>Names all of them, in their order.</summary>
    /// <param name="picked">What is ticked.</param>
    /// <param name="naming">How much of the way goes into a name.</param>
    /// <param name="taken">Names of the tags that are there.</param>
    public static IReadOnlyList<NamedPick> Of(IReadOnlyCollection<Picked> picked, PickNaming naming, IEnumerable<string> taken)
    {
        // Names that differ by case alone are taken for one.
        var names = new HashSet<string>(taken, StringComparer.OrdinalIgnoreCase);
        var numbers = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        var left = LeftOut(picked, naming);
        var result = new List<NamedPick>(picked.Count);
        foreach (var one in picked)
        {
            var raw = Raw(one, left);
            var levels = raw.Select(Legal).ToList();
            var changed = raw.Zip(levels).Where(l => l.First != l.Second).Select(l => T($"'{l.First}' becomes {l.Second}")).ToList();
            var wanted = Fitting(levels, TagName.MaximumLength);
            if (wanted.Length < string.Join('/', levels).Length)
            {
                changed.Add(T($"it is cut to {wanted}"));
            }

            var name = wanted;
            while (!names.Add(name))
            {
                var ending = $"_{numbers[wanted] = numbers.GetValueOrDefault(wanted, 1) + 1}";
                name = Fitting(levels, TagName.MaximumLength - ending.Length) + ending;
            }

            result.Add(new(one, name, changed.Count == 0 ? null : string.Join(", ", changed), name == wanted ? null : wanted));
        }

        return result;
    }

    /// <summary>The name of the first, as an example; null when there is none.</summary>
    public static string? First(IReadOnlyCollection<Picked> picked, PickNaming naming) =>
        picked.FirstOrDefault() is { } first ? Fitting([.. Raw(first, LeftOut(picked, naming)).Select(Legal)], TagName.MaximumLength) : null;

    private static int LeftOut(IReadOnlyCollection<Picked> picked, PickNaming naming) =>
        naming switch { PickNaming.Whole => 0, PickNaming.LastOnly => int.MaxValue, _ => Math.Max(0, Common(picked) - 1) };

    private static List<string> Raw(Picked one, int left) => [.. one.Path.Skip(Math.Min(left, one.Path.Count - 1))];

    // A level that a name can carry: no topic signs, nothing that is not printed, no blanks around it, not empty.
    private static string Legal(string level)
    {
        var legal = new StringBuilder(level.Length);
        foreach (var rune in level.EnumerateRunes())
        {
            legal.Append(rune.Value is '/' or '+' or '#' || rune == Rune.ReplacementChar || Rune.IsControl(rune) ? "_" : rune.ToString());
        }

        return legal.ToString().Trim() is { Length: > 0 } name ? name : "_";
    }

    // Folders go first, from the front; what is left is cut between characters.
    private static string Fitting(List<string> levels, int most)
    {
        for (var from = 0; from < levels.Count; from++)
        {
            var name = string.Join('/', levels.Skip(from));
            if (name.Length <= most)
            {
                return name;
            }
        }

        var last = levels[^1];
        return last[..(char.IsHighSurrogate(last[most - 1]) ? most - 1 : most)].TrimEnd();
    }

    // How many folders all have in common.
    private static int Common(IReadOnlyCollection<Picked> picked)
    {
        List<string>? common = null;
        foreach (var one in picked)
        {
            var folders = one.Path.Take(one.Path.Count - 1).ToList();
            common = common is null ? folders : [.. common.Zip(folders).TakeWhile(p => p.First == p.Second).Select(p => p.First)];
        }

        return common?.Count ?? 0;
    }
}
