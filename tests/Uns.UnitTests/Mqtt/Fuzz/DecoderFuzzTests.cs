using Uns.Mqtt.Packets;
using Uns.UnitTests.Mqtt.Packets;

namespace Uns.UnitTests.Mqtt.Fuzz;

public sealed class DecoderFuzzTests
{
    private const int Packets = 1_000_000;

    [Fact]
    public void A_million_spoilt_packets_are_read_or_refused_with_a_reason_and_never_thrown_at()
    {
        var mutator = new Mutator(seed: 20260101);
        var (read, refused, cut) = (0, 0, 0);
        for (var i = 0; i < Packets; i++)
        {
            var version = mutator.AnyVersion();
            var packet = mutator.Spoil(mutator.Random.Next(8) == 0 ? mutator.Connect(version, "c") : mutator.Whole(version));
            var (written, fault) = Wire.RoundTrip(packet, version);
            if (written is not null)
            {
                // What was believed is written and believed again, byte for byte the second time.
                var (again, _) = Wire.RoundTrip(written, version);
                Assert.True(again is not null && again.AsSpan().SequenceEqual(written), $"Packet {i}: {Convert.ToHexString(packet)}");
                read++;
            }
            else if (fault >= ReasonCode.UnspecifiedError)
            {
                refused++;
            }
            else
            {
                cut++;
            }
        }

        Assert.Equal(Packets, read + refused + cut);
        Assert.InRange(read, Packets / 20, Packets);
        Assert.InRange(refused, Packets / 20, Packets);
    }
}
