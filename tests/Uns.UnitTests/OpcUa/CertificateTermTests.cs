using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Connectors;
using Uns.Connectors.OpcUa;
using Uns.Connectors.OpcUa.Security;
using Uns.Connectors.OpcUa.Wire;
using Uns.Hub.Wiring;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.UnitTests.OpcUa;

/// <summary>Certificates that come to their end, and the renewal of our own.</summary>
public sealed class CertificateTermTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(61.0, null)]
    [InlineData(60.0, 60)]
    [InlineData(30.1, 60)]
    [InlineData(30.0, 30)]
    [InlineData(7.5, 30)]
    [InlineData(7.0, 7)]
    [InlineData(0.01, 7)]
    [InlineData(0.0, 0)]
    [InlineData(-400.0, 0)]
    public void Stages_are_60_30_and_7_days_and_the_end(double daysLeft, int? stage)
    {
        Assert.Equal(stage, CertificateTerms.StageOf(Noon.AddDays(daysLeft), Noon));
        Assert.Equal(stage is null, CertificateTerms.Sentence("It", Noon.AddDays(daysLeft), Noon, "Do.") is null);
    }

    [Fact]
    public void Each_stage_is_told_once_and_a_renewal_ends_it()
    {
        var clock = new ManualClock(Noon);
        var store = new CertificateStore(null, clock);
        var watch = new CertificateWatch(store, NullLogger<CertificateWatch>.Instance);
        var end = store.OwnView().NotAfter;
        Assert.Empty(watch.Look(clock.GetUtcNow()));
        foreach (var days in new[] { 59, 58, 29, 10, 6, 1 })
        {
            clock.Advance(end - TimeSpan.FromDays(days) - clock.GetUtcNow());
            Assert.Single(watch.Look(clock.GetUtcNow()));
        }

        Assert.Equal([60, 30, 7], watch.Events().Select(e => e.Stage));
        Assert.Contains("in 59 days", watch.Events()[0].Sentence, StringComparison.Ordinal);
        store.RenewOwn();
        Assert.Empty(watch.Look(clock.GetUtcNow()));
        Assert.Equal(3, watch.Events().Count);
    }

    [Fact]
    public void A_renewal_keeps_the_key_and_outlives_a_restart()
    {
        var folder = Directory.CreateTempSubdirectory("uns-own-");
        try
        {
            var clock = new ManualClock(Noon);
            var store = new CertificateStore(folder.FullName, clock);
            var (old, key) = (store.OwnView(), store.Own().GetPublicKeyString());
            clock.Advance(TimeSpan.FromDays(300));
            var renewed = store.RenewOwn();
            Assert.NotEqual(old.Thumbprint, renewed.Thumbprint);
            Assert.True(renewed.NotAfter > old.NotAfter.AddDays(299));
            var again = new CertificateStore(folder.FullName, clock);
            Assert.Equal((renewed.Thumbprint, key), (again.OwnView().Thumbprint, again.Own().GetPublicKeyString()));
            Assert.Equal(old.Thumbprint, Convert.ToHexString(again.OwnBefore()!.GetCertHash(HashAlgorithmName.SHA256)));
            Assert.True(again.Own().HasPrivateKey && again.OwnBefore()!.HasPrivateKey);
            clock.Advance(old.NotAfter - clock.GetUtcNow());
            Assert.Null(again.OwnBefore());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_server_that_has_not_accepted_the_renewed_certificate_is_entered_with_the_one_before()
    {
        var (ours, theirs) = (new CertificateStore(null, TimeProvider.System), new CertificateStore(null, TimeProvider.System));
        await using var server = new OpcUaSimulator([new("Setting", DataType.Double, null)], TimeProvider.System, certificates: theirs);
        await server.StartAsync();
        Assert.NotNull(ours.Check(theirs.Own()));
        Assert.NotNull(theirs.Check(ours.Own()));
        Assert.True(ours.Trust(ours.All()[0].Thumbprint) && theirs.Trust(theirs.All()[0].Thumbprint));
        var device = new DeviceOptions { Name = "plc", Protocol = "opcua", Settings = new JsonObject { ["Endpoint"] = server.EndpointUrl, ["AnswerTimeout"] = "60s", ["SecurityPolicy"] = "Basic256Sha256" } };
        var plan = new OpcUaKind(ours).Plan(device, TimeProvider.System);
        await using var connector = plan.Connector;
        ours.RenewOwn();
        await connector.ConnectAsync(default);
        Assert.Contains("has not accepted our renewed certificate", Assert.Single(plan.Traffic.Read().Remarks), StringComparison.Ordinal);
        await connector.DisconnectAsync();

        Assert.True(theirs.Trust(Assert.Single(theirs.All(), c => !c.IsTrusted).Thumbprint));
        await connector.ConnectAsync(default);
        Assert.Empty(plan.Traffic.Read().Remarks);
        await connector.DisconnectAsync();
    }

    [Fact]
    public async Task A_client_that_knows_the_certificate_of_before_the_renewal_still_enters_our_server()
    {
        var (ours, theirs) = (new CertificateStore(null, TimeProvider.System), new CertificateStore(null, TimeProvider.System));
        await using var server = new OpcUaSimulator([new("Setting", DataType.Double, null)], TimeProvider.System, certificates: theirs);
        await server.StartAsync();
        Assert.NotNull(theirs.Check(ours.Own()));
        Assert.True(theirs.Trust(theirs.All()[0].Thumbprint));
        var known = theirs.Own();
        theirs.RenewOwn();
        var limit = TimeSpan.FromSeconds(60);
        var channel = new UaChannel(
            new DeviceEndPoint("127.0.0.1", server.EndPoint.Port), server.EndpointUrl, UaSecurity.Of(UaPolicy.Aes256Sha256RsaPss, UaMode.SignAndEncrypt, ours.Own(), known), limit, TimeProvider.System);
        await using var session = new UaSession(channel, server.EndpointUrl, limit);
        await session.OpenAsync(UaUser.Anonymous, TimeSpan.FromMinutes(1), CancellationToken.None);
        Assert.Equal(2, (await session.BrowseAsync(NodeId.Standard(85), CancellationToken.None)).Count);
    }
}
