using Uns.Connectors;
using Uns.Connectors.TagFiles;

namespace Uns.Ui.Browsing;

/// <summary>
/// What is known of a device's address space, and what is ticked in it. Pure: whoever holds it asks the device, level by level or for all below a place, and puts
/// the answers in here.
/// </summary>
/// <param name="isTag">True for the address of a value that is a tag of the device already: it stands as ticked and stays so.</param>
internal sealed class BrowseSpace(Func<string, bool> isTag)
{
    private readonly Dictionary<string, Picked> _ticked = new(StringComparer.Ordinal);

    // The order in which the device told its values: tags stand so, however they were ticked.
    private readonly Dictionary<string, int> _order = new(StringComparer.Ordinal);
    private List<Picked>? _inOrder;

    // The values below a place, by its id. The space is a graph and a walk names each value once: only of a place from which one began are they all.
    private readonly Dictionary<string, (List<Picked> Values, bool AreAll)> _known = new(StringComparer.Ordinal);

    /// <summary>The top level; null until the device was asked.</summary>
    public IReadOnlyList<BrowseNode>? Top { get; private set; }

    /// <summary>Why the top level is not known; null else.</summary>
    public string? Fault { get; set; }

    /// <summary>How many of the top level are drawn.</summary>
    public int Drawn { get; set; } = BrowseNode.Step;

    /// <summary>How much is ticked.</summary>
    public int Count => _ticked.Count;

    /// <summary>What is ticked, in the order in which the device told it.</summary>
    public IReadOnlyList<Picked> Ticked => _inOrder ??= [.. _ticked.Values.OrderBy(p => _order[p.Address])];

    /// <summary>Takes what the device offers below a place.</summary>
    /// <param name="above">The place; null for the top.</param>
    /// <param name="entries">What it offers.</param>
    public void Put(BrowseNode? above, IReadOnlyList<BrowseEntry> entries)
    {
        IReadOnlyList<BrowseNode> nodes = [.. entries.Select(e => new BrowseNode(above, e))];
        foreach (var value in nodes.Where(n => n.IsVariable))
        {
            _order.TryAdd(value.Entry.Id, _order.Count);
        }

        if (above is null)
        {
            (Top, Fault) = (nodes, null);
        }
        else
        {
            (above.Below, above.Fault, above.IsAsked) = (nodes, null, false);
        }
    }

    /// <summary>Takes all values below a place, as the device offered them.</summary>
    /// <param name="start">The place.</param>
    /// <param name="offer">What it offered: the whole of it.</param>
    /// <returns>How many of them no tag can carry.</returns>
    public int Learn(BrowseNode start, TagOffer offer)
    {
        var carried = offer.Rows.Where(r => r.Fault is null).ToList();
        var values = carried.Select(r => r.Tag.Address).Concat(Above(start)).ToHashSet(StringComparer.Ordinal);
        foreach (var id in offer.Places.Keys.Where(id => !values.Contains(id) && !_known.GetValueOrDefault(id).AreAll))
        {
            _known[id] = ([], false);
        }

        _known[start.Entry.Id] = ([], true);
        foreach (var row in carried)
        {
            var names = new Stack<string>();
            var above = new List<string> { start.Entry.Id };
            for (var id = row.Tag.Address; id.Length > 0 && offer.Places.TryGetValue(id, out var place); id = place.Above)
            {
                names.Push(place.Name);
                above.Add(place.Above);
            }

            _order.TryAdd(row.Tag.Address, _order.Count);
            var picked = new Picked(row.Tag.Address, [.. start.Path, .. names], row.Tag.BrowsePath, row.Tag.DataType, row.Tag.Writable);
            foreach (var id in above.Where(id => id == start.Entry.Id || _known.GetValueOrDefault(id) is { Values: not null, AreAll: false }))
            {
                _known[id].Values.Add(picked);
            }
        }

        return offer.Rows.Count(r => r.Fault is not null);
    }

    /// <summary>True when all that can be ticked below a place is known.</summary>
    public bool Knows(BrowseNode node) => node.IsVariable || _known.GetValueOrDefault(node.Entry.Id).AreAll;

    /// <summary>How many values are known below a place; 0 where it was not asked.</summary>
    public int CountBelow(BrowseNode node) => _known.TryGetValue(node.Entry.Id, out var below) ? below.Values.Count : 0;

    /// <summary>How much is ticked at a value, or below a place. Where the device was not asked for all below, what was unfolded counts.</summary>
    public TickState StateOf(BrowseNode node)
    {
        if (node.IsVariable)
        {
            return IsOn(node.Entry.Id) ? TickState.All : TickState.None;
        }

        if (_known.TryGetValue(node.Entry.Id, out var below))
        {
            var on = below.Values.Count(p => IsOn(p.Address));
            return on == 0 ? TickState.None : on == below.Values.Count ? TickState.All : TickState.Some;
        }

        var states = (node.Below ?? []).Where(n => !n.IsMethod && !IsEmpty(n)).Select(StateOf).ToList();
        return states.TrueForAll(s => s == TickState.None) ? TickState.None : states.TrueForAll(s => s == TickState.All) ? TickState.All : TickState.Some;
    }

