using System.Buffers;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Mqtt.Broker;
using Uns.Mqtt.Broker.Access;
using Uns.Mqtt.Broker.Listeners;
using Uns.Mqtt.Packets;
using Uns.TestKit;

namespace Uns.UnitTests.Mqtt.Broker;

/// <summary>When a client counts as one that takes nothing.</summary>
public sealed class StallTests
{
    private readonly ManualClock _clock = new();
    private readonly BrokerCore _core;
    private readonly Wall _wall = new();

    public StallTests() => _core = new(new MqttBrokerOptions(), null, _clock, NullLogger.Instance);

    [Fact]
    public void A_client_that_came_in_the_batch_of_the_tick_is_not_one()
    {
        var connection = Connected();
        Assert.True(connection.Output.Count > 0); // CONNACK: the batch is not over.
        _core.Tick();
        _clock.Advance(TimeSpan.FromHours(5)); // A clock that is set.
        _core.ReadClock();
        _core.Tick();
        Assert.True(connection.IsOpen);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void Only_one_of_whose_bytes_none_went_for_thirty_seconds_is_one(bool takesABit, bool staysIn)
    {
        var connection = Connected();
        for (var second = 0; second < 32; second++)
        {
            _wall.Takes = takesABit && second % 20 == 10 ? 1 : 0;
            connection.MarkDirty();
            _core.EndBatch();
            _clock.Advance(TimeSpan.FromSeconds(1));
            _core.ReadClock();
            _core.Tick();
        }

        Assert.Equal(staysIn, connection.IsOpen);
    }

    private BrokerConnection Connected()
    {
        _core.ReadClock();
        var connection = new BrokerConnection(_core, _wall);
        _core.Opened(connection);
        var bytes = new ArrayBufferWriter<byte>();
        new ConnectPacket { Version = ProtocolVersion.V5, ClientId = "c" }.Write(bytes);
        connection.Receive(bytes.WrittenSpan);
        Assert.NotNull(connection.Session);
        return connection;
    }

    /// <summary>A transport that takes as many bytes as it is told.</summary>
    private sealed class Wall : ILink
    {
        public int Takes { get; set; }

        public ClientOrigin Origin { get; } = new(ClientListener.Tcp);

        public void Flush(BrokerConnection connection)
        {
            connection.Output.Sent(Math.Min(Takes, connection.Output.Count));
            connection.Drained();
        }

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
