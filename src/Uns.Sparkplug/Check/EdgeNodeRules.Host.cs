using Uns.Sparkplug.Host;

namespace Uns.Sparkplug.Check;

/// <content>What a node with a primary host does about STATE.</content>
public sealed partial class EdgeNodeRules
{
    private DateTimeOffset? _lastState;
    private bool _leftForHost;

    private void TakeState(Session session, string hostId, RecordedMessage message)
    {
        if (PrimaryHost is null)
        {
            return;
        }

        if (hostId != PrimaryHost)
        {
            return; // Another host's word says nothing: a birth after it alone is one without the primary host.
        }

        if (!HostState.TryRead(message.Payload, out var isOnline, out var timestamp))
        {
            return;
        }

        if (_lastState is { } last && timestamp < last)
        {
            session.SawOldDeath |= !isOnline && session.HostIsOnline;
            return;
        }

        _lastState = timestamp;
        session.HostIsOnline = isOnline;
        session.MustLeave |= !isOnline && session.Node is not null;
    }

    private void JudgeHostBeforeBirth(Session session)
    {
        if (PrimaryHost is null)
        {
            return;
        }

        var why = $"NBIRTH came while STATE did not show '{PrimaryHost}' online.";
        report.Must(
            session.HostIsOnline, why,
            "tck-id-message-flow-edge-node-birth-publish-phid-wait", "tck-id-message-flow-edge-node-birth-publish-phid-wait-id", "tck-id-message-flow-edge-node-birth-publish-phid-wait-online",
            "tck-id-message-flow-edge-node-birth-publish-phid-wait-timestamp", "tck-id-operational-behavior-edge-node-birth-sequence-wait", "untagged-edge-state-first");
        if (_leftForHost)
        {
            report.Must(
                true, "",
                "tck-id-operational-behavior-edge-node-termination-host-offline-reconnect", "tck-id-operational-behavior-primary-application-state-with-multiple-servers-walk");
        }
    }

    // An NDEATH is the answer to an offline host; without one it is only a planned stop.
    private void JudgeHostDeath(Session session)
    {
        if (session.MustLeave)
        {
            session.MustLeave = false;
            _leftForHost = true;
            report.Must(true, "", "tck-id-message-flow-edge-node-birth-publish-phid-offline", "tck-id-operational-behavior-edge-node-termination-host-offline");
        }
    }

    // The next word after an old death tells whether the node was moved by it.
    private void JudgeOldDeath(Session session, Topics.MessageVerb verb)
    {
        if (session is { SawOldDeath: true, MustLeave: false })
        {
            session.SawOldDeath = false;
            report.Must(
                verb != Topics.MessageVerb.NDeath, "The node left for a STATE that was older than the last one.",
                "tck-id-operational-behavior-edge-node-termination-host-offline-timestamp", "untagged-client-ignore-older-state-death");
        }
    }

    private void EndHostRules()
    {
        foreach (var session in _sessions.Values)
        {
            report.Must(
                !session.MustLeave, "The node stayed although STATE showed its primary host offline.",
                session.MustLeave
                    ? ["tck-id-message-flow-edge-node-birth-publish-phid-offline", "tck-id-operational-behavior-edge-node-termination-host-offline", "tck-id-operational-behavior-primary-application-state-with-multiple-servers-walk"]
                    : []);
        }
    }
}
