using Uns.Mqtt.Packets;
using Uns.TestKit;
using static Uns.ConformanceTests.Mqtt.RawBytes;
using static Uns.Mqtt.Packets.QualityOfService;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>The reasons in answers: only those of the packet, in words only where there is room and leave.</summary>
public sealed class ReasonTests : BrokerFixture
{
    private static readonly byte[] AnyReason = [0x01, 0x03, 0x05, 0x0F, 0x17, 0x7F, 0xA3, 0xFF];

    public static TheoryData<PacketType, byte> ForeignReasons()
    {
        var data = new TheoryData<PacketType, byte>();
        foreach (var type in new[] { PacketType.PubAck, PacketType.PubRec, PacketType.PubRel, PacketType.PubComp, PacketType.Disconnect, PacketType.Auth })
        {
            foreach (var reason in AnyReason)
            {
                data.Add(type, reason);
            }
        }

        data.Add(PacketType.PubAck, 0x92);
        data.Add(PacketType.PubRec, 0x92);
        data.Add(PacketType.PubRel, 0x10);
        data.Add(PacketType.PubComp, 0x80);
        data.Add(PacketType.Disconnect, 0x18);
        data.Add(PacketType.Auth, 0x80);
        return data;
    }

    [Theory, MemberData(nameof(ForeignReasons))]
    [Spec("MQTT-3.4.2-1"), Spec("MQTT-3.5.2-1"), Spec("MQTT-3.6.2-1"), Spec("MQTT-3.7.2-1"), Spec("MQTT-3.14.2-1"), Spec("MQTT-3.15.2-1")]
    public async Task A_reason_that_is_not_the_packets_is_malformed(PacketType type, byte reason)
    {
        var client = await ConnectAsync("c");
        byte[] id = type is PacketType.Disconnect or PacketType.Auth ? [] : [0, 1];
        await client.SendAsync(Packet(((int)type << 4) | (type == PacketType.PubRel ? 2 : 0), id, [reason, 0]));

        // AUTH has no place here at all, whatever its reason.
        Assert.Equal(type == PacketType.Auth ? ReasonCode.ProtocolError : ReasonCode.MalformedPacket, await client.ClosedAsync());
    }

    [Fact, Spec("MQTT-3.4.2-1"), Spec("MQTT-3.5.2-1"), Spec("MQTT-3.6.2-1"), Spec("MQTT-3.7.2-1"), Spec("MQTT-3.9.3-2"), Spec("MQTT-4.3.2-4"), Spec("MQTT-3.4.2-2"), Spec("MQTT-3.4.2-3"), Spec("MQTT-3.5.2-2"), Spec("MQTT-3.5.2-3")]
    [Spec("MQTT-3.6.2-2"), Spec("MQTT-3.6.2-3"), Spec("MQTT-3.7.2-2"), Spec("MQTT-3.7.2-3"), Spec("MQTT-3.9.2-1"), Spec("MQTT-3.9.2-2"), Spec("MQTT-3.11.2-1"), Spec("MQTT-3.11.2-2")]
    public async Task A_client_with_room_for_the_bare_answers_alone_gets_all_of_them_and_nothing_larger()
    {
        const int Room = 40;
        var client = await ConnectAsync("c", connect: new ConnectPacket { Properties = new Properties { MaximumPacketSize = Room } });
        var packets = new List<RawPacket>();
        async Task<RawPacket> NextAsync(PacketType type)
        {
            packets.Add(await client.ReceiveAsync(type));
            return packets[^1];
        }

        await client.SendAsync(o => new SubscribePacket { PacketId = 1, Requests = [new("t", ExactlyOnce), new("a#"), new("$share/g")] }.Write(o, ProtocolVersion.V5));
        Assert.Equal([ReasonCode.GrantedQos2, ReasonCode.TopicFilterInvalid, ReasonCode.TopicFilterInvalid], (await NextAsync(PacketType.SubAck)).SubAck.Reasons);
        await client.PublishAsync("nobody", "x", AtLeastOnce, id: 2);
        Assert.Equal(new PublishAckPacket(PacketType.PubAck, 2, ReasonCode.NoMatchingSubscribers), (await NextAsync(PacketType.PubAck)).Ack);
        await client.PublishAsync("nobody", "x", ExactlyOnce, id: 3);
        Assert.Equal(new PublishAckPacket(PacketType.PubRec, 3, ReasonCode.NoMatchingSubscribers), (await NextAsync(PacketType.PubRec)).Ack);
        await client.AckAsync(PacketType.PubRel, 3);
        Assert.Equal(new PublishAckPacket(PacketType.PubComp, 3), (await NextAsync(PacketType.PubComp)).Ack);
        await client.AckAsync(PacketType.PubRel, 4);
        Assert.Equal(new PublishAckPacket(PacketType.PubComp, 4, ReasonCode.PacketIdentifierNotFound), (await NextAsync(PacketType.PubComp)).Ack);
        await client.AckAsync(PacketType.PubRec, 5);
        Assert.Equal(new PublishAckPacket(PacketType.PubRel, 5, ReasonCode.PacketIdentifierNotFound), (await NextAsync(PacketType.PubRel)).Ack);
        await client.SendAsync(o => new UnsubscribePacket { PacketId = 6, Filters = ["t", "u"] }.Write(o, ProtocolVersion.V5));
        Assert.Equal([ReasonCode.Success, ReasonCode.NoSubscriptionExisted], (await NextAsync(PacketType.UnsubAck)).SubAck.Reasons);
        Assert.All(packets, p => Assert.InRange(p.Header.PacketBytes, 2, Room));
        Assert.All(packets.Where(p => p.Type is PacketType.SubAck or PacketType.UnsubAck), p => Assert.Same(Properties.None, p.SubAck.Properties));
    }

