using System.Text;
using Uns.Mqtt.Broker;
using Uns.Mqtt.Broker.Access;
using Uns.Mqtt.Broker.Listeners;
using Uns.TestKit;

namespace Uns.UnitTests.Mqtt.Broker;

/// <summary>What people point at the port of MQTT by mistake: the log says what it was.</summary>
public sealed class WrongPortTests
{
    private readonly RecordedLog _log = new();

    [Fact]
    public void A_client_that_speaks_tls_is_let_go_and_named() =>
        Assert.Contains("speaks TLS", Said([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03]), StringComparison.Ordinal);

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: plant\r\n\r\n")]
    [InlineData("POST /api HTTP/1.1\r\n")]
    [InlineData("HEAD / HTTP/1.1\r\n")]
    [InlineData("OPTIONS * HTTP/1.1\r\n")]
    public void A_client_that_speaks_http_is_let_go_and_named(string request) =>
        Assert.Contains("speaks HTTP", Said(Encoding.ASCII.GetBytes(request)), StringComparison.Ordinal);

    [Fact]
    public void Any_other_bytes_are_named_as_they_are()
    {
        var said = Said([0xFF, 0x00]);
        Assert.Contains("0xFF", said, StringComparison.Ordinal);
        Assert.DoesNotContain("speaks", said, StringComparison.Ordinal);
    }

    private string Said(byte[] first)
    {
        var core = new BrokerCore(new MqttBrokerOptions(), null, new ManualClock(), _log);
        var connection = new BrokerConnection(core, new Nowhere());
        core.Opened(connection);
        connection.Receive(first);
        Assert.False(connection.IsOpen);
        return Assert.Single(_log.Entries).Text;
    }

    private sealed class Nowhere : ILink
    {
        public ClientOrigin Origin { get; } = new(ClientListener.Stream);

        public void Flush(BrokerConnection connection) => connection.Output.Clear();

        public void Hold(bool isHeld)
        {
            // Nobody waits here.
        }

        public void Close(BrokerConnection connection)
        {
            // Nothing is held.
        }
    }
}
