using Uns.Connectors.OpcUa.Security;

namespace Uns.Connectors.OpcUa.Wire;

/// <summary>One session on one channel: the services that the connector needs, each a request and its answer.</summary>
/// <remarks>OPC 10000-4, 5.6 (session), 5.8 (view), 5.10 (attribute), 5.12 and 5.13 (monitored items, subscription).</remarks>
internal sealed class UaSession(UaChannel channel, string endpointUrl, TimeSpan answerTimeout) : IAsyncDisposable
{
    private const uint AttributeValue = 13;
    private NodeId? _token;

    /// <summary>With what another channel can take the session up; null once it was closed, or before it was made.</summary>
    public UaTicket? Ticket { get; private set; }

    /// <summary>True when it is the session of a connection before this one.</summary>
    public bool IsTakenUp { get; private set; }

    /// <summary>The server's namespace URIs by index, as read when the session was made.</summary>
    public IReadOnlyList<string> Namespaces { get; private set; } = [];

    /// <summary>Opens channel and session.</summary>
    /// <param name="user">Who we are to the server.</param>
    /// <param name="sessionTimeout">How long the server keeps the session without a request.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <param name="before">The session of a connection that broke, which is taken up where the server lets us; null: a new one is made.</param>
    public async Task OpenAsync(UaUser user, TimeSpan sessionTimeout, CancellationToken cancellationToken, UaTicket? before = null)
    {
        await channel.OpenAsync(cancellationToken);
        if (before is { Tries: < UaTicket.MostTries })
        {
            Ticket = await new UaLogin(channel, endpointUrl, answerTimeout).TakeUpAsync(before, user, cancellationToken);
            (_token, IsTakenUp) = (Ticket?.Token, Ticket is not null);
        }

        if (Ticket is null)
        {
            var login = new UaLogin(channel, endpointUrl, answerTimeout);
            _token = await login.CreateAsync(sessionTimeout, cancellationToken);
            Ticket = await login.ActivateAsync(_token.Value, user, cancellationToken);
        }

        var array = await ReadAsync([NodeId.Standard(2255)], AttributeValue, cancellationToken);
        Namespaces = array[0].Value.Value is object?[] uris ? [.. uris.Select(u => u as string ?? "")] : ["http://opcfoundation.org/UA/"];
    }

    /// <summary>Renews the channel's token when it is time.</summary>
    public Task RenewWhenDueAsync(CancellationToken cancellationToken) => channel.RenewalIsDue ? channel.RenewAsync(cancellationToken) : Task.CompletedTask;

    /// <summary>Reads one attribute of many nodes; one answer each, in order. The caller keeps the number within what servers take at once.</summary>
    public async Task<IReadOnlyList<UaDataValue>> ReadAsync(IReadOnlyList<NodeId> nodes, uint attribute, CancellationToken cancellationToken)
    {
        var fields = new UaWriter().Double(0).UInt32(2).Int32(nodes.Count); // Both time stamps.
        foreach (var node in nodes)
        {
            fields.NodeId(node).UInt32(attribute).String(null).QualifiedName(0, null);
        }

        var answer = await CallAsync(631, 634, fields, cancellationToken);
        return Each(answer, nodes.Count, 1, static (ref UaReader reader) => reader.DataValue());
    }

    /// <summary>Writes one value; answers the status of the node.</summary>
    public async Task<uint> WriteAsync(NodeId node, UaVariant value, CancellationToken cancellationToken)
    {
        var fields = new UaWriter().Int32(1).NodeId(node).UInt32(AttributeValue).String(null).Byte(1).Variant(value);
        var answer = await CallAsync(673, 676, fields, cancellationToken);
        return Each(answer, 1, 4, static (ref UaReader reader) => reader.UInt32())[0];
    }

    /// <summary>All objects, variables and methods one hierarchical step below a node.</summary>
    /// <param name="node">The node above.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="perAnswer">Most references in one answer; the rest is asked for by continuation points.</param>
    public async Task<IReadOnlyList<UaReference>> BrowseAsync(NodeId node, CancellationToken cancellationToken, uint perAnswer = 1000)
    {
        return await BrowseAsync(node, NodeId.Standard(33), isForward: true, classes: 7, perAnswer, cancellationToken);
    }

