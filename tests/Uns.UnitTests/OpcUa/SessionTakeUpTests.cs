using Uns.Connectors;
using Uns.Connectors.OpcUa;
using Uns.Connectors.OpcUa.Security;
using Uns.Connectors.OpcUa.Wire;
using Uns.Tags;

namespace Uns.UnitTests.OpcUa;

/// <summary>A session whose channel broke is taken up over another one, with what its subscriptions kept. [OPC 10000-4, 5.6.3.1 and 6.7]</summary>
public sealed class SessionTakeUpTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private readonly CertificateStore _ours = new(null, TimeProvider.System);
    private readonly CertificateStore _theirs = new(null, TimeProvider.System);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_session_goes_on_over_another_channel_again_and_again_with_what_was_not_heard(bool isProtected)
    {
        await using var server = await StartAsync();
        UaTicket? ticket = null;
        var (subscription, last) = (0u, 0u);
        for (var life = 0; life < 3; life++)
        {
            var session = Session(server, isProtected);
            await session.OpenAsync(UaUser.Anonymous, TimeSpan.FromMinutes(5), CancellationToken.None, ticket);
            Assert.Equal(life > 0, session.IsTakenUp);
            if (life == 0)
            {
                (subscription, _) = await session.SubscribeAsync(TimeSpan.FromMilliseconds(20), Patience, CancellationToken.None);
                await session.MonitorAsync(subscription, [new MonitorWish(new NodeId(2, IdKind.String, 0, "Setting"), TimeSpan.FromMilliseconds(20), 0, 10, 0)], CancellationToken.None);
            }
            else
            {
                // It was sent and never acknowledged: the server still has it.
                Assert.NotNull(await session.RepublishAsync(subscription, last, CancellationToken.None));
            }

            server.Set("Setting", TagValue.Of(life + 1.0));
            for (var told = 0.0; told < life + 1;)
            {
                var message = await session.PublishAsync([], Patience, CancellationToken.None);
                Assert.Equal(subscription, message.Subscription);
                told = message.Values.Select(v => (double)v.Value.Value.Value!).LastOrDefault(told);
                last = message.Sequence;
            }

            server.DropConnections();
            await Assert.ThrowsAsync<ConnectorException>(() => session.ReadAsync([NodeId.Standard(2255)], UaAttribute.Value, CancellationToken.None));
            await session.DisposeAsync();
            ticket = session.Ticket;
            Assert.NotNull(ticket);
        }
    }

    [Fact]
    public async Task A_server_that_knows_the_session_no_more_gives_a_new_one()
    {
        UaTicket? ticket;
        await using (var server = await StartAsync())
        {
            var session = Session(server, isProtected: false);
            await session.OpenAsync(UaUser.Anonymous, TimeSpan.FromMinutes(5), CancellationToken.None);
            server.DropConnections();
            await Assert.ThrowsAsync<ConnectorException>(() => session.ReadAsync([NodeId.Standard(2255)], UaAttribute.Value, CancellationToken.None));
            await session.DisposeAsync();
            ticket = session.Ticket;
        }

        await using var another = await StartAsync();
        await using var next = Session(another, isProtected: false);
        await next.OpenAsync(UaUser.Anonymous, TimeSpan.FromMinutes(5), CancellationToken.None, ticket);
        Assert.False(next.IsTakenUp);
        Assert.Equal(0.0, (await next.ReadAsync([new NodeId(2, IdKind.String, 0, "Setting")], UaAttribute.Value, CancellationToken.None))[0].Value.Value);
    }

    [Fact]
    public async Task A_session_that_was_closed_leaves_no_ticket_and_one_that_was_shown_too_often_is_let_be()
    {
        await using var server = await StartAsync();
        var session = Session(server, isProtected: false);
        await session.OpenAsync(UaUser.Anonymous, TimeSpan.FromMinutes(5), CancellationToken.None);
        var ticket = session.Ticket!;
        await session.DisposeAsync();
        Assert.Null(session.Ticket);

        session = Session(server, isProtected: false);
        await session.OpenAsync(UaUser.Anonymous, TimeSpan.FromMinutes(5), CancellationToken.None);
        ticket = session.Ticket!;
        ticket.Tries = UaTicket.MostTries;
        server.DropConnections();
        await using var next = Session(server, isProtected: false);
        await next.OpenAsync(UaUser.Anonymous, TimeSpan.FromMinutes(5), CancellationToken.None, ticket);
        Assert.False(next.IsTakenUp);
        Assert.Equal(UaTicket.MostTries, ticket.Tries);
        await session.DisposeAsync();
    }

    private async Task<OpcUaSimulator> StartAsync()
    {
        var server = new OpcUaSimulator([new("Setting", DataType.Double, null)], TimeProvider.System, certificates: _theirs);
        await server.StartAsync();
        if (_theirs.Check(_ours.Own()) is not null)
        {
            Assert.True(_theirs.Trust(Assert.Single(_theirs.All()).Thumbprint));
        }

        return server;
    }

    private UaSession Session(OpcUaSimulator server, bool isProtected)
    {
        var security = isProtected ? UaSecurity.Of(UaPolicy.Basic256Sha256, UaMode.SignAndEncrypt, _ours.Own(), _theirs.Own()) : UaSecurity.None();
        return new(new UaChannel(new DeviceEndPoint("127.0.0.1", server.EndPoint.Port), server.EndpointUrl, security, Patience, TimeProvider.System), server.EndpointUrl, Patience);
    }
}
