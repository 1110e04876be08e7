using System.Text.Json.Nodes;
using Uns.Connectors;
using Uns.Connectors.OpcUa;
using Uns.Connectors.OpcUa.Security;
using Uns.Connectors.OpcUa.Wire;
using Uns.Tags;
using Uns.TestKit.Devices;

namespace Uns.UnitTests.OpcUa;

/// <summary>Our client before our server, each with certificates of its own that the other has to accept.</summary>
public sealed class SecureServerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Theory]
    [InlineData("Basic256Sha256", "Sign")]
    [InlineData("Basic256Sha256", "SignAndEncrypt")]
    [InlineData("Aes128Sha256RsaOaep", "SignAndEncrypt")]
    [InlineData("Aes256Sha256RsaPss", "Sign")]
    [InlineData("Aes256Sha256RsaPss", "SignAndEncrypt")]
    public async Task Both_sides_accept_each_other_and_values_come_and_go(string policy, string mode)
    {
        var (ours, theirs) = (new CertificateStore(null, TimeProvider.System), new CertificateStore(null, TimeProvider.System));
        await using var server = new OpcUaSimulator([new("Setting", DataType.Double, null)], TimeProvider.System, certificates: theirs);
        await server.StartAsync();
        var kind = new OpcUaKind(ours);
        var device = new DeviceOptions
        {
            Name = "plc",
            Protocol = "opcua",
            Settings = new JsonObject { ["Endpoint"] = server.EndpointUrl, ["AnswerTimeout"] = "60s", ["SecurityPolicy"] = policy, ["SecurityMode"] = mode },
            Tags = [new() { Name = "Setting", Address = "nsu=urn:uns:simulator;s=Setting", DataType = DataType.Double, Writable = true }],
        };
        await using var connector = kind.Plan(device, TimeProvider.System).Connector;
        using var limit = new CancellationTokenSource(Patience);
        Assert.Contains("is not trusted", (await Assert.ThrowsAsync<ConnectorException>(() => connector.ConnectAsync(limit.Token))).Message, StringComparison.Ordinal);
        Assert.True(ours.Trust(Assert.Single(ours.All()).Thumbprint));
        Assert.Contains("BadSecurityChecksFailed", (await Assert.ThrowsAsync<ConnectorException>(() => connector.ConnectAsync(limit.Token))).Message, StringComparison.Ordinal);
        Assert.True(theirs.Trust(Assert.Single(theirs.All()).Thumbprint));

        await connector.ConnectAsync(limit.Token);
        var sink = new RecordingSink();
        var listening = connector.ListenAsync(sink, limit.Token);
        await sink.WaitForAsync(s => s.Value.Number == 0);
        await connector.WriteAsync("Setting", TagValue.Of(4.5), limit.Token);
        await sink.WaitForAsync(s => s.Value.Number == 4.5);
        await limit.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => listening);
        await connector.DisconnectAsync();
    }

    [Fact]
    public async Task Tokens_are_renewed_while_requests_go_on()
    {
        var (ours, theirs) = (new CertificateStore(null, TimeProvider.System), new CertificateStore(null, TimeProvider.System));
        await using var server = new OpcUaSimulator([new("Setting", DataType.Double, null)], TimeProvider.System, certificates: theirs);
        await server.StartAsync();
        Assert.NotNull(theirs.Check(ours.Own()));
        Assert.True(theirs.Trust(Assert.Single(theirs.All()).Thumbprint));
        var security = UaSecurity.Of(UaPolicy.Basic256Sha256, UaMode.SignAndEncrypt, ours.Own(), theirs.Own());
        var channel = new UaChannel(new DeviceEndPoint("127.0.0.1", server.EndPoint.Port), server.EndpointUrl, security, Patience, TimeProvider.System);
        await using var session = new UaSession(channel, server.EndpointUrl, Patience);
        await session.OpenAsync(UaUser.Anonymous, TimeSpan.FromMinutes(1), CancellationToken.None);
        var node = new NodeId(2, IdKind.String, 0, "Setting");
        for (var round = 0; round < 20; round++)
        {
            var reads = Enumerable.Range(0, 5).Select(_ => session.ReadAsync([node], UaAttribute.Value, CancellationToken.None)).ToList();
            await channel.RenewAsync(CancellationToken.None);
            foreach (var read in reads)
            {
                Assert.Equal(0.0, (await read)[0].Value.Value);
            }
        }
    }
}
