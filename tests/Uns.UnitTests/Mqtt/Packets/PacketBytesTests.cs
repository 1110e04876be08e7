using Uns.Mqtt.Packets;
using Uns.TestKit;

namespace Uns.UnitTests.Mqtt.Packets;

/// <summary>Real bytes of each packet, written by hand from the standard.</summary>
public sealed class PacketBytesTests
{
    public static TheoryData<ProtocolVersion, string> WholePackets => new()
    {
        { ProtocolVersion.V311, "10 0C 00 04 4D515454 04 02 003C 0000" },                                           // CONNECT, empty client id
        { ProtocolVersion.V311, "10 1A 00 04 4D515454 04 EE 003C 0001 61 0001 74 0002 6869 0001 75 0001 70" },       // will QoS 1 retained, user, password
        { ProtocolVersion.V5, "10 12 00 04 4D515454 05 02 003C 05 11 0000000A 0000" },                               // session expiry 10 s
        { ProtocolVersion.V5, "10 1D 00 04 4D515454 05 04 0000 00 0001 61 05 18 00000005 0001 74 0004 DEADBEEF" },   // will delay 5 s
        { ProtocolVersion.V311, "20 02 01 00" },
        { ProtocolVersion.V311, "20 02 00 05" },
        { ProtocolVersion.V5, "20 06 00 00 03 21 0014" },                                                            // receive maximum 20
        { ProtocolVersion.V311, "30 05 0003 612F62" },                                                               // empty payload
        { ProtocolVersion.V311, "3D 08 0003 612F62 000A 78" },                                                       // QoS 2, DUP, retained
        { ProtocolVersion.V5, "30 06 0003 612F62 00" },
        { ProtocolVersion.V5, "32 18 0001 74 0001 0E 26 0001 61 0001 62 26 0001 61 0001 63 01020304" },          // user properties in order, repeated
        { ProtocolVersion.V5, "30 06 0000 03 23 0001" },                                                             // topic alias alone
        { ProtocolVersion.V311, "40 02 0001" },
        { ProtocolVersion.V5, "40 03 0001 10" },
        { ProtocolVersion.V5, "50 0A 0001 97 06 1F 0003 616263" },                                                   // reason string
        { ProtocolVersion.V5, "62 03 0001 92" },
        { ProtocolVersion.V311, "62 02 FFFF" },
        { ProtocolVersion.V311, "70 02 0001" },
        { ProtocolVersion.V311, "82 06 0001 0001 23 02" },
        { ProtocolVersion.V5, "82 0B 0001 02 0B07 0003 2B2F61 2D" },                                                 // subscription identifier 7, all options
        { ProtocolVersion.V311, "90 04 0001 02 80" },
        { ProtocolVersion.V5, "90 05 0001 00 02 8F" },
        { ProtocolVersion.V311, "A2 05 0001 0001 61" },
        { ProtocolVersion.V5, "A2 06 0001 00 0001 61" },
        { ProtocolVersion.V311, "B0 02 0001" },
        { ProtocolVersion.V5, "B0 04 0001 00 11" },
        { ProtocolVersion.V311, "C0 00" },
        { ProtocolVersion.V311, "D0 00" },
        { ProtocolVersion.V311, "E0 00" },
        { ProtocolVersion.V5, "E0 01 04" },
        { ProtocolVersion.V5, "E0 07 00 05 11 0000000A" },
        { ProtocolVersion.V5, "F0 06 18 04 15 0001 78" },
    };

    [Theory]
    [MemberData(nameof(WholePackets))]
    [Spec("MQTT-2.2.2-1"), Spec("MQTT-3.3.2-18")]
    public void A_packet_that_was_read_is_written_back_byte_for_byte(ProtocolVersion version, string hex)
    {
        var wire = Wire.Bytes(hex);
        var (written, _) = Wire.RoundTrip(wire, version);
        Assert.Equal(Convert.ToHexString(wire), Convert.ToHexString(written ?? []));
    }

    [Theory]
    [MemberData(nameof(WholePackets))]
    public void A_packet_cut_anywhere_is_awaited_and_never_taken_for_whole(ProtocolVersion version, string hex)
    {
        var wire = Wire.Bytes(hex);
        for (var cut = 0; cut < wire.Length; cut++)
        {
            var status = FixedHeader.Read(wire.AsSpan(0, cut), out var header, out _);
            Assert.True(status == HeaderStatus.NeedMore || (status == HeaderStatus.Complete && header.PacketBytes > cut), $"cut at {cut}, version {version}");
        }
    }

    [Theory]
    [MemberData(nameof(WholePackets))]
    public void A_body_cut_anywhere_gives_a_packet_or_a_fault_and_never_throws(ProtocolVersion version, string hex)
    {
        var wire = Wire.Bytes(hex);
        for (var cut = 2; cut < wire.Length; cut++)
        {
            var shorter = wire[..cut];
            shorter[1] = (byte)(cut - 2);
            var (written, fault) = Wire.RoundTrip(shorter, version);
            Assert.True(written is not null || fault >= ReasonCode.UnspecifiedError, $"cut at {cut}");
        }
    }

    [Fact]
    public void Hostile_bytes_give_a_packet_or_a_fault_and_never_throw()
    {
        var random = new Random(20260101);
        var seeds = WholePackets.Select(row => (row.Data.Item1, Wire.Bytes(row.Data.Item2))).ToList();
        for (var round = 0; round < 60_000; round++)
        {
            var (version, seed) = seeds[random.Next(seeds.Count)];
            var wire = (byte[])seed.Clone();
            for (var flips = random.Next(1, 4); flips > 0; flips--)
            {
                wire[random.Next(2, Math.Max(3, wire.Length)) % wire.Length] = (byte)random.Next(256);
            }

            var (written, fault) = Wire.RoundTrip(wire, version);
            Assert.True(written is not null || fault is ReasonCode.Success or >= ReasonCode.UnspecifiedError, Convert.ToHexString(wire));
        }
    }
}
