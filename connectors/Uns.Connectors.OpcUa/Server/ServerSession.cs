using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa.Server;

/// <summary>One session: who the client is, what it may do, and what it has open. It outlives its connection until its time is over.</summary>
/// <remarks>OPC 10000-4, 5.6. Everything but what is set at its making is touched under the table's lock.</remarks>
internal sealed class ServerSession(uint number, byte[] token, string clientUri, byte[]? clientCertificate, TimeSpan timeout)
{
    /// <summary>Most Publish requests that wait; with one more the oldest is answered.</summary>
    public const int MostPublishRequests = 20;

    private readonly Queue<(ulong Id, BrowseCursor Cursor)> _cursors = new();
    private ulong _lastCursor;

    public NodeId Id { get; } = new(1, IdKind.Numeric, number, null);

    public NodeId Token { get; } = new(0, IdKind.Opaque, 0, Convert.ToBase64String(token));

    public string ClientUri { get; } = clientUri;

    public byte[]? ClientCertificate { get; } = clientCertificate;

    public TimeSpan Timeout { get; } = timeout;

    public byte[] Nonce { get; set; } = [];

    /// <summary>The connection that it was last activated on; null when that has gone.</summary>
    public ServerConnection? Connection { get; set; }

    public bool IsActive { get; set; }

    /// <summary>Name of the user; empty for anonymous.</summary>
    public string User { get; set; } = "";

    public OpcUaRight Right { get; set; }

    /// <summary>When it was last heard of, as the clock's time stamp.</summary>
    public long HeardAt { get; set; }

    /// <summary>Write requests under way.</summary>
    public int Writing { get; set; }

    public Dictionary<uint, ServerSubscription> Subscriptions { get; } = [];

    public Queue<PublishRequest> PublishRequests { get; } = new();

    /// <summary>Subscriptions that ended or went elsewhere, which the client is yet to be told.</summary>
    public Queue<(uint Subscription, uint Status)> Farewells { get; } = new();

    /// <summary>Keeps a browse that goes on.</summary>
    /// <returns>Its continuation point; null when there are too many.</returns>
    public byte[]? Keep(BrowseCursor cursor, int most)
    {
        if (_cursors.Count >= most)
        {
            return null;
        }

        _cursors.Enqueue((++_lastCursor, cursor));
        return BitConverter.GetBytes(_lastCursor);
    }

    /// <summary>Takes a browse out; null for a continuation point that is not known.</summary>
    public BrowseCursor? Take(byte[]? point)
    {
        BrowseCursor? found = null;
        if (point is { Length: sizeof(ulong) } && BitConverter.ToUInt64(point) is var wanted)
        {
            for (var count = _cursors.Count; count > 0; count--)
            {
                var entry = _cursors.Dequeue();
                if (entry.Id == wanted)
                {
                    found = entry.Cursor;
                }
                else
                {
                    _cursors.Enqueue(entry);
                }
            }
        }

        return found;
    }
}

/// <summary>A Publish request that waits for something to tell.</summary>
internal sealed record PublishRequest(ServerConnection Connection, uint RequestId, uint Handle, long Deadline, IReadOnlyList<uint> Acknowledged);

/// <summary>A browse that goes on: what of it has not been told yet.</summary>
internal sealed record BrowseCursor(IEnumerator<UaLink> Links, uint ResultMask, int Most);
