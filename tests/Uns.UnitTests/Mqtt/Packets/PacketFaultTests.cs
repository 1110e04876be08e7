using Uns.Mqtt.Packets;
using Uns.TestKit;

namespace Uns.UnitTests.Mqtt.Packets;

/// <summary>Bytes that must be refused, each with its clause and reason code.</summary>
public sealed class PacketFaultTests
{
    [Theory]
    [Spec("MQTT-2.1.3-1"), Spec("MQTT-3.3.1-4"), Spec("MQTT-3.6.1-1"), Spec("MQTT-3.8.1-1"), Spec("MQTT-3.10.1-1"), Spec("MQTT-3.14.1-1"), Spec("MQTT-3.15.1-1")]
    [InlineData("00 00")] // no packet has type 0
    [InlineData("11 00")] // CONNECT with a flag
    [InlineData("36 00")] // QoS 3
    [InlineData("38 00")] // DUP on QoS 0 [MQTT-3.3.1-2]
    [InlineData("60 02 0001")]
    [InlineData("80 00")]
    [InlineData("A0 00")]
    [InlineData("E1 00")]
    [InlineData("F8 00")]
    [InlineData("30 80 00")] // remaining length in too many bytes
    [InlineData("30 FF FF FF FF 01")]
    public void A_fixed_header_against_the_rules_is_malformed(string hex)
    {
        Assert.Equal(HeaderStatus.Malformed, FixedHeader.Read(Wire.Bytes(hex), out _, out var fault));
        Assert.Equal(ReasonCode.MalformedPacket, fault.Reason);
    }

    [Theory]
    [Spec("MQTT-3.1.2-1"), Spec("MQTT-3.1.2-2"), Spec("MQTT-3.1.2-3"), Spec("MQTT-3.1.2-11"), Spec("MQTT-3.1.2-12"), Spec("MQTT-3.1.2-13")]
    [InlineData("10 0C 00 04 4D515455 04 02 003C 0000", ReasonCode.UnsupportedProtocolVersion)]
    [InlineData("10 0C 00 04 4D515454 03 02 003C 0000", ReasonCode.UnsupportedProtocolVersion)]
    [InlineData("10 0C 00 04 4D515454 04 03 003C 0000", ReasonCode.MalformedPacket)]
    [InlineData("10 0C 00 04 4D515454 04 0A 003C 0000", ReasonCode.MalformedPacket)] // will QoS without will
    [InlineData("10 0C 00 04 4D515454 04 22 003C 0000", ReasonCode.MalformedPacket)] // will retain without will
    [InlineData("10 12 00 04 4D515454 04 1E 003C 0000 0001 74 0000 00", ReasonCode.MalformedPacket)] // will QoS 3
    [InlineData("10 0D 00 04 4D515454 04 02 003C 0001 FF", ReasonCode.MalformedPacket)] // [MQTT-3.1.3-4]
    [InlineData("10 0D 00 04 4D515454 04 02 003C 0000 00", ReasonCode.MalformedPacket)] // a byte too many
    [InlineData("10 0E 00 04 4D515454 04 42 003C 0000 0000", ReasonCode.MalformedPacket)] // password without user name, 3.1.1
    [InlineData("10 18 00 04 4D515454 05 02 003C 05 11 00000001 05 11 00000001 0000", ReasonCode.MalformedPacket)]
    [InlineData("10 17 00 04 4D515454 05 02 003C 0A 11 00000001 11 00000001 0000", ReasonCode.ProtocolError)] // doubled
    [InlineData("10 10 00 04 4D515454 05 02 003C 03 23 0001 0000", ReasonCode.MalformedPacket)] // topic alias in CONNECT
    [InlineData("10 10 00 04 4D515454 05 02 003C 03 21 0000 0000", ReasonCode.ProtocolError)] // receive maximum 0
    [InlineData("10 0F 00 04 4D515454 05 02 003C 02 17 02 0000", ReasonCode.ProtocolError)] // flag of 2
    [InlineData("10 11 00 04 4D515454 05 02 003C 04 16 0001 78 0000", ReasonCode.ProtocolError)] // data without method
    public void A_connect_against_the_rules_is_refused_with_its_reason(string hex, ReasonCode reason) =>
        Assert.Equal((null, reason), Wire.RoundTrip(Wire.Bytes(hex), ProtocolVersion.V5));

