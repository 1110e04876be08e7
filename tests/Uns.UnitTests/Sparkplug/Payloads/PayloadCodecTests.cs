using System.IO.Compression;
using System.Text;
using Uns.Sparkplug.Payloads;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.UnitTests.Sparkplug.Payloads;

public sealed class PayloadCodecTests
{
    private const string Minimal = "08EAF2F5A8A02B12120A05626453657118EAF2F5A8A02B200458001800";
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact, Spec("tck-id-payloads-sequence-num-req-nbirth"), Spec("tck-id-payloads-timestamp-in-UTC")]
    public void The_smallest_birth_is_read_and_written_byte_for_byte()
    {
        var payload = PayloadReader.Read(Convert.FromHexString(Minimal));
        Assert.Equal(1486144502122, payload.Timestamp!.Value.ToUnixTimeMilliseconds());
        Assert.Equal(0, payload.Seq);
        var metric = Assert.Single(payload.Metrics);
        Assert.Equal(("bdSeq", DataType.Int64, new WireValue(WireKind.Long)), (metric.Name!, metric.DataType!.Value, metric.Value));
        Assert.Equal(Minimal, Convert.ToHexString(PayloadWriter.Write(payload)));
    }

    [Theory]
    [InlineData(DataType.Int8, -1L, "50FFFFFFFF0F")]
    [InlineData(DataType.Int16, -1L, "50FFFFFFFF0F")]
    [InlineData(DataType.Int32, -1L, "50FFFFFFFF0F")]
    [InlineData(DataType.Int64, -1L, "58FFFFFFFFFFFFFFFFFF01")]
    [InlineData(DataType.UInt32, 4294967295L, "50FFFFFFFF0F")]
    [InlineData(DataType.Int64, 0L, "5800")]
    public void Integers_are_written_as_the_standard_says(DataType type, long number, string field)
    {
        var metric = Metric.Of("a", TagValue.OfInteger(type, number)) with { DataType = null };
        var wire = Convert.ToHexString(PayloadWriter.Write(new SparkplugPayload { Metrics = [metric] }));
        Assert.EndsWith("0A0161" + field, wire, StringComparison.Ordinal);
    }

    public static TheoryData<TagValue> Values() =>
    [
        TagValue.OfInteger(DataType.Int8, -128),
        TagValue.OfInteger(DataType.Int16, -32768),
        TagValue.OfInteger(DataType.Int32, int.MinValue),
        TagValue.OfInteger(DataType.Int64, long.MinValue),
        TagValue.OfInteger(DataType.UInt8, 255),
        TagValue.OfInteger(DataType.UInt16, 65535),
        TagValue.OfInteger(DataType.UInt32, uint.MaxValue),
        TagValue.OfInteger(DataType.UInt64, -1),
        TagValue.Of(1.5f),
        TagValue.Of(float.NaN),
        TagValue.Of(-0.0),
        TagValue.Of(double.PositiveInfinity),
        TagValue.Of(true),
        TagValue.Of(false),
        TagValue.Of("Füllstand €"),
        TagValue.Of("", DataType.Text),
        TagValue.Of("6f9619ff-8b86-d011-b42d-00cf4fc964ff", DataType.Uuid),
        TagValue.Of(Noon),
        TagValue.Of(new byte[] { 0, 1, 255 }),
        TagValue.Of(Array.Empty<byte>(), DataType.File),
        TagValue.Null(DataType.Int32),
        TagValue.Null(DataType.String),
        TagValue.Null(DataType.DataSet),
    ];

    [Theory, MemberData(nameof(Values)), Spec("tck-id-payloads-metric-datatype-value"), Spec("tck-id-operational-behavior-data-publish-dbirth-values")]
    public void Every_value_comes_back_as_it_left(TagValue value)
    {
        var payload = new SparkplugPayload { Timestamp = Noon, Seq = 255, Metrics = [Metric.Of("a/b", value, Noon) with { Alias = 0 }] };
        var read = Assert.Single(PayloadReader.Read(PayloadWriter.Write(payload)).Metrics);
        Assert.Equal((ulong?)0, read.Alias);
        Assert.Equal(value.Type, read.DataType);
        Assert.Equal(value.IsNull, read.IsNull);
        if (value.IsNull)
        {
            Assert.Equal(WireKind.None, read.Value.Kind);
            return;
        }

        Assert.True(WireConversion.TryRead(read.DataType!.Value, read.Value, out var back, out var fault), fault);
        Assert.Equal(value, back);
    }

    [Fact, Spec("tck-id-payloads-propertyset-values-array-size"), Spec("tck-id-payloads-metric-propertyvalue-type-req")]
    [Spec("tck-id-payloads-template-is-definition"), Spec("tck-id-payloads-dataset-types-def")]
    public void Properties_tables_templates_and_metadata_are_carried_without_loss()
    {
        var table = new DataSet(["a", "b"], [DataType.Int8, DataType.String], [[TagValue.OfInteger(DataType.Int8, -5), TagValue.Null(DataType.String)]]);
        var template = new Template
        {
            Version = "1",
            Reference = "Pump",
            Members = [Metric.Of("speed", TagValue.Of(2.5))],
            Parameters = [MetricProperty.Of("site", "north")],
        };
        var nested = new MetricProperty("set", DataType.PropertySet, new(WireKind.PropertySet, 0, new PropertySet([MetricProperty.Of("x", 1.0)])));
        var sent = new SparkplugPayload
        {
            Metrics =
            [
                Metric.Of("table", TagValue.OfObject(DataType.DataSet, table)),
                Metric.Of("pump", TagValue.OfObject(DataType.Template, template)),
                Metric.Of("p", TagValue.Of(1.0)) with
                {
                    Properties = [MetricProperty.OfQuality(500), MetricProperty.Of("engUnit", "bar"), MetricProperty.Of("readOnly", true), nested],
                    IsHistorical = true,
                    IsTransient = true,
                    Metadata = new() { FileName = "f", Size = 0, IsMultiPart = false, Md5 = "", Seq = 3, ContentType = "c", FileType = "t", Description = "d" },
                },
            ],
        };

        var bytes = PayloadWriter.Write(sent);
        var read = PayloadReader.Read(bytes);
        Assert.Equal(Convert.ToHexString(bytes), Convert.ToHexString(PayloadWriter.Write(read)));
        Assert.Equal(sent.Metrics[2].Metadata, read.Metrics[2].Metadata);
        Assert.Equal(500, read.Metrics[2].Properties[0].Value.Bits);
        var rows = Assert.IsType<DataSet>(read.Metrics[0].Value.Object).Rows;
        Assert.Equal(-5, rows[0][0].Integer);
        Assert.True(rows[0][1].IsNull);
        Assert.Equal("Pump", Assert.IsType<Template>(read.Metrics[1].Value.Object).Reference);
    }

    [Theory, InlineData("GZIP"), InlineData("gzip"), InlineData("DEFLATE"), InlineData(null)]
    public void A_compressed_payload_is_expanded_and_takes_the_outer_seq(string? algorithm)
    {
        var read = PayloadReader.Read(Packed(Convert.FromHexString(Minimal), algorithm, seq: 7));
        Assert.Equal(7, read.Seq);
        Assert.Equal("bdSeq", Assert.Single(read.Metrics).Name);
    }

    [Fact]
    public void A_compression_bomb_a_nested_one_and_an_unknown_algorithm_are_refused()
    {
        var bomb = PayloadWriter.Write(new SparkplugPayload { Body = new byte[4_000_000] });
        Assert.Contains("expands beyond", Assert.Throws<SparkplugFormatException>(() => PayloadReader.Read(Packed(bomb, "GZIP"))).Message, StringComparison.Ordinal);
        var twice = Packed(Packed(Convert.FromHexString(Minimal), "GZIP"), "GZIP");
        Assert.Throws<SparkplugFormatException>(() => PayloadReader.Read(twice));
        Assert.Throws<SparkplugFormatException>(() => PayloadReader.Read(Packed([1, 2, 3], "LZMA")));
        Assert.Throws<SparkplugFormatException>(() => PayloadReader.Read(PayloadWriter.Write(new SparkplugPayload { Uuid = "SPBV1.0_COMPRESSED", Body = [1, 2, 3] })));
        Assert.Throws<SparkplugFormatException>(() => PayloadReader.Read(PayloadWriter.Write(new SparkplugPayload { Uuid = "SPBV1.0_COMPRESSED" })));
    }

    [Theory]
    [InlineData("18AC02", "seq is 300")]
    [InlineData("0A", "ends early")]
    [InlineData("1205FF", "ends early")]
    [InlineData("0B", "wire type")]
    [InlineData("0001", "field number")]
    [InlineData("08FFFFFFFFFFFFFFFFFFFFFF01", "more than 10 bytes")]
    public void A_fault_names_what_was_found(string hex, string expected) =>
        Assert.Contains(expected, Assert.Throws<SparkplugFormatException>(() => PayloadReader.Read(Convert.FromHexString(hex))).Message, StringComparison.Ordinal);

    [Fact]
    public void Limits_hold_for_size_number_and_depth()
    {
        Assert.Throws<SparkplugFormatException>(() => PayloadReader.Read(new byte[100], new() { Bytes = 99 }));
        var many = Enumerable.Repeat<byte[]>([0x12, 0x00], 1001).SelectMany(b => b).ToArray();
        Assert.Throws<SparkplugFormatException>(() => PayloadReader.Read(many, new() { Elements = 1000 }));
        var deep = new Template();
        for (var i = 0; i < 40; i++)
        {
            deep = new Template { Members = [Metric.Of("m", TagValue.OfObject(DataType.Template, deep))] };
        }

        var bytes = PayloadWriter.Write(new SparkplugPayload { Metrics = [Metric.Of("m", TagValue.OfObject(DataType.Template, deep))] });
        Assert.Contains("nests deeper", Assert.Throws<SparkplugFormatException>(() => PayloadReader.Read(bytes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_and_values_that_do_not_pair_mark_the_metric()
    {
        // One key, no value.
        var read = PayloadReader.Read(Convert.FromHexString("12080A01614A030A0151"));
        Assert.True(Assert.Single(read.Metrics).HasBrokenProperties);
    }

    [Fact]
    public void Cut_and_mutated_bytes_never_give_another_exception()
    {
        var whole = PayloadWriter.Write(new SparkplugPayload
        {
            Timestamp = Noon,
            Seq = 3,
            Metrics = [.. Values().Select((value, i) => Metric.Of($"metric/{i}", value.Data, Noon) with
            {
                Alias = (ulong)i,
                Properties = [MetricProperty.OfQuality(0), MetricProperty.Of("engUnit", "°C")],
            }), Metric.Of("t", TagValue.OfObject(DataType.DataSet, new DataSet(["c"], [DataType.Int8], [[TagValue.OfInteger(DataType.Int8, 1)]])))],
        });
        for (var length = 0; length < whole.Length; length++)
        {
            ReadAll(whole.AsSpan(0, length));
        }

        var random = new Random(20260101);
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = whole.AsSpan().ToArray();
            for (var hits = random.Next(1, 6); hits > 0; hits--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            ReadAll(bytes);
        }
    }

    private static void ReadAll(ReadOnlySpan<byte> bytes)
    {
        try
        {
            foreach (var metric in PayloadReader.Read(bytes).Metrics)
            {
                for (var type = 0; type <= 40; type++)
                {
                    WireConversion.TryRead((DataType)type, metric.Value, out _, out _);
                }
            }
        }
        catch (SparkplugFormatException fault)
        {
            Assert.NotEmpty(fault.Message);
        }
    }

    private static byte[] Packed(byte[] inner, string? algorithm, int? seq = null)
    {
        using var body = new MemoryStream();
        using (Stream packer = algorithm is "GZIP" or "gzip" ? new GZipStream(body, CompressionLevel.Optimal) : new ZLibStream(body, CompressionLevel.Optimal))
        {
            packer.Write(inner);
        }

        return PayloadWriter.Write(new SparkplugPayload
        {
            Uuid = "SPBV1.0_COMPRESSED",
            Body = body.ToArray(),
            Seq = seq,
            Metrics = algorithm is null ? [] : [Metric.Of("algorithm", TagValue.Of(algorithm))],
        });
    }
}
