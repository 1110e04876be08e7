using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using Uns.Connectors;
using Uns.Historian;
using Uns.Hub.Settings;
using Uns.Sparkplug.Host;
using Uns.Tags;
using Uns.Tree;

namespace Uns.Hub.Wiring;

/// <summary>Hands every change of the tree to the historian, under an identity that outlives names and places.</summary>
internal sealed class HistoryTap(HistoryRecorder recorder, DeviceBook devices, HubOptions options) : IValueWitness
{
    private readonly ConditionalWeakTable<DeviceOptions, FrozenDictionary<string, Guid>> _ids = [];

    public void Changed(UnsNode node, in MetricChange change)
    {
        if (!change.IsTransient) // The edge node asks that no history is kept.
        {
            recorder.Record(SeriesOf(node, change), change.Timestamp, change.Value, QualityOf(change.Quality));
        }
    }

    public void Late(UnsNode node, in MetricChange change)
    {
        if (!change.IsTransient)
        {
            recorder.Record(SeriesOf(node, change), change.Timestamp, change.Value, QualityOf(change.Quality), isLate: true);
        }
    }

    // It may be born again elsewhere, which the next change tells; until then it ends as its last staleness said.
    public void Gone(UnsNode node)
    {
    }

    private HistorySeries? SeriesOf(UnsNode node, in MetricChange change)
    {
        if (node.Remembered is HistorySeries known && change.Definition is null)
        {
            return known;
        }

        var series = recorder.Track(KeyOf(change.Key), node.Path, node.Definition?.Unit ?? "");
        node.Remembered = series;
        return series;
    }

    // The hub's own tags have an identity that stays when they are renamed; of others the Sparkplug name is all there is.
    private string KeyOf(in MetricKey key)
    {
        if (key.Device is { } name && key.Node.GroupId == options.GroupId && key.Node.NodeId == (options.EdgeNodePerDevice ? $"{options.NodeId}-{name}" : options.NodeId)
            && devices.Find(name) is { } device
            && _ids.GetValue(device, d => d.Tags.Where(t => t.Id != Guid.Empty).DistinctBy(t => t.Name).ToFrozenDictionary(t => t.Name, t => t.Id, StringComparer.Ordinal)).TryGetValue(key.Name, out var id))
        {
            return $"tag:{name}/{id:N}";
        }

        return $"metric:{key}";
    }

    private static HistoryQuality QualityOf(TagQuality quality) => quality switch
    {
        TagQuality.Good => HistoryQuality.Good,
        TagQuality.Uncertain => HistoryQuality.Uncertain,
        TagQuality.Stale => HistoryQuality.Stale,
        _ => HistoryQuality.Bad,
    };
}
