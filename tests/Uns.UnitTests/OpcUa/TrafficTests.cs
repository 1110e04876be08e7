using System.Text;
using System.Text.Json.Nodes;
using Uns.Connectors;
using Uns.Connectors.OpcUa;
using Uns.Connectors.OpcUa.Security;
using Uns.Connectors.OpcUa.Server;
using Uns.Connectors.OpcUa.Wire;
using Uns.Tags;
using Uns.TestKit.Devices;
using Uns.UnitTests.OpcUa.Server;

namespace Uns.UnitTests.OpcUa;

/// <summary>What the diagnostics keep of an OPC UA connection, and what they must not keep.</summary>
public sealed class TrafficTests
{
    [Fact]
    public async Task Frames_are_told_by_service_number_and_size_also_where_the_line_is_encrypted()
    {
        var store = new CertificateStore(null, TimeProvider.System);
        await using var server = new OpcUaSimulator([new("Speed", DataType.Double, null)], TimeProvider.System, certificates: store);
        await server.StartAsync();
        var (kind, device, plan) = Plan(server.EndpointUrl, store, "Basic256Sha256");
        await using var connector = plan.Connector;
        await Assert.ThrowsAsync<ConnectorException>(() => connector.ConnectAsync(default));
        Assert.True(store.Trust(Assert.Single(store.All()).Thumbprint));
        await connector.ConnectAsync(default);
        await connector.ReadAsync(new(0, TimeSpan.FromSeconds(1)), new RecordingSink(), default);
        await connector.DisconnectAsync();

        var words = plan.Traffic.Frames().Select(f => $"{(f.Kind == FrameKind.Sent ? ">" : "<")} {kind.Explain(device, f)}").ToList();
        string[] wanted =
        [
            "> Hello", "< Acknowledge", "> OpenSecureChannel request", "< OpenSecureChannel answer", "> GetEndpoints request", "< GetEndpoints answer",
            "> CreateSession request", "< CreateSession answer", "> ActivateSession request", "< ActivateSession answer", "> Read request", "< Read answer", "> CloseSession request",
        ];
        Assert.All(wanted, w => Assert.Contains(words, found => found.StartsWith(w, StringComparison.Ordinal)));
        var figures = plan.Traffic.Read();
        Assert.Equal(0, figures.Timeouts + figures.Refusals + figures.DroppedAnswers);
        Assert.True(figures.Answers >= 6 && figures.Requests >= figures.Answers, $"{figures.Requests} requests, {figures.Answers} answers");
        Assert.NotNull(figures.RoundTrip50);
        Assert.True(figures.BytesOut > 3000 && figures.BytesIn > 3000, $"{figures.BytesOut} bytes out, {figures.BytesIn} in");
        Assert.Contains(plan.Traffic.Frames(), f => f.Length > f.Bytes.Length); // What is kept is shorter than what was encrypted.
    }

    [Fact]
    public async Task No_user_or_password_is_kept()
    {
        var options = new OpcUaServerOptions { Users = [new("operator", PasswordHash.Make("sesame-open"), OpcUaRight.Write)] };
        await using var plant = new ServedTree(options);
        var ours = new CertificateStore(null, TimeProvider.System);
        Assert.NotNull(ours.Check(plant.Certificates.Own()));
        Assert.NotNull(plant.Certificates.Check(ours.Own()));
        Assert.True(ours.Trust(ours.All()[0].Thumbprint) && plant.Certificates.Trust(plant.Certificates.All()[0].Thumbprint));
        var (_, _, plan) = Plan(plant.Server.EndpointUrl, ours, "Basic256Sha256", "operator", "sesame-open");
        await using var connector = plan.Connector;
        await connector.ConnectAsync(default);
        await connector.DisconnectAsync();
        var all = string.Concat(plan.Traffic.Frames().Select(f => Encoding.Latin1.GetString(f.Bytes.Span)));
        Assert.Contains("uns-hub", all, StringComparison.Ordinal); // The session's name: bodies are kept.
        Assert.DoesNotContain("sesame-open", all, StringComparison.Ordinal);
        Assert.DoesNotContain("operator", all, StringComparison.Ordinal);
    }

