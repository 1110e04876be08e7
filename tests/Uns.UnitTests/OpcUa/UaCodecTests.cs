using Uns.Connectors.OpcUa.Wire;

namespace Uns.UnitTests.OpcUa;

public sealed class UaCodecTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly UaVariant[] Samples =
    [
        new(UaType.Boolean, true), new(UaType.SByte, (sbyte)-5), new(UaType.Byte, (byte)200), new(UaType.Int16, (short)-300), new(UaType.UInt16, (ushort)60000),
        new(UaType.Int32, -70000), new(UaType.UInt32, 4_000_000_000u), new(UaType.Int64, long.MinValue), new(UaType.UInt64, ulong.MaxValue), new(UaType.Float, 1.5f),
        new(UaType.Double, -2.25), new(UaType.String, "Füller"), new(UaType.DateTime, Noon), new(UaType.Guid, Guid.Parse("72962b91-fa75-4ae6-8d28-b404dc7daf63")),
        new(UaType.ByteString, new byte[] { 1, 2, 3 }), new(UaType.NodeId, new NodeId(300, IdKind.String, 0, "Zähler")), new(UaType.LocalizedText, "text"),
        new(UaType.Int32, new object?[] { 1, -2, 3 }), new(UaType.String, new object?[] { "a", null, "" }),
    ];

    [Fact]
    public void What_is_written_is_read_back()
    {
        Assert.All(Samples, sample =>
        {
            var reader = new UaReader(new UaWriter().Variant(sample).Written.Span);
            var read = reader.Variant();
            Assert.Equal(sample.Type, read.Type);
            Assert.Equal(sample.Value, read.Value);
            Assert.Equal(0, reader.Left);
        });
    }

    [Fact]
    public void Cut_bytes_are_malformed_at_every_place()
    {
        Assert.All(Samples, sample =>
        {
            var wire = new UaWriter().Variant(sample).Written.ToArray();
            for (var length = 0; length < wire.Length; length++)
            {
                Assert.Throws<UaFormatException>(() =>
                {
                    var reader = new UaReader(wire.AsSpan(0, length));
                    reader.Variant();
                });
            }
        });
    }

    // OPC 10000-6, 5.2.2.4 and 5.2.2.9: the examples of the standard.
    [Fact]
    public void The_standards_own_examples_come_out()
    {
        Assert.Equal("06000000E6B0B4426F79", Convert.ToHexString(new UaWriter().String("水Boy").Written.Span));
        Assert.Equal("030100060000004 86F74E6B0B4".Replace(" ", ""), Convert.ToHexString(new UaWriter().NodeId(new NodeId(1, IdKind.String, 0, "Hot水")).Written.Span));
        Assert.Equal("0048", Convert.ToHexString(new UaWriter().NodeId(NodeId.Standard(72)).Written.Span));
        Assert.Equal("01050104", Convert.ToHexString(new UaWriter().NodeId(new NodeId(5, IdKind.Numeric, 1025, null)).Written.Span));
    }

    [Fact]
    public void An_array_that_claims_more_than_follows_takes_no_memory()
    {
        byte[] wire = [(byte)UaType.Double | 0x80, 0xFF, 0xFF, 0xFF, 0x7F];
        Assert.Throws<UaFormatException>(() =>
        {
            var reader = new UaReader(wire);
            reader.Variant();
        });
    }

    [Fact]
    public void Values_nested_without_end_are_refused()
    {
        var wire = Enumerable.Repeat((byte)UaType.Variant, 10_000).ToArray();
        Assert.Throws<UaFormatException>(() =>
        {
            var reader = new UaReader(wire);
            reader.Variant();
        });
    }

    [Fact]
    public void Any_bytes_are_read_or_refused_and_nothing_else()
    {
        var random = new Random(20260101);
        var wire = new byte[64];
        for (var round = 0; round < 200_000; round++)
        {
            random.NextBytes(wire);
            try
            {
                var reader = new UaReader(wire.AsSpan(0, random.Next(wire.Length)));
                reader.DataValue();
            }
            catch (UaFormatException)
            {
                // Refused: as it should be.
            }
        }
    }
}
