using System.Globalization;
using Google.Protobuf;
using Uns.Sparkplug.Payloads;
using Uns.Tags;

namespace Uns.UnitTests.Sparkplug.Payloads;

/// <summary>Whatever bytes come: an answer, never an exception, and never more memory than their length allows.</summary>
public sealed class HostileBytesTests
{
    private const int Everyday = 1_000_000;

    // A reader may allocate this much for each byte, and a little for the smallest payloads and for what it says about a fault.
    private const int BytesPerByte = 64;
    private const int Smallest = 8 * 1024;

    /// <summary>Mutated payloads; <c>UNS_FUZZ_PAYLOADS</c> says how many, for the night.</summary>
    [Fact]
    public void Mutated_payloads_give_a_payload_or_a_fault_within_their_memory()
    {
        var rounds = int.TryParse(Environment.GetEnvironmentVariable("UNS_FUZZ_PAYLOADS"), NumberStyles.None, CultureInfo.InvariantCulture, out var told) ? told : Everyday;
        var random = new Random(20260105);
        var payloads = new RandomPayload(20260105);
        var scanner = new PayloadScanner();
        byte[] bytes = [];
        long taken = 0;
        for (var round = 0; round < rounds; round++)
        {
            if (round % 64 == 0)
            {
                bytes = payloads.Next().ToByteArray();
            }

            var mutated = Mutated(bytes, random);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var isRead = PayloadReader.TryRead(mutated, out var payload, out var fault);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated <= ((long)mutated.Length * BytesPerByte) + Smallest, $"round {round}: {mutated.Length} bytes took {allocated}: {Convert.ToHexString(mutated)}");
            var scanned = scanner.Scan(mutated, PayloadLimits.Default, out _);
            if (isRead)
            {
                taken++;
                Assert.Equal(PayloadFaultKind.None, scanned.Kind);
                ReadEveryValue(payload);
            }
            else
            {
                Assert.NotEqual(PayloadFaultKind.None, fault.Kind);
            }
        }

        Assert.InRange(taken, rounds / 100, rounds); // The mutations neither miss nor destroy everything.
    }

    [Theory]
    [InlineData("1200")] // An empty metric.
    [InlineData("1204120012009A0100")]
    [InlineData("12048A010200")]
    [InlineData("12034A0112")]
    public void Many_empty_parts_are_refused_before_they_are_built(string part)
    {
        byte[] wire = [.. Enumerable.Repeat(Convert.FromHexString(part), 100_000).SelectMany(b => b)];
        var before = GC.GetAllocatedBytesForCurrentThread();
        PayloadReader.TryRead(wire, out _, out _);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (long)wire.Length * BytesPerByte);
        before = GC.GetAllocatedBytesForCurrentThread();
        new PayloadScanner().Scan(wire, PayloadLimits.Default, out _);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (long)wire.Length * BytesPerByte);
    }

    [Fact]
    public void A_length_of_two_to_the_31_and_a_nest_of_ten_thousand_templates_are_refused()
    {
        Assert.False(PayloadReader.TryRead(Convert.FromHexString("12FFFFFFFF0700"), out _, out var fault));
        Assert.Equal(PayloadFaultKind.Cut, fault.Kind);
        byte[] nest = [];
        for (var level = 0; level < 10_000; level++)
        {
            nest = Block(0x12, level % 2 == 0 ? nest : [0x92, 0x01, .. Length(nest.Length), .. nest]);
            nest = nest.Length > 30_000 ? nest[..30_000] : nest;
        }

        Assert.False(PayloadReader.TryRead(nest, out _, out fault));
        Assert.NotEqual(PayloadFaultKind.None, fault.Kind);
    }

    private static byte[] Block(byte tag, byte[] inner) => [tag, .. Length(inner.Length), .. inner];

    private static byte[] Length(int length)
    {
        var bytes = new List<byte>();
        for (; length >= 0x80; length >>= 7)
        {
            bytes.Add((byte)(length | 0x80));
        }

        bytes.Add((byte)length);
        return [.. bytes];
    }

    private static byte[] Mutated(byte[] from, Random random)
    {
        byte[] bytes = random.Next(4) switch
        {
            0 when from.Length > 0 => from[..random.Next(from.Length)],
            1 => [.. from, .. from],
            _ => [.. from],
        };
        for (var hits = bytes.Length == 0 ? 0 : random.Next(0, 4); hits > 0; hits--)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        }

        return bytes;
    }

    private static void ReadEveryValue(SparkplugPayload payload)
    {
        foreach (var metric in payload.Metrics)
        {
            var type = metric.DataType ?? DataType.Unknown;
            if (!WireConversion.TryRead(type, metric.Value, out var value, out var fault))
            {
                Assert.NotEmpty(fault);
            }
            else
            {
                Assert.Equal(type, value.Type);
            }
        }
    }
}