    /// <summary>The nodes at the other ends of a node's references of one type and the types below it.</summary>
    public Task<IReadOnlyList<UaReference>> FollowAsync(NodeId node, uint referenceType, bool isForward, CancellationToken cancellationToken) =>
        BrowseAsync(node, NodeId.Standard(referenceType), isForward, classes: 0, 1000, cancellationToken);

    private async Task<IReadOnlyList<UaReference>> BrowseAsync(
        NodeId node, NodeId referenceType, bool isForward, uint classes, uint perAnswer, CancellationToken cancellationToken)
    {
        // No view; all fields.
        var fields = new UaWriter().NodeId(default).Int64(0).UInt32(0).UInt32(perAnswer).Int32(1)
            .NodeId(node).UInt32(isForward ? 0u : 1u).NodeId(referenceType).Boolean(true).UInt32(classes).UInt32(63);
        var found = new List<UaReference>();
        var next = Page(await CallAsync(527, 530, fields, cancellationToken), found);
        while (next is not null)
        {
            next = Page(await CallAsync(533, 536, new UaWriter().Boolean(false).Int32(1).ByteString(next), cancellationToken), found);
        }

        return found;
    }

    /// <summary>Where paths lead to, each from the Objects folder; null for one that leads nowhere, or to several nodes.</summary>
    /// <remarks>OPC 10000-4, 5.8.4.</remarks>
    public async Task<IReadOnlyList<NodeId?>> TranslateAsync(IReadOnlyList<IReadOnlyList<UaName>> paths, CancellationToken cancellationToken)
    {
        var fields = new UaWriter().Int32(paths.Count);
        foreach (var path in paths)
        {
            fields.NodeId(NodeId.Standard(85)).Int32(path.Count);
            foreach (var step in path)
            {
                fields.NodeId(NodeId.Standard(33)).Boolean(false).Boolean(true).QualifiedName(step.Namespace, step.Name);
            }
        }

        var answer = await CallAsync(554, 557, fields, cancellationToken);
        return Each<NodeId?>(answer, paths.Count, 8, static (ref UaReader reader) =>
        {
            var status = reader.UInt32();
            var targets = new List<NodeId>();
            for (var count = reader.Count(6); count > 0; count--)
            {
                var target = reader.ExpandedNodeId();
                if (reader.UInt32() == uint.MaxValue && target.Uri is null) // All of the path was followed, within this server.
                {
                    targets.Add(target);
                }
            }

            return StatusCode.IsGood(status) && targets.Count == 1 ? targets[0] : null;
        });
    }

    /// <summary>Makes a subscription; answers its id and the longest time between two messages from it.</summary>
    public async Task<(uint Id, TimeSpan KeepAlive)> SubscribeAsync(TimeSpan publishing, TimeSpan keepAlive, CancellationToken cancellationToken)
    {
        var keepAliveCount = (uint)Math.Max(1, Math.Ceiling(keepAlive / publishing));
        var fields = new UaWriter().Double(publishing.TotalMilliseconds).UInt32(keepAliveCount * 10).UInt32(keepAliveCount).UInt32(0).Boolean(true).Byte(0);
        var answer = await CallAsync(787, 790, fields, cancellationToken);
        var reader = new UaReader(answer.Span);
        var id = reader.UInt32();
        var revised = TimeSpan.FromMilliseconds(Math.Clamp(reader.Double(), 1, 3_600_000));
        reader.UInt32(); // Lifetime count.
        return (id, revised * Math.Max(1, reader.UInt32()));
    }

