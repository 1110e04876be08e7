using System.Text;
using Google.Protobuf;
using Uns.Sparkplug.Payloads;
using Proto = Uns.Sparkplug.Payloads.Protobuf.Payload;

namespace Uns.UnitTests.Sparkplug.Payloads;

/// <summary>Our codec against Google.Protobuf's, on random payloads.</summary>
public sealed class CodecEqualityTests
{
    private const int Rounds = 5_000;

    [Fact]
    public void What_is_read_and_written_again_is_byte_for_byte_what_the_other_codec_wrote()
    {
        var random = new RandomPayload(20260102);
        for (var round = 0; round < Rounds; round++)
        {
            var wire = random.Next().ToByteArray();
            Assert.True(PayloadReader.TryRead(wire, out var read, out var fault), $"round {round}: {fault}");
            Assert.Equal(Convert.ToHexString(wire), Convert.ToHexString(PayloadWriter.Write(read)));
        }
    }

    [Fact]
    public void The_scanner_finds_what_the_other_codec_reads()
    {
        var random = new RandomPayload(20260103);
        var scanner = new PayloadScanner();
        for (var round = 0; round < Rounds; round++)
        {
            var sent = random.Next();
            var wire = sent.ToByteArray();
            Assert.Equal(PayloadFaultKind.None, scanner.Scan(wire, PayloadLimits.Default, out var frame).Kind);
            Assert.Equal(sent.HasTimestamp ? sent.Timestamp : null, frame.Timestamp);
            Assert.Equal(sent.HasSeq ? (int)sent.Seq : null, frame.Seq);
            Assert.Equal(sent.Uuid, Encoding.UTF8.GetString(frame.Uuid.Of(wire)));
            Assert.Equal(sent.Body.Span, frame.Body.Of(wire));
            Assert.Equal(sent.Metrics.Count, frame.Metrics.Length);
            for (var i = 0; i < frame.Metrics.Length; i++)
            {
                Same(sent.Metrics[i], frame.Metrics[i], wire);
            }
        }
    }

    [Fact]
    public void Fields_may_come_in_any_order()
    {
        var random = new Random(4);
        var payloads = new RandomPayload(20260104);
        var scanner = new PayloadScanner();
        for (var round = 0; round < 500; round++)
        {
            var sent = payloads.Next();
            if (sent.Metrics.Count == 0)
            {
                continue;
            }

            // Protobuf joins messages by putting them behind one another: halves of a payload in either order are one payload.
            var rest = sent.Clone();
            rest.Metrics.Clear();
            var metrics = new Proto { Metrics = { sent.Metrics } };
            byte[] wire = random.Next(2) == 0 ? [.. rest.ToByteArray(), .. metrics.ToByteArray()] : [.. metrics.ToByteArray(), .. rest.ToByteArray()];
            Assert.Equal(PayloadFaultKind.None, scanner.Scan(wire, PayloadLimits.Default, out var frame).Kind);
            Assert.Equal(sent.HasSeq ? (int)sent.Seq : null, frame.Seq);
            Assert.Equal(sent.Metrics.Count, frame.Metrics.Length);
            Assert.True(PayloadReader.TryRead(wire, out var read, out _));
            Assert.Equal(sent.ToByteArray().Length, PayloadWriter.Write(read).Length);
        }
    }

    private static void Same(Proto.Types.Metric sent, in MetricEntry found, byte[] wire)
    {
        Assert.Equal((sent.HasName, sent.Name), (found.HasName, Encoding.UTF8.GetString(found.Name.Of(wire))));
        Assert.Equal((sent.HasAlias, sent.Alias), (found.HasAlias, found.Alias));
        Assert.Equal((sent.HasTimestamp, sent.Timestamp), (found.HasTimestamp, found.Timestamp));
        Assert.Equal((sent.HasDatatype, sent.Datatype), (found.HasType, found.TypeNumber));
        Assert.Equal((sent.IsHistorical, sent.IsTransient, sent.IsNull), (found.IsHistorical, found.IsTransient, found.IsNull));
        Assert.Equal(sent.Properties is not null, found.HasProperties);
        Assert.Equal(sent.Properties?.ToByteArray() ?? [], found.Properties.Of(wire).ToArray());
        Assert.Equal(sent.Metadata?.ToByteArray() ?? [], found.Metadata.Of(wire).ToArray());
        (WireKind Kind, long Bits, byte[] Value) expected = sent.ValueCase switch
        {
            Proto.Types.Metric.ValueOneofCase.IntValue => (WireKind.Int, sent.IntValue, []),
            Proto.Types.Metric.ValueOneofCase.LongValue => (WireKind.Long, (long)sent.LongValue, []),
            Proto.Types.Metric.ValueOneofCase.FloatValue => (WireKind.Float, BitConverter.DoubleToInt64Bits(sent.FloatValue), []),
            Proto.Types.Metric.ValueOneofCase.DoubleValue => (WireKind.Double, BitConverter.DoubleToInt64Bits(sent.DoubleValue), []),
            Proto.Types.Metric.ValueOneofCase.BooleanValue => (WireKind.Boolean, sent.BooleanValue ? 1 : 0, []),
            Proto.Types.Metric.ValueOneofCase.StringValue => (WireKind.String, 0, Encoding.UTF8.GetBytes(sent.StringValue)),
            Proto.Types.Metric.ValueOneofCase.BytesValue => (WireKind.Bytes, 0, sent.BytesValue.ToByteArray()),
            Proto.Types.Metric.ValueOneofCase.DatasetValue => (WireKind.DataSet, 0, sent.DatasetValue.ToByteArray()),
            Proto.Types.Metric.ValueOneofCase.TemplateValue => (WireKind.Template, 0, sent.TemplateValue.ToByteArray()),
            Proto.Types.Metric.ValueOneofCase.ExtensionValue => (WireKind.Extension, 0, sent.ExtensionValue.ToByteArray()),
            _ => (WireKind.None, 0, []),
        };
        Assert.Equal(expected.Kind, found.Kind);
        Assert.Equal(expected.Bits, found.Bits);
        Assert.Equal(expected.Value, found.Value.Of(wire).ToArray());
    }
}
