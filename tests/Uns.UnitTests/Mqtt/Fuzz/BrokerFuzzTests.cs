using Microsoft.Extensions.Logging;
using Uns.Mqtt.Broker;
using Uns.Mqtt.Broker.Access;
using Uns.Mqtt.Broker.Listeners;
using Uns.Mqtt.Packets;
using Uns.TestKit;

namespace Uns.UnitTests.Mqtt.Fuzz;

public sealed class BrokerFuzzTests
{
    private const int Sequences = 100_000;

    private readonly ManualClock _clock = new();
    private readonly RecordedLog _log = new(LogLevel.Error);

    [Fact]
    public void A_hundred_thousand_packet_sequences_bring_no_fault_of_the_broker_and_leave_no_trace()
    {
        var core = new BrokerCore(new MqttBrokerOptions { QueuedMessages = 50, OutboundBytes = 4096, DenySubscribe = ["a//c"] }, null, _clock, _log);
        var mutator = new Mutator(seed: 20260102);
        var open = new List<(BrokerConnection Connection, ProtocolVersion Version)>();
        for (var i = 0; i < Sequences; i++)
        {
            core.ReadClock();
            var version = mutator.AnyVersion();
            var connection = new BrokerConnection(core, new Sink());
            core.Opened(connection);
            open.Add((connection, version));
            Feed(connection, mutator, mutator.Connect(version, $"c{mutator.Random.Next(40)}"), spoilOneIn: 20);
            for (var packets = mutator.Random.Next(1, 12); packets > 0; packets--)
            {
                // Others speak in between, so that they meet.
                var (speaker, itsVersion) = mutator.Random.Next(3) == 0 ? open[mutator.Random.Next(open.Count)] : (connection, version);
                Feed(speaker, mutator, mutator.Whole(itsVersion), spoilOneIn: 12);
                core.EndBatch();
            }

            open.RemoveAll(c => !c.Connection.IsOpen);
            while (open.Count > 30)
            {
                open[0].Connection.Close(discardWill: false);
                open.RemoveAt(0);
            }

            core.EndBatch();
            if (i % 16 == 0)
            {
                _clock.Advance(TimeSpan.FromSeconds(1));
                core.ReadClock();
                core.Tick();
                core.EndBatch();
            }
        }

        Assert.Empty(_log.Entries);
        open.ForEach(c => c.Connection.Close(discardWill: true));
        core.EndBatch();
        _clock.Advance(TimeSpan.FromDays(8));
        core.ReadClock();
        core.Tick();
        core.EndBatch();
        var end = core.Counters.Snapshot();
        Assert.Equal((0, 0, 0, 0), (end.Connections, end.Sessions, end.Subscriptions, end.Queued));
        Assert.True(end.MessagesOut > Sequences / 10, $"Only {end.MessagesOut} messages came through: the sequences are too poor.");
    }

    private static void Feed(BrokerConnection connection, Mutator mutator, byte[] packet, int spoilOneIn)
    {
        if (!connection.IsOpen)
        {
            return;
        }

        var bytes = mutator.Random.Next(spoilOneIn) == 0 ? mutator.Spoil(packet) : packet;
        var cut = mutator.Random.Next(4) == 0 ? mutator.Random.Next(bytes.Length + 1) : 0;
        connection.Receive(bytes.AsSpan(0, cut));
        if (connection.IsOpen)
        {
            connection.Receive(bytes.AsSpan(cut));
        }
    }

    /// <summary>A transport that takes all, but now and then only the half.</summary>
    private sealed class Sink : ILink
    {
        private int _flushes;

        public ClientOrigin Origin { get; } = new(ClientListener.Stream);

        public void Flush(BrokerConnection connection)
        {
            var count = connection.Output.Count;
            if (count > 0)
            {
                connection.Output.Sent(++_flushes % 3 == 0 ? Math.Max(1, count / 2) : count);
            }

            connection.Drained();
        }

        public void Hold(bool isHeld)
        {
            // Without a store nobody waits for a disk.
        }

        public void Close(BrokerConnection connection)
        {
            // Nothing is held.
        }
    }
}