    [Fact]
    public void The_sessions_token_and_what_makes_a_session_are_blank()
    {
        var token = Guid.NewGuid();
        UaWriter Request(uint type) => new UaWriter().NodeId(NodeId.Standard(type)).NodeId(new NodeId(1, IdKind.Guid, 0, token.ToString())).DateTime(DateTimeOffset.UnixEpoch).UInt32(7).String("user and password");
        foreach (var (type, isShown) in new[] { (631u, true), (467u, false) })
        {
            var kept = UaFrame.Keep("MSG", 'F', 500, 1, 2, 3, Request(type).Written.Span, isFirst: true, isAnswer: false);
            Assert.True(kept.AsSpan().IndexOf(token.ToByteArray()) < 0);
            Assert.Equal(isShown, Encoding.Latin1.GetString(kept).Contains("password", StringComparison.Ordinal));
        }

        var created = new UaWriter().NodeId(NodeId.Standard(464)).DateTime(DateTimeOffset.UnixEpoch).UInt32(7).UInt32(0).Byte(0).Int32(0).NodeId(default).Byte(0).NodeId(new NodeId(1, IdKind.Guid, 0, token.ToString()));
        Assert.True(UaFrame.Keep("MSG", 'F', 500, 1, 2, 3, created.Written.Span, isFirst: true, isAnswer: true).AsSpan().IndexOf(token.ToByteArray()) < 0);
        Assert.Equal(20, UaFrame.Keep("MSG", 'F', 500, 1, 2, 3, created.Written.Span, isFirst: false, isAnswer: false).Length);
        Assert.Equal(20, UaFrame.Keep("OPN", 'F', 500, 1, 2, 3, created.Written.Span, isFirst: true, isAnswer: true).Length);
    }

    [Fact]
    public void A_fault_tells_its_code_and_damaged_frames_do_no_harm()
    {
        var fault = new UaWriter().NodeId(NodeId.Standard(397)).DateTime(DateTimeOffset.UnixEpoch).UInt32(7).UInt32(StatusCode.BadTooManyOperations).Byte(0).Int32(0).NodeId(default).Byte(0);
        var kept = UaFrame.Keep("MSG", 'F', 60, 1, 2, 12, fault.Written.Span, isFirst: true, isAnswer: true);
        Assert.Equal("Fault as answer 12: BadTooManyOperations (0x80100000)", Words(kept));
        var random = new Random(4713);
        for (var round = 0; round < 20_000; round++)
        {
            byte[] damaged = [.. kept.AsSpan(0, random.Next(kept.Length + 1))];
            for (var hits = random.Next(4); hits > 0 && damaged.Length > 4; hits--)
            {
                damaged[random.Next(4, damaged.Length)] = (byte)random.Next(256);
            }

            Words(damaged);
            UaFrame.Keep("MSG", 'F', 60, 1, 2, 12, damaged, isFirst: true, isAnswer: round % 2 == 0);
        }
    }

    private static string? Words(byte[] frame) => UaFrame.Explain(new(DateTimeOffset.UnixEpoch, FrameKind.Received, frame.Length, frame));

    private static (OpcUaKind Kind, DeviceOptions Device, ConnectorPlan Plan) Plan(string url, CertificateStore store, string policy, string user = "", string password = "")
    {
        var kind = new OpcUaKind(store);
        var device = new DeviceOptions
        {
            Name = "plc",
            Protocol = "opcua",
            Settings = new JsonObject { ["Endpoint"] = url, ["AnswerTimeout"] = "60s", ["SecurityPolicy"] = policy, ["User"] = user, ["Password"] = password },
            Tags = [new() { Name = "Speed", Address = "nsu=urn:uns:simulator;s=Speed", DataType = DataType.Double }],
        };
        return (kind, device, kind.Plan(device, TimeProvider.System));
    }
}