    /// <summary>True for a value that is a tag already: it is not to be had twice.</summary>
    public bool IsTag(BrowseNode node) => node.IsVariable && isTag(node.Entry.Id);

    /// <summary>Ticks a value or all known below a place, or takes the ticks away.</summary>
    public void Tick(BrowseNode node, bool on)
    {
        _inOrder = null;
        foreach (var picked in Meant(node, on))
        {
            if (!on)
            {
                _ticked.Remove(picked.Address);
            }
            else if (!isTag(picked.Address))
            {
                _ticked.TryAdd(picked.Address, picked);
            }
        }
    }

    /// <summary>Takes all ticks away.</summary>
    public void TickNone()
    {
        _inOrder = null;
        _ticked.Clear();
    }

    /// <summary>The lines of the tree, from above.</summary>
    /// <param name="filter">Words that an entry's name or id must hold; what leads to it is drawn too. Only what was unfolded is looked through.</param>
    public List<BrowseRow> Rows(string filter = "")
    {
        var words = Words(filter);
        var rows = new List<BrowseRow>();
        if (Top is { } top)
        {
            Add(null, top, Drawn, words, words.Length == 0 ? null : Found(top, words), rows);
        }

        return rows;
    }

    /// <summary>The values that were unfolded and hold the words.</summary>
    public IEnumerable<BrowseNode> Matching(string filter)
    {
        var words = Words(filter);
        return Loaded(Top).Where(n => n.IsVariable && Holds(n, words));
    }

    /// <summary>The entries of one level between two of it, both included, as far as they are drawn.</summary>
    public static IEnumerable<BrowseNode> Between(List<BrowseRow> rows, BrowseNode from, BrowseNode to)
    {
        var level = rows.Where(r => r.Line == BrowseLine.Entry && r.Node!.Above == to.Above).Select(r => r.Node!).ToList();
        var (one, other) = (level.IndexOf(from), level.IndexOf(to));
        return one < 0 || other < 0 ? [to] : level.Skip(Math.Min(one, other)).Take(Math.Abs(one - other) + 1);
    }

    private static string[] Words(string filter) => filter.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static bool Holds(BrowseNode node, string[] words) =>
        Array.TrueForAll(words, w => node.Entry.Name.Contains(w, StringComparison.OrdinalIgnoreCase) || node.Entry.Id.Contains(w, StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<BrowseNode> Loaded(IReadOnlyList<BrowseNode>? level) => (level ?? []).SelectMany(n => Loaded(n.Below).Prepend(n));

    // What holds the words, and all that leads to it.
    private static HashSet<BrowseNode> Found(IReadOnlyList<BrowseNode> top, string[] words)
    {
        var found = new HashSet<BrowseNode>();
        foreach (var node in Loaded(top).Where(n => Holds(n, words)))
        {
            for (var at = node; at is not null && found.Add(at); at = at.Above)
            {
            }
        }

        return found;
    }

    // Below an entry that holds the words itself, all stands if nothing below holds them.
    private static void Add(BrowseNode? above, IReadOnlyList<BrowseNode> below, int drawn, string[] words, HashSet<BrowseNode>? found, List<BrowseRow> rows)
    {
        var level = above is null ? 1 : above.Level + 1;
        var shown = found is null || (above is not null && !below.Any(found.Contains)) ? below : [.. below.Where(found.Contains)];
        for (var at = 0; at < shown.Count && at < drawn; at++)
        {
            var node = shown[at];
            rows.Add(new(BrowseLine.Entry, node, level, Place: at + 1, Siblings: shown.Count));
            var leads = found is not null && (node.Below ?? []).Any(found.Contains);
            if (!node.IsOpen && !leads)
            {
                continue;
            }

            if (node.Below is { Count: > 0 } next)
            {
                Add(node, next, node.Drawn, words, found, rows);
            }
            else
            {
                rows.Add(new(node.Fault is not null ? BrowseLine.Fault : node.Below is null ? BrowseLine.Asked : BrowseLine.Nothing, node, level + 1));
            }
        }

        if (shown.Count > drawn)
        {
            rows.Add(new(BrowseLine.More, above, level, Left: shown.Count - drawn));
        }
    }

    private bool IsOn(string address) => _ticked.ContainsKey(address) || isTag(address);

    // A place of which it is known that no value stands below.
    private bool IsEmpty(BrowseNode node) =>
        !node.IsVariable && (_known.TryGetValue(node.Entry.Id, out var below) ? below.Values.Count == 0 : node.Below is { } loaded && loaded.All(n => n.IsMethod || IsEmpty(n)));

    private static IEnumerable<string> Above(BrowseNode node)
    {
        for (var at = node.Above; at is not null; at = at.Above)
        {
            yield return at.Entry.Id;
        }
    }

    private IEnumerable<Picked> Meant(BrowseNode node, bool on)
    {
        if (node.IsVariable)
        {
            return [new(node.Entry.Id, node.Path, node.Way, node.Entry.DataType!.Value, node.Entry.Writable)];
        }

        if (_known.TryGetValue(node.Entry.Id, out var below))
        {
            return below.Values;
        }

        // Ticks are only given where all is known; they are taken from what was unfolded.
        return on ? [] : (node.Below ?? []).SelectMany(n => Meant(n, on));
    }
}