    /// <summary>Adds values to a subscription; answers the status and the id of each, in order.</summary>
    public async Task<IReadOnlyList<(uint Status, uint Id)>> MonitorAsync(
        uint subscription, IReadOnlyList<MonitorWish> items, CancellationToken cancellationToken)
    {
        var fields = new UaWriter().UInt32(subscription).UInt32(2).Int32(items.Count); // Both time stamps.
        foreach (var (node, sampling, handle, queue, deadband) in items)
        {
            fields.NodeId(node).UInt32(AttributeValue).String(null).QualifiedName(0, null);
            fields.UInt32(2).UInt32(handle).Double(sampling.TotalMilliseconds); // Reporting.
            fields = deadband > 0
                ? fields.ExtensionObject(724, new UaWriter().UInt32(1).UInt32(1).Double(deadband)) // Changes of status or value, by an absolute deadband.
                : fields.NodeId(default).Byte(0);
            fields.UInt32(queue).Boolean(true); // The newest stay.
        }

        var answer = await CallAsync(751, 754, fields, cancellationToken);
        return Each(answer, items.Count, 20, static (ref UaReader reader) =>
        {
            var status = reader.UInt32();
            var id = reader.UInt32();
            reader.Double();
            reader.UInt32();
            reader.ExtensionObject();
            return (status, id);
        });
    }

    /// <summary>Takes values out of a subscription; what the server says to it is of no interest.</summary>
    public async Task UnmonitorAsync(uint subscription, IReadOnlyList<uint> items, CancellationToken cancellationToken)
    {
        var fields = new UaWriter().UInt32(subscription).Int32(items.Count);
        foreach (var item in items)
        {
            fields.UInt32(item);
        }

        await CallAsync(781, 784, fields, cancellationToken);
    }

    /// <summary>Asks for the next message of any subscription and acknowledges those that came.</summary>
    /// <param name="acknowledge">Messages that came; the server need not keep them any longer.</param>
    /// <param name="limit">Longest wait.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<UaNotification> PublishAsync(IReadOnlyList<(uint Subscription, uint Sequence)> acknowledge, TimeSpan limit, CancellationToken cancellationToken)
    {
        var fields = new UaWriter().Int32(acknowledge.Count);
        foreach (var (subscription, sequence) in acknowledge)
        {
            fields.UInt32(subscription).UInt32(sequence);
        }

        return UaNotification.Read(await channel.CallAsync(826, 829, _token, fields, limit, cancellationToken));
    }

