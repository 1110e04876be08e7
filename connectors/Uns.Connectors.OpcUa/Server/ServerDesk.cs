using Microsoft.Extensions.Logging;
using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa.Server;

/// <summary>Takes requests, one after the other from each connection, and gives each to its service.</summary>
/// <remarks>OPC 10000-4, 5. A request that is refused is answered with a fault; one that cannot be read ends the connection.</remarks>
internal sealed partial class ServerDesk(
    DiscoveryServices discovery, SessionServices logins, SessionTable sessions, ViewServices views, AttributeServices attributes,
    SubscriptionServices subscriptions, ItemServices items, TimeProvider clock, ILogger logger)
{
    private const int MostWritesUnderWay = 16;

    /// <summary>Answers one request; a write and a login may be answered later than what came after.</summary>
    public async ValueTask AnswerAsync(ServerConnection connection, byte[] body, uint requestId, CancellationToken cancellationToken)
    {
        var answer = Answer(connection, body, requestId, out var later, out var handle, cancellationToken);
        if (later is not null)
        {
            _ = SendLaterAsync(connection, requestId, handle, later, cancellationToken);
        }
        else if (answer is not null)
        {
            await SendAsync(connection, requestId, handle, answer, cancellationToken);
        }
    }

    private async ValueTask SendAsync(ServerConnection connection, uint requestId, uint handle, UaWriter answer, CancellationToken cancellationToken) =>
        await connection.SendAsync(requestId, connection.Takes(answer.Length) ? answer : ServerAnswer.Fault(handle, clock, StatusCode.BadResponseTooLarge), cancellationToken);

    private async Task SendLaterAsync(ServerConnection connection, uint requestId, uint handle, Task<UaWriter> later, CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(connection, requestId, handle, await later, cancellationToken);
        }
        catch (UaServiceException refused)
        {
            await connection.SendAsync(requestId, ServerAnswer.Fault(handle, clock, refused.Code), cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The server ends.
        }
        catch (Exception ours)
        {
            LogOurs(ours);
            await connection.SendAsync(requestId, ServerAnswer.Fault(handle, clock, StatusCode.BadInternalError), cancellationToken);
        }
    }

    private UaWriter? Answer(ServerConnection connection, byte[] body, uint requestId, out Task<UaWriter>? later, out uint handle, CancellationToken cancellationToken)
    {
        later = null;
        var reader = new UaReader(body);
        var type = reader.NodeId();
        var header = RequestHeader.Read(ref reader);
        handle = header.Handle;
        if (type is not { Namespace: 0, Kind: IdKind.Numeric })
        {
            return ServerAnswer.Fault(handle, clock, StatusCode.BadServiceUnsupported);
        }

        try
        {
            switch (type.Number)
            {
                case 422:
                    return discovery.FindServers(ref reader, Head(425, header), connection);
                case 428:
                    return discovery.GetEndpoints(ref reader, Head(431, header), connection);
                case 461:
                    return logins.Create(ref reader, Head(464, header), connection);
                case 467:
                    later = logins.ActivateAsync(Activation.Read(ref reader, header.Token), connection, handle, cancellationToken);
                    return null;
                case 473:
                    return logins.Close(ref reader, Head(476, header), connection, header.Token);
                default:
                    return InSession(ref reader, type.Number, header, connection, requestId, out later, cancellationToken);
            }
        }
        catch (UaServiceException refused)
        {
            return ServerAnswer.Fault(handle, clock, refused.Code);
        }
    }

    private UaWriter? InSession(
        ref UaReader reader, uint type, RequestHeader header, ServerConnection connection, uint requestId, out Task<UaWriter>? later, CancellationToken cancellationToken)
    {
        later = null;
        var session = sessions.Active(connection, header.Token);
        switch (type)
        {
            case 479: // Cancel: nothing that could be cancelled waits here.
                return Head(482, header).UInt32(0);
            case 527:
                return views.Browse(ref reader, Head(530, header), session);
            case 533:
                return views.BrowseNext(ref reader, Head(536, header), session);
            case 554:
                return views.Translate(ref reader, Head(557, header));
            case 560:
                return views.Register(ref reader, Head(563, header));
            case 566:
                return Head(569, header);
            case 631:
                return attributes.Read(ref reader, Head(634, header), session);
            case 673:
                later = WriteAsync(attributes.Orders(ref reader, session), session, header, cancellationToken);
                return null;
        }

        lock (sessions.Gate)
        {
            switch (type)
            {
                case 751:
                    return items.Create(ref reader, Head(754, header), session);
                case 763:
                    return items.Modify(ref reader, Head(766, header), session);
                case 769:
                    return items.SetMode(ref reader, Head(772, header), session);
                case 781:
                    return items.Delete(ref reader, Head(784, header), session);
                case 787:
                    return subscriptions.Create(ref reader, Head(790, header), session);
                case 793:
                    return subscriptions.Modify(ref reader, Head(796, header), session);
                case 799:
                    return SubscriptionServices.SetPublishing(ref reader, Head(802, header), session);
                case 826:
                    subscriptions.Ask(ref reader, connection, session, requestId, header);
                    return null;
                case 832:
                    return SubscriptionServices.Republish(ref reader, Head(835, header), session);
                case 841:
                    return subscriptions.Transfer(ref reader, Head(844, header), session);
                case 847:
                    return subscriptions.Delete(ref reader, Head(850, header), session);
                default:
                    return ServerAnswer.Fault(header.Handle, clock, StatusCode.BadServiceUnsupported);
            }
        }
    }

    private async Task<UaWriter> WriteAsync(IReadOnlyList<WriteOrder> orders, ServerSession session, RequestHeader header, CancellationToken cancellationToken)
    {
        lock (sessions.Gate)
        {
            if (session.Writing >= MostWritesUnderWay)
            {
                throw new UaServiceException(StatusCode.BadTooManyOperations);
            }

            session.Writing++;
        }

        try
        {
            var answer = Head(676, header).Int32(orders.Count);
            foreach (var result in await attributes.WriteAsync(orders, cancellationToken))
            {
                answer.UInt32(result);
            }

            return answer.Int32(0);
        }
        finally
        {
            lock (sessions.Gate)
            {
                session.Writing--;
            }
        }
    }

    private UaWriter Head(uint type, RequestHeader header) => ServerAnswer.Head(type, header.Handle, clock);

    [LoggerMessage(3102, LogLevel.Error, "A write or login of an OPC UA client failed by a fault of the server itself")]
    private partial void LogOurs(Exception fault);
}