    [Theory, Spec("MQTT-3.1.2-29")]
    [InlineData(null)]
    [InlineData((byte)0)]
    public async Task Without_problem_information_answers_carry_no_words(byte? asked)
    {
        var client = await ConnectAsync("c", connect: new ConnectPacket { Properties = new Properties { RequestProblemInformation = asked } });
        await client.PublishAsync("nobody", "x", AtLeastOnce, id: 2);
        Assert.Null((await client.ReceiveAsync(PacketType.PubAck)).Ack.Properties);
        Assert.Same(Properties.None, (await client.SubscribeAsync("a#")).Properties);
        await client.AckAsync(PacketType.PubRel, 4);
        Assert.Null((await client.ReceiveAsync(PacketType.PubComp)).Ack.Properties);
        await client.SendAsync("F000");
        Assert.NotNull((await client.ReceiveAsync(PacketType.Disconnect)).Disconnect.Properties.ReasonString); // DISCONNECT may have them.
    }

    [Theory]
    [Spec("MQTT-3.14.2-1"), Spec("MQTT-3.14.2-2"), Spec("MQTT-3.14.2-3"), Spec("MQTT-3.14.2-4"), Spec("MQTT-3.14.4-1")]
    [InlineData(null, true)]
    [InlineData(200u, true)]
    [InlineData(40u, false)]
    public async Task A_disconnect_says_why_where_there_is_room_and_is_the_last_packet(uint? room, bool hasWords)
    {
        var client = await ConnectAsync("c", connect: new ConnectPacket { Properties = new Properties { MaximumPacketSize = room } });
        await client.SubscribeAsync("t", AtMostOnce);
        await client.SendAsync(o =>
        {
            var auth = Convert.FromHexString("F000");
            auth.CopyTo(o.GetSpan(2));
            o.Advance(2);
            PublishPacket.Write(o, ProtocolVersion.V5, "t", "behind"u8);
        });
        var packet = await client.ReceiveAsync(PacketType.Disconnect);
        Assert.InRange(packet.Header.PacketBytes, 3, (int)(room ?? 1000));
        Assert.Equal((ReasonCode.ProtocolError, null, 0), (packet.Disconnect.Reason, packet.Disconnect.Properties.SessionExpiryInterval, packet.Disconnect.Properties.UserProperties.Count));
        Assert.Equal(hasWords, packet.Disconnect.Properties.ReasonString is not null);
        Assert.Null(await client.NextAsync());
    }