    /// <summary>Asks for a message that was sent before and not acknowledged; null when the server keeps it no longer.</summary>
    /// <remarks>OPC 10000-4, 5.13.6.</remarks>
    public async Task<UaNotification?> RepublishAsync(uint subscription, uint sequence, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await CallAsync(832, 835, new UaWriter().UInt32(subscription).UInt32(sequence), cancellationToken);
            return UaNotification.ReadMessage(subscription, answer);
        }
        catch (UaServiceException refused) when (refused.Code == StatusCode.BadMessageNotAvailable)
        {
            return null;
        }
    }

    /// <summary>Takes over a subscription of a session whose connection broke; every value is told anew.</summary>
    /// <returns>Numbers of the messages that were sent and not acknowledged; null when the server has no such subscription for us.</returns>
    /// <remarks>OPC 10000-4, 5.13.7.</remarks>
    public async Task<IReadOnlyList<uint>?> TransferAsync(uint subscription, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await CallAsync(841, 844, new UaWriter().Int32(1).UInt32(subscription).Boolean(true), cancellationToken);
            return Each(answer, 1, 8, static (ref UaReader reader) =>
            {
                var status = reader.UInt32();
                var kept = new uint[reader.Count(4)];
                for (var i = 0; i < kept.Length; i++)
                {
                    kept[i] = reader.UInt32();
                }

                return StatusCode.IsGood(status) ? kept : null;
            })[0];
        }
        catch (UaServiceException)
        {
            return null; // Small servers know no transfer.
        }
    }

    /// <summary>Deletes a subscription; what the server says to it is of no interest.</summary>
    public async Task UnsubscribeAsync(uint subscription, CancellationToken cancellationToken)
    {
        try
        {
            await CallAsync(847, 850, new UaWriter().Int32(1).UInt32(subscription), cancellationToken);
        }
        catch (UaServiceException)
        {
            // It was gone already.
        }
    }

    /// <summary>Closes the session, then the channel. Never throws.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_token is not null)
            {
                await CallAsync(473, 476, new UaWriter().Boolean(true), CancellationToken.None);
                Ticket = null;
            }
        }
        catch (UaServiceException)
        {
            Ticket = null; // The server has dropped the session already.
        }
        catch (Exception gone) when (gone is ConnectorException or UaFormatException)
        {
            // The line is gone or garbled, the session perhaps not: the ticket stays good.
        }
        finally
        {
            await channel.DisposeAsync();
        }
    }

    private delegate T ReadOne<out T>(ref UaReader reader);

    private static T[] Each<T>(ReadOnlyMemory<byte> answer, int wanted, int least, ReadOne<T> read)
    {
        var reader = new UaReader(answer.Span);
        var count = reader.Count(least);
        if (count != wanted)
        {
            throw new UaFormatException($"{count} results came for {wanted} operations");
        }

        var results = new T[count];
        for (var i = 0; i < count; i++)
        {
            results[i] = read(ref reader);
        }

        return results;
    }

    private static byte[]? Page(ReadOnlyMemory<byte> answer, List<UaReference> found)
    {
        var reader = new UaReader(answer.Span);
        if (reader.Count(9) != 1)
        {
            throw new UaFormatException("a browse of one node did not give one result");
        }

        var status = reader.UInt32();
        var next = reader.ByteString();
        for (var i = reader.Count(10); i > 0; i--)
        {
            var isProperty = reader.NodeId() == NodeId.Standard(46);
            reader.Boolean(); // Forward.
            var id = reader.ExpandedNodeId();
            var (index, browseName) = reader.QualifiedName();
            var displayName = reader.LocalizedText();
            var nodeClass = reader.UInt32();
            reader.ExpandedNodeId(); // Type definition.
            found.Add(new UaReference(id, displayName ?? browseName ?? "", nodeClass, new(index, browseName), isProperty));
        }

        return StatusCode.IsGood(status) ? next is { Length: > 0 } ? next : null : throw new UaServiceException(status);
    }

    /// <summary>Any service of a session.</summary>
    /// <param name="request">Binary encoding id of the request.</param>
    /// <param name="answer">Binary encoding id of the answer.</param>
    /// <param name="fields">The request's own fields.</param>
    /// <param name="limit">Longest wait; the channel is closed when it ends.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<ReadOnlyMemory<byte>> AskAsync(uint request, uint answer, UaWriter fields, TimeSpan limit, CancellationToken cancellationToken) =>
        channel.CallAsync(request, answer, _token, fields, limit, cancellationToken);

    private Task<ReadOnlyMemory<byte>> CallAsync(uint request, uint answer, UaWriter fields, CancellationToken cancellationToken) =>
        channel.CallAsync(request, answer, _token, fields, answerTimeout, cancellationToken);
}

/// <summary>One value to be watched.</summary>
/// <param name="Node">Its node.</param>
/// <param name="Sampling">How often the server looks at it.</param>
/// <param name="Handle">What the server calls it in its messages.</param>
/// <param name="Queue">How many changes the server keeps until they are told.</param>
/// <param name="Deadband">The change of a number up to which nothing is told; 0 for none.</param>
internal readonly record struct MonitorWish(NodeId Node, TimeSpan Sampling, uint Handle, uint Queue = 10, double Deadband = 0);

/// <summary>What a browse found.</summary>
/// <param name="Id">The node.</param>
/// <param name="Name">Its name for people.</param>
/// <param name="NodeClass">1 an object, 2 a variable, 4 a method. [OPC 10000-3, 8.29]</param>
/// <param name="BrowseName">Its name for paths.</param>
/// <param name="IsProperty">True for what only describes the node above.</param>
internal readonly record struct UaReference(NodeId Id, string Name, uint NodeClass, UaName BrowseName, bool IsProperty = false)
{
    public bool IsVariable => NodeClass == 2;
}