    [Theory]
    [Spec("MQTT-1.5.4-1"), Spec("MQTT-1.5.4-2"), Spec("MQTT-3.3.2-2"), Spec("MQTT-3.3.2-8"), Spec("MQTT-3.3.2-14"), Spec("MQTT-4.7.3-1")]
    [InlineData("30 03 0001 2B", ReasonCode.TopicNameInvalid, ProtocolVersion.V311)]
    [InlineData("30 03 0001 23", ReasonCode.TopicNameInvalid, ProtocolVersion.V311)]
    [InlineData("30 03 0001 00", ReasonCode.MalformedPacket, ProtocolVersion.V311)]
    [InlineData("30 05 0003 EDA080", ReasonCode.MalformedPacket, ProtocolVersion.V311)] // a surrogate
    [InlineData("30 02 0000", ReasonCode.ProtocolError, ProtocolVersion.V311)]
    [InlineData("30 03 0000 00", ReasonCode.ProtocolError, ProtocolVersion.V5)]
    [InlineData("32 05 0001 61 0000", ReasonCode.ProtocolError, ProtocolVersion.V311)] // identifier 0
    [InlineData("30 07 0001 61 03 23 0000", ReasonCode.TopicAliasInvalid, ProtocolVersion.V5)]
    [InlineData("30 08 0001 61 04 08 0001 2B", ReasonCode.ProtocolError, ProtocolVersion.V5)] // wildcard in the response topic
    [InlineData("30 06 0001 61 02 0B 00", ReasonCode.ProtocolError, ProtocolVersion.V5)] // subscription identifier 0
    [InlineData("30 06 0001 61 02 7F 00", ReasonCode.MalformedPacket, ProtocolVersion.V5)] // unknown property
    [InlineData("30 05 0001 61 05 01", ReasonCode.MalformedPacket, ProtocolVersion.V5)] // properties longer than the packet
    public void A_publish_against_the_rules_is_refused_with_its_reason(string hex, ReasonCode reason, ProtocolVersion version) =>
        Assert.Equal((null, reason), Wire.RoundTrip(Wire.Bytes(hex), version));

    [Theory]
    [Spec("MQTT-3.8.3-2"), Spec("MQTT-3.8.3-5"), Spec("MQTT-3.10.3-2"), Spec("MQTT-3.4.2-1"), Spec("MQTT-3.9.3-2"), Spec("MQTT-3.14.2-1")]
    [InlineData("82 02 0001", ReasonCode.ProtocolError, ProtocolVersion.V311)]
    [InlineData("82 06 0001 0001 61 03", ReasonCode.MalformedPacket, ProtocolVersion.V311)] // QoS 3
    [InlineData("82 06 0001 0001 61 04", ReasonCode.MalformedPacket, ProtocolVersion.V311)] // reserved on 3.1.1
    [InlineData("82 07 0001 00 0001 61 C0", ReasonCode.MalformedPacket, ProtocolVersion.V5)]
    [InlineData("82 07 0001 00 0001 61 30", ReasonCode.MalformedPacket, ProtocolVersion.V5)] // retain handling 3
    [InlineData("82 06 0000 0001 61 00", ReasonCode.ProtocolError, ProtocolVersion.V311)]
    [InlineData("A2 02 0001", ReasonCode.ProtocolError, ProtocolVersion.V311)]
    [InlineData("40 03 0001 01", ReasonCode.MalformedPacket, ProtocolVersion.V5)]
    [InlineData("40 03 0001 00", ReasonCode.MalformedPacket, ProtocolVersion.V311)] // nothing may follow on 3.1.1
    [InlineData("62 03 0001 80", ReasonCode.MalformedPacket, ProtocolVersion.V5)]
    [InlineData("90 04 0001 00 05", ReasonCode.MalformedPacket, ProtocolVersion.V5)]
    [InlineData("E0 01 01", ReasonCode.MalformedPacket, ProtocolVersion.V5)]
    [InlineData("E0 01 00", ReasonCode.MalformedPacket, ProtocolVersion.V311)]
    [InlineData("F0 01 17", ReasonCode.MalformedPacket, ProtocolVersion.V5)]
    [InlineData("C0 01 00", ReasonCode.MalformedPacket, ProtocolVersion.V311)]
    public void Other_packets_against_the_rules_are_refused_with_their_reason(string hex, ReasonCode reason, ProtocolVersion version) =>
        Assert.Equal((null, reason), Wire.RoundTrip(Wire.Bytes(hex), version));

    [Theory]
    [Spec("MQTT-4.7.1-1"), Spec("MQTT-4.7.1-2"), Spec("MQTT-4.8.2-1"), Spec("MQTT-4.8.2-2")]
    [InlineData("#", true)]
    [InlineData("+", true)]
    [InlineData("/", true)]
    [InlineData("a/+/b/#", true)]
    [InlineData("+/+", true)]
    [InlineData("$share/g/a/+", true)]
    [InlineData("$share/g//", true)]
    [InlineData("", false)]
    [InlineData("a#", false)]
    [InlineData("a/#/b", false)]
    [InlineData("a+/b", false)]
    [InlineData("+a", false)]
    [InlineData("##", false)]
    [InlineData("$share/g", false)]
    [InlineData("$share/g/", false)]
    [InlineData("$share//a", false)]
    [InlineData("$share/g+/a", false)]
    [InlineData("$share/g/a#", false)]
    public void A_filter_holds_wildcards_only_as_whole_levels(string filter, bool valid) =>
        Assert.Equal(valid, TextRules.IsTopicFilter(filter));

    [Fact, Spec("MQTT-1.5.4-3")]
    public void A_byte_order_mark_is_a_character_like_others()
    {
        Assert.True(SubscribePacket.TryRead(Wire.Bytes("0001 0004 EFBBBF61 00"), ProtocolVersion.V311, out var packet, out _));
        Assert.Equal("\uFEFFa", packet.Requests[0].Filter);
    }
}
