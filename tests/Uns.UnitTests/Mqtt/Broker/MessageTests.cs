using System.Text;
using Uns.Mqtt.Broker;
using Uns.Mqtt.Broker.Subscriptions;
using Uns.Mqtt.Packets;

namespace Uns.UnitTests.Mqtt.Broker;

/// <summary>A retained message takes the next value into itself as long as nobody else keeps it.</summary>
public sealed class MessageTests
{
    private readonly TopicCache _topics = new(maximumLevels: 16, maximumBytes: 4096);

    [Fact]
    public void The_next_value_takes_the_place_of_one_that_nobody_shares()
    {
        var message = Message.OwnedBy(Routed("first value"));

        Assert.True(message.TryTake(Routed("2nd", QualityOfService.AtLeastOnce, expiry: 5, arrivedAt: 99)));
        Assert.Equal(("2nd", QualityOfService.AtLeastOnce, 5u, 99L), (Text(message), message.Qos, message.Expiry, message.ArrivedAt));
        Assert.True(message.TryTake(Routed("the longest that has room here.."))); // 32 bytes.
        Assert.Equal("the longest that has room here..", Text(message));
        Assert.Null(message.Expiry);
    }

    [Fact]
    public void One_that_is_shared_or_has_no_room_or_too_much_or_other_properties_stays_as_it_is()
    {
        var message = Message.OwnedBy(Routed("value"));

        Assert.False(message.TryTake(Routed(new string('x', 33))));
        Assert.False(message.TryTake(Routed("other", properties: [0x01, 0x00])));
        Assert.False(Message.OwnedBy(Routed(new string('x', 1000))).TryTake(Routed("small")));
        message.Share();
        Assert.False(message.TryTake(Routed("other")));
        Assert.Equal("value", Text(message));
    }

    private static string Text(Message message) => Encoding.UTF8.GetString(message.Payload.Span);

    private Routed Routed(string payload, QualityOfService qos = QualityOfService.AtMostOnce, byte[]? properties = null, uint? expiry = null, long arrivedAt = 1) => new()
    {
        Known = _topics.Get("a/b"u8),
        Frame = new Frame { Topic = "a/b"u8, Payload = Encoding.UTF8.GetBytes(payload), Properties = properties, Expiry = expiry },
        Qos = qos,
        Retain = true,
        ArrivedAt = arrivedAt,
    };
}
