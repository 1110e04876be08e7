using Uns.Sparkplug.Host;

namespace Uns.Sparkplug.EdgeNode;

/// <summary>What one broker's STATE messages say of the primary host. Pure; one for each broker, kept over connections.</summary>
/// <param name="hostId">The primary host. [tck-id-message-flow-edge-node-birth-publish-phid-wait-id]</param>
internal sealed class PrimaryHostGate(string hostId)
{
    private DateTimeOffset? _newest;

    /// <summary>True while the last word that counts says the host is online.</summary>
    public bool IsOnline { get; private set; }

    /// <summary>A new connection: what was heard on the last one counts no more, but its time does.</summary>
    public void Connect() => IsOnline = false;

    /// <summary>Takes one STATE message.</summary>
    /// <param name="host">The host id of its topic.</param>
    /// <param name="payload">Its payload.</param>
    /// <returns>True when it counts: it is the primary host's, and not older than the last one.</returns>
    public bool Take(string host, ReadOnlySpan<byte> payload)
    {
        // [tck-id-message-flow-edge-node-birth-publish-phid-wait-online], [tck-id-message-flow-edge-node-birth-publish-phid-wait-timestamp],
        // [tck-id-operational-behavior-edge-node-termination-host-offline-timestamp]
        if (host != hostId || !HostState.TryRead(payload, out var isOnline, out var timestamp) || timestamp < _newest)
        {
            return false;
        }

        (_newest, IsOnline) = (timestamp, isOnline);
        return true;
    }
}
