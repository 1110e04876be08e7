using Uns.Tree;

namespace Uns.Ui.Changes;

/// <summary>One move that is in force.</summary>
/// <param name="Row">The row of the mapping table.</param>
/// <param name="Paths">The old paths of the values that moved by it.</param>
public sealed record MovedPlace(EquipmentRule Row, IReadOnlyList<string> Paths);

/// <summary>Finds what was moved, and what is still told at the old places. Pure.</summary>
public static class MovedPlaces
{
    /// <summary>All moves, in the order of the table.</summary>
    public static IReadOnlyList<MovedPlace> Of(UnsTree tree, IReadOnlyList<EquipmentRule> rules)
    {
        var moves = rules.Where(r => r.IsMove).ToList();
        if (moves.Count == 0)
        {
            return [];
        }

        var paths = moves.ConvertAll(_ => new List<string>());
        foreach (var former in tree.Root.Values().SelectMany(n => n.Formerly))
        {
            if (moves.FindIndex(m => former.Path == m.From || (former.Path.StartsWith(m.From!, StringComparison.Ordinal) && former.Path[m.From!.Length] == '/')) is >= 0 and var move)
            {
                paths[move].Add(former.Path);
            }
        }

        return [.. moves.Select((m, at) => new MovedPlace(m, paths[at]))];
    }
}
