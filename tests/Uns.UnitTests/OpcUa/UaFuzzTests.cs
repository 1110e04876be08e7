using Uns.Connectors.OpcUa.Security;
using Uns.Connectors.OpcUa.Server;
using Uns.Connectors.OpcUa.Wire;

namespace Uns.UnitTests.OpcUa;

/// <summary>A million damaged messages: each gives a value or says that it is malformed, and nothing else.</summary>
public sealed class UaFuzzTests
{
    private const int Rounds = 125_000;
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private delegate void Decoder(byte[] bytes);

    public static TheoryData<string> Decoders() => [.. Table.Keys];

    private static readonly Dictionary<string, (Decoder Decode, byte[][] Good)> Table = new()
    {
        ["values"] = (b => new UaReader(b).DataValue(), [.. Values().Select(v => new UaWriter().DataValue(new(v, 0x40000000, Noon, Noon)).Written.ToArray())]),
        ["node ids"] = (b => new UaReader(b).ExpandedNodeId(), [.. Ids().Select(i => new UaWriter().NodeId(i).Written.ToArray())]),
        ["structures"] = (b => new UaReader(b).ExtensionObject(), [new UaWriter().ExtensionObject(886, new UaWriter().Double(1).Double(2)).Written.ToArray()]),
        ["diagnostics"] = (Diagnostics, [[0x7F, .. new byte[40]], [0x40, 0x40, 0x40, 0x40, 0x00]]),
        ["notifications"] = (b => UaNotification.Read(b), [Notification()]),
        ["endpoints"] = (Endpoint, [EndpointBytes()]),
        ["activations"] = (Activate, [ActivationBytes()]),
        ["filters"] = (b => ChangeRule.Read(new(NodeId.Standard(724), b), 100, out _), [new UaWriter().UInt32(1).UInt32(1).Double(0.5).Written.ToArray()]),
    };

    [Theory]
    [MemberData(nameof(Decoders))]
    public void Damaged_bytes_are_a_value_or_malformed(string decoder)
    {
        var (decode, good) = Table[decoder];
        foreach (var whole in good)
        {
            decode(whole);
        }

        var random = new Random(decoder.Length);
        var malformed = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var bytes = Damage(good[random.Next(good.Length)], random);
            try
            {
                decode(bytes);
            }
            catch (Exception told) when (told is UaFormatException or UaServiceException)
            {
                malformed++;
            }
        }

        Assert.InRange(malformed, 1, Rounds - 1);
    }

    [Fact]
    public void No_length_makes_the_reader_take_more_memory_than_the_message_is_worth()
    {
        // An array that says it has two thousand million elements, and certificates' and strings' lengths alike.
        foreach (var type in Enumerable.Range(1, 25))
        {
            var bytes = new UaWriter().Byte((byte)(type | 0x80)).Int32(int.MaxValue).Raw(new byte[64]).Written.ToArray();
            var before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Throws<UaFormatException>(() => new UaReader(bytes).Variant());
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 100_000);
        }
    }

    // Cut, flipped, overwritten with extreme numbers, or noise from the start.
    private static byte[] Damage(byte[] good, Random random)
    {
        if (random.Next(8) == 0)
        {
            var noise = new byte[random.Next(0, 80)];
            random.NextBytes(noise);
            return noise;
        }

        var bytes = (byte[])good.Clone();
        for (var count = random.Next(1, 4); count > 0 && bytes.Length > 0; count--)
        {
            var at = random.Next(bytes.Length);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes = bytes[..at];
                    break;
                case 2:
                    bytes[at] = (byte)random.Next(256);
                    break;
                default:
                    BitConverter.TryWriteBytes(bytes.AsSpan(at), random.Next(3) switch { 0 => int.MaxValue, 1 => int.MinValue, _ => random.Next(-1, 70_000) });
                    break;
            }
        }

        return bytes;
    }

    private static void Diagnostics(byte[] bytes)
    {
        var reader = new UaReader(bytes);
        reader.DiagnosticInfo();
    }

    private static void Endpoint(byte[] bytes)
    {
        var reader = new UaReader(bytes);
        EndpointChoice.Read(ref reader).Leaf()?.Dispose();
    }

    private static void Activate(byte[] bytes)
    {
        var reader = new UaReader(bytes);
        var header = RequestHeader.Read(ref reader);
        Activation.Read(ref reader, header.Token);
    }

    private static IEnumerable<NodeId> Ids() =>
        [NodeId.Standard(85), NodeId.Standard(2258), new(2, IdKind.Numeric, 70_000, null), new(2, IdKind.String, 0, "Line1.Speed"), new(3, IdKind.Guid, 0, Guid.Empty.ToString()), new(4, IdKind.Opaque, 0, "AQID")];

    private static IEnumerable<UaVariant> Values() =>
    [
        new(UaType.Boolean, true), new(UaType.Double, 1.5), new(UaType.String, "Füller"), new(UaType.ByteString, new byte[] { 1, 2, 3 }), new(UaType.Guid, Guid.Empty), new(UaType.DateTime, Noon),
        new(UaType.Int32, new object?[] { 1, 2, 3 }), new(UaType.String, new object?[] { "a", null }), new(UaType.NodeId, NodeId.Standard(1)), new(UaType.ExtensionObject, ServerValue.Range(0, 1)),
        new(UaType.QualifiedName, "n"), new(UaType.LocalizedText, "t"),
    ];

    private static byte[] Notification()
    {
        var change = new UaWriter().Int32(2);
        foreach (var value in Values().Take(2))
        {
            change.UInt32(1).DataValue(new(value, 0, Noon, Noon));
        }

        return new UaWriter().UInt32(1).Int32(1).UInt32(7).Boolean(false).UInt32(7).DateTime(Noon).Int32(1).ExtensionObject(811, change.Int32(0)).Written.ToArray();
    }

    private static byte[] EndpointBytes() => new UaWriter().String("opc.tcp://h:4840").String("urn:s").String("urn:p").LocalizedText("s").UInt32(0).String(null).String(null).Int32(1).String("u")
        .ByteString([1, 2, 3]).UInt32(3).String(UaPolicy.Basic256Sha256.Uri).Int32(1).String("name").UInt32(1).String(null).String(null).String(null).String("t").Byte(3).Written.ToArray();

    private static byte[] ActivationBytes() => new UaWriter().NodeId(new(0, IdKind.Opaque, 0, "AQID")).DateTime(Noon).UInt32(1).UInt32(0).String(null).UInt32(1000).NodeId(default).Byte(0)
        .String("a").ByteString([1, 2]).Int32(0).Int32(1).String("en").ExtensionObject(324, new UaWriter().String("name").String("operator").ByteString([1, 2, 3]).String("rsa")).Written.ToArray();
}