    [Theory]
    [Spec("MQTT-3.2.2-19"), Spec("MQTT-3.2.2-20"), Spec("MQTT-3.2.2-8"), Spec("MQTT-3.2.2-6"), Spec("MQTT-3.2.0-2")]
    [InlineData(null, true)]
    [InlineData(40u, false)]
    public async Task A_refusing_connack_says_why_where_there_is_room_and_promises_no_session(uint? room, bool hasWords)
    {
        await ConnectAsync("c", connect: Kept());
        var client = await OpenAsync();
        await client.SendAsync(new ConnectPacket
        {
            ClientId = "c",
            CleanStart = false,
            Properties = new Properties { SessionExpiryInterval = 60, MaximumPacketSize = room, AuthenticationMethod = "NONE" },
        }.Write);
        var packet = await client.ReceiveAsync(PacketType.ConnAck);
        Assert.InRange(packet.Header.PacketBytes, 5, (int)(room ?? 1000));
        Assert.Equal((ReasonCode.BadAuthenticationMethod, false, 0), (packet.ConnAck.Reason, packet.ConnAck.SessionPresent, packet.ConnAck.Properties.UserProperties.Count));
        Assert.Equal(hasWords, packet.ConnAck.Properties.ReasonString is not null);
        Assert.Null(await client.NextAsync());
    }

    [Theory, Spec("MQTT-3.2.0-2"), Spec("MQTT-3.2.2-6"), Spec("MQTT-3.1.3-8"), Spec("MQTT-3.2.2-8")]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V5)]
    public async Task There_is_one_connack_whatever_follows_and_a_refused_identifier_ends_the_connection(ProtocolVersion version)
    {
        var client = await ConnectAsync("c", version);
        await client.SubscribeAsync("t", AtMostOnce);
        await client.PublishAsync("t", "x");
        await client.ReceivePublishAsync();
        await client.SendAsync((new ConnectPacket { ClientId = "c", Version = version }).Write);
        Assert.Equal(version == ProtocolVersion.V5 ? PacketType.Disconnect : null, (await client.NextAsync())?.Type);
        Assert.Null(await client.NextAsync());

        // MQTT 3.1.1: [MQTT-3.1.3-8] and [MQTT-3.1.3-9] there.
        var nameless = await OpenAsync(ProtocolVersion.V311);
        var refusal = await nameless.ConnectAsync(new ConnectPacket { CleanStart = false });
        Assert.Equal((ReasonCode.ClientIdentifierNotValid, false), (refusal.Reason, refusal.SessionPresent));
        Assert.Null(await nameless.NextAsync());
    }

    [Fact]
    public async Task A_client_whose_largest_packet_cannot_hold_connack_is_let_go()
    {
        var client = await OpenAsync();
        await client.SendAsync(new ConnectPacket { ClientId = "c", Properties = new Properties { MaximumPacketSize = 6 } }.Write);
        Assert.Equal(ReasonCode.PacketTooLarge, await client.ClosedAsync());
        Assert.Equal(0, (await FiguresAsync()).Sessions);
    }

    [Fact, Spec("MQTT-4.3.3-9"), Spec("MQTT-4.3.3-13")]
    public async Task After_a_refusing_pubrec_the_identifier_is_new_and_a_dead_message_is_still_finished()
    {
        var watcher = await ConnectAsync("watcher");
        await watcher.SubscribeAsync("t", AtMostOnce);
        var client = await ConnectAsync("c");
        await client.SendAsync(Packet(0x34, Text("t"), [0, 7], Section(ProtocolVersion.V5, 1, 1), [0xFF]));
        Assert.Equal(ReasonCode.PayloadFormatInvalid, (await client.ReceiveAsync(PacketType.PubRec)).Ack.Reason);
        await client.PublishAsync("t", "new", ExactlyOnce, id: 7, properties: new Properties { MessageExpiryInterval = 1 });
        Assert.Equal(ReasonCode.Success, (await client.ReceiveAsync(PacketType.PubRec)).Ack.Reason);
        Assert.Equal("new", (await watcher.ReceivePublishAsync()).Payload);
        await AdvanceAsync(TimeSpan.FromSeconds(5));
        await client.AckAsync(PacketType.PubRel, 7);
        Assert.Equal(new PublishAckPacket(PacketType.PubComp, 7), (await client.ReceiveAsync(PacketType.PubComp)).Ack);
    }
}
