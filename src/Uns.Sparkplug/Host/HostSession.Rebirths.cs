using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;

namespace Uns.Sparkplug.Host;

/// <content>Rebirths: who is asked, who is not, and what is believed of a node that nobody asks.</content>
public sealed partial class HostSession
{
    /// <summary>Appends the rebirth requests that are due to be sent, and counts them.</summary>
    public void TakeRebirths(DateTimeOffset now, List<RebirthRequest> due)
    {
        var from = due.Count;
        _brake.TakeDue(now, due);
        for (var i = from; i < due.Count; i++)
        {
            var (id, reason) = due[i];
            LogRebirth(id, reason);
            if (!_nodes.TryGetValue(id, out var node))
            {
                continue;
            }

            node.RebirthsAsked++;
            node.Journal.Add(NodeEventKind.RebirthAsked, now, detail: reason.ToString());
            if (_brake.Asked(id) == _options.RebirthTries)
            {
                node.HasGivenUp = true;
                node.Journal.Add(NodeEventKind.GaveUp, now);
                LogNoAnswer(id, _options.RebirthTries);
            }
        }
    }

    /// <summary>The host is connected: every node it knows is asked for a birth.</summary>
    public void BrokerFound(DateTimeOffset now)
    {
        foreach (var node in _nodes.Values)
        {
            Ask(node, RebirthReason.HostStart, now);
        }
    }

    /// <summary>A person wants a node to be born again: it is asked, whatever its settings say.</summary>
    public void AskRebirth(EdgeNodeId id)
    {
        _brake.Settle(id);
        _brake.Ask(id, RebirthReason.Manual);
        if (_nodes.TryGetValue(id, out var node))
        {
            node.NotAsked = null;
        }
    }

    /// <returns>False when the settings of this node let the host not ask.</returns>
    private bool Ask(NodeState node, RebirthReason reason, DateTimeOffset now)
    {
        if (node.TwoUntil is not null)
        {
            return true; // Both are asked when it is their time.
        }

        var cause = reason switch
        {
            RebirthReason.HostStart => RebirthCauses.HostStart,
            RebirthReason.Gap => RebirthCauses.Gap,
            RebirthReason.DataBeforeBirth => RebirthCauses.DataBeforeBirth,
            RebirthReason.UnknownMetric => RebirthCauses.UnknownMetric,
            _ => RebirthCauses.Malformed,
        };
        if ((node.RebirthOn & cause) == cause)
        {
            node.NotAsked = null;
            _brake.Ask(node.Id, reason);
            return true;
        }

        if (!_brake.IsWanted(node.Id))
        {
            LeaveAlone(node, reason, now);
        }

        return false;
    }

    // Told once, until the node is born, dies or is asked after all.
    private void LeaveAlone(NodeState node, RebirthReason reason, DateTimeOffset now)
    {
        if (node.NotAsked is null)
        {
            node.NotAsked = reason;
            node.Journal.Add(NodeEventKind.RebirthNotAsked, now, detail: reason.ToString());
            LogNotAsked(node.Id, reason);
        }
    }

    // What the lost message said is never heard again, unless its node is asked: nobody knows what of the old still holds.
    private void AskOrDoubt(NodeState node, DateTimeOffset now, string what)
    {
        if (!Ask(node, RebirthReason.Malformed, now) && !node.AwaitsBirth)
        {
            (node.AwaitsBirth, node.IsFromCertificate) = (true, false);
            AgeAll(node.All, now, $"{what}, and the edge node is not asked to be born again, as its settings say.");
        }
    }

    // The node means another metric by this alias than its birth said, and nobody asks which: it stands for nothing from now on.
    private void Disown(NodeState node, in MetricEntry entry, DateTimeOffset now)
    {
        if (node.Aliases.Find(entry.Alias) is { } metric)
        {
            node.Aliases.Remove(entry.Alias, metric);
            AgeAll([metric], now, "Data give its alias to another metric, and the edge node is not asked to be born again, as its settings say.");
        }
    }
}
