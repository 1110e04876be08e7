using Uns.Connectors.OpcUa.Wire;
using Uns.Connectors.TagFiles;

namespace Uns.Connectors.OpcUa;

/// <summary>
/// Walks through a part of a server's address space and makes a row of every variable. Polite: one browse at a time, every answer read to its end before the
/// next, attributes in requests that the server takes. The space is a graph: no node is looked at twice.
/// </summary>
internal sealed class SubtreeWalk(OpcUaLine line, OpcUaBrowser browser, TimeProvider clock)
{
    private const int MostNodes = 200_000;

    private static readonly NodeId Server = NodeId.Standard(2253);

    private readonly HashSet<NodeId> _seen = [];
    private readonly List<TagRow> _rows = [];
    private readonly Dictionary<string, OfferedPlace> _places = new(StringComparer.Ordinal);

    /// <summary>Walks.</summary>
    /// <param name="start">Where from; not itself a row.</param>
    /// <param name="way">Browse path of the start; empty for Objects.</param>
    /// <param name="ask">How long it may take, and who hears how far it is.</param>
    /// <param name="cancellationToken">Ends the walk.</param>
    public async Task<TagOffer> WalkAsync(NodeId start, string way, OfferAsk ask, CancellationToken cancellationToken)
    {
        var begun = clock.GetTimestamp();
        var waiting = new Queue<(NodeId Node, string Way, string Name, string Id)>([(start, way, "", "")]);
        _seen.Add(start);
        var looked = 0;
        while (waiting.TryDequeue(out var place))
        {
            if (_rows.Count >= DeviceChecks.MaximumTags || _seen.Count >= MostNodes || clock.GetElapsedTime(begun) > ask.Patience)
            {
                return Offer(_rows, isWhole: false);
            }

            var found = (await line.Session.BrowseAsync(place.Node, cancellationToken))
                .Where(r => r.Id.Uri is null && !r.IsProperty && r.NodeClass is 1 or 2 && (r.Id != Server || start == Server) && _seen.Add(r.Id)).ToList();
            var entries = await browser.DescribeAsync(found, cancellationToken);
            for (var i = 0; i < found.Count; i++)
            {
                _places[entries[i].Id] = new(found[i].Name, place.Id);
                var below = place.Way + entries[i].Step;
                var name = (place.Name.Length == 0 ? "" : place.Name + "/") + TagNameOf(found[i].Name);
                if (found[i].IsVariable)
                {
                    _rows.Add(Row(entries[i], name, place.Way.Length == 0 && place.Node != NodeId.Standard(85) ? "" : below));
                }

                if (below.Count(c => c == '/') < BrowsePath.Longest)
                {
                    waiting.Enqueue((found[i].Id, below, name, entries[i].Id));
                }
            }

            ask.Told?.Invoke(new(++looked, waiting.Count, _rows.Count));
        }

        return _rows.Count > DeviceChecks.MaximumTags ? Offer(_rows[..DeviceChecks.MaximumTags], isWhole: false) : Offer(_rows, isWhole: true);
    }

    private TagOffer Offer(List<TagRow> rows, bool isWhole) => new(rows, isWhole) { Places = _places };

    private TagRow Row(BrowseEntry entry, string name, string way)
    {
        var tag = new TagOptions { Name = name, Address = entry.Id, BrowsePath = way, DataType = entry.DataType ?? default, Writable = entry.Writable };
        return new(_rows.Count + 1, tag, entry.DataType is null ? "no tag can carry its type." : null);
    }

    private static string TagNameOf(string name) => name.Replace('/', '_').Replace('+', '_').Replace('#', '_');
}
