using Uns.Mqtt.Broker;
using Uns.Mqtt.Broker.Sessions;
using Uns.Mqtt.Broker.Subscriptions;
using Uns.Mqtt.Packets;
using Uns.TestKit;

namespace Uns.UnitTests.Mqtt.Broker;

public sealed class SessionTests
{
    private readonly Session _session = new("c");

    [Fact, Spec("MQTT-2.2.1-4"), Spec("MQTT-4.3.2-1")]
    public void Packet_identifiers_go_round_without_zero_and_without_those_in_use()
    {
        _session.InFlight.Add(1, default);
        _session.InFlight.Add(ushort.MaxValue, default);
        var seen = new HashSet<ushort>();
        for (var i = 0; i < ushort.MaxValue - 2; i++)
        {
            Assert.True(seen.Add(_session.NextPacketId()));
        }

        Assert.DoesNotContain((ushort)0, seen);
        Assert.DoesNotContain((ushort)1, seen);
        Assert.DoesNotContain(ushort.MaxValue, seen);
        Assert.Equal(2, _session.NextPacketId());
    }

    [Fact, Spec("MQTT-4.4.0-1")]
    public void What_was_under_way_is_sent_again_in_its_order_and_no_longer_counts_as_sent()
    {
        foreach (var (id, sequence) in new[] { ((ushort)7, 3L), ((ushort)9, 1L), ((ushort)8, 2L) })
        {
            _session.InFlight.Add(id, new InFlight { Sequence = sequence, IsOnWire = true });
            _session.OnWire++;
        }

        _session.BeginResend();
        Assert.Equal([9, 8, 7], _session.ToResend.Select(id => (int)id));
        Assert.Equal(0, _session.OnWire);
        Assert.All(_session.InFlight.Values, f => Assert.False(f.IsOnWire));
    }

    [Fact, Spec("MQTT-4.9.0-2")]
    public void A_full_window_begins_nothing()
    {
        _session.SendMaximum = 2;
        Assert.True(_session.MayBegin);
        _session.OnWire = 2;
        Assert.False(_session.MayBegin);
    }

    [Fact, Spec("MQTT-3.3.4-2"), Spec("MQTT-3.3.4-4")]
    public void Overlapping_subscriptions_merge_into_one_target()
    {
        var target = SubscriberSet.Merge(_session,
        [
            new Subscription(_session, new("a/#", QualityOfService.AtLeastOnce), 5),
            new Subscription(_session, new("a/b", RetainAsPublished: true), 0),
            new Subscription(_session, new("+/b", QualityOfService.AtMostOnce, NoLocal: true), 6),
        ]);
        Assert.Equal(QualityOfService.AtLeastOnce, target.MaximumQos);
        Assert.True(target.RetainAsPublished);
        Assert.Equal([5, 6], target.SubscriptionIds);
        Assert.True(target.HasNoLocal);
        Assert.Equal([5, 0], target.WithLocal!.Select(s => s.Identifier));
    }

    [Theory, Spec("MQTT-3.3.2-5"), Spec("MQTT-3.3.2-6")]
    [InlineData(0, false, 10)]
    [InlineData(999, false, 10)]
    [InlineData(1000, false, 9)]
    [InlineData(9_999, false, 1)]
    [InlineData(10_000, true, 0)]
    [InlineData(10_000_000, true, 0)]
    public void A_message_lives_to_the_millisecond_and_tells_whole_seconds(long waited, bool expired, int left)
    {
        var message = new Message { TopicText = "t", Topic = [0x74], Payload = default, Expiry = 10, ArrivedAt = 5_000 };
        Assert.Equal(expired, message.IsExpired(5_000 + waited));
        Assert.Equal((uint)left, message.ExpiryLeft(5_000 + waited));
    }

    [Fact]
    public void An_output_buffer_gives_back_in_order_what_it_was_given_and_then_holds_nothing()
    {
        var buffer = new OutputBuffer(new BufferPool());
        var random = new Random(7);
        var (next, due) = (0, 0);
        for (var round = 0; round < 2000; round++)
        {
            var bytes = Enumerable.Range(0, random.Next(1, 700)).Select(_ => (byte)next++).ToArray();
            buffer.Append(bytes);
            var take = random.Next(0, buffer.Count + 1);
            foreach (var b in buffer.Span[..take])
            {
                Assert.Equal((byte)due++, b);
            }

            buffer.Sent(take);
        }

        Assert.Equal(next - due, buffer.Count);
        buffer.Sent(buffer.Count);
        Assert.Equal(0, buffer.Count);
    }
}
