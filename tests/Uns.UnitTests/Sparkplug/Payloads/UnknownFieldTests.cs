using Google.Protobuf;
using Google.Protobuf.Reflection;
using Uns.Sparkplug.Payloads;
using Uns.Tags;
using Uns.TestKit;
using Proto = Uns.Sparkplug.Payloads.Protobuf.Payload;

namespace Uns.UnitTests.Sparkplug.Payloads;

/// <summary>Fields that this version does not know are kept in every message of a payload, and cost no more than their length allows.</summary>
public sealed class UnknownFieldTests
{
    private const int Rounds = 3_000;
    private const int FirstUnknown = 5_000; // Beyond every number of the schema and of the random payloads.
    private readonly Random _random = new(20260106);
    private readonly RandomPayload _payloads = new(20260106);
    private int _next = FirstUnknown;
    private int _put;

    [Fact]
    public void Wherever_they_stand_they_are_written_again_behind_what_is_known_in_their_own_order()
    {
        var levels = new HashSet<string>(StringComparer.Ordinal);
        for (var round = 0; round < Rounds; round++)
        {
            _next = FirstUnknown;
            var wire = Sprinkled(_payloads.Next().ToByteArray(), Proto.Descriptor, levels);
            Assert.True(PayloadReader.TryRead(wire, out var read, out var fault), $"round {round}: {fault}");
            var written = PayloadWriter.Write(read);
            Assert.True(Proto.Parser.ParseFrom(wire).ToByteArray().AsSpan().SequenceEqual(written), $"round {round}: {Convert.ToHexString(wire)} became {Convert.ToHexString(written)}");
            Assert.True(PayloadReader.TryRead(written, out var again, out _));
            Assert.Equal(Convert.ToHexString(written), Convert.ToHexString(PayloadWriter.Write(again)));
        }

        Assert.True(_put > Rounds * 10, $"Only {_put} fields were put in.");
        Assert.Superset(
            new HashSet<string>(
                ["Payload", "Metric", "MetaData", "PropertySet", "PropertySetList", "PropertyValue", "DataSet", "Row", "DataSetValue", "Template", "Parameter", "MetricValueExtension", "PropertyValueExtension"],
                StringComparer.Ordinal),
            levels);
    }

    [Theory]
    [InlineData("12 07 8A01 04 22 02 40 01", false)] // A data set's row without a cell.
    [InlineData("12 14 8A01 11 08 01 12 01 61 18 01 22 08 0A 04 08 07 40 01 48 02", false)] // And one with a cell, both with more than is known.
    [InlineData("12 0A 4A 08 0A 01 6B 12 03 50 01 60", true)] // A property that ends within a field.
    [InlineData("12 04 A3 01 A4 01", true)] // A group, which Sparkplug has not.
    public void A_field_of_a_row_or_cell_is_kept_and_one_that_ends_early_refuses_the_payload(string hex, bool isRefused)
    {
        var wire = Bytes(hex);
        Assert.Equal(!isRefused, PayloadReader.TryRead(wire, out var read, out _));
        if (!isRefused)
        {
            Assert.Contains("4001", Convert.ToHexString(PayloadWriter.Write(read)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_row_that_was_read_keeps_its_fields_in_another_table_and_its_cells_as_they_are()
    {
        var cell = new Proto.Types.DataSet.Types.DataSetValue { IntValue = 7 };
        var sent = new Proto { Metrics = { new Proto.Types.Metric { Name = "t", Datatype = (uint)DataType.DataSet, DatasetValue = new() { NumOfColumns = 1, Columns = { "a" }, Types_ = { 3 } } } } };
        sent.Metrics[0].DatasetValue.Rows.Add(new Proto.Types.DataSet.Types.Row { Elements = { Proto.Types.DataSet.Types.DataSetValue.Parser.ParseFrom([.. cell.ToByteArray(), 0x40, 0x01]) } });
        var table = Assert.IsType<DataSet>(PayloadReader.Read(sent.ToByteArray()).Metrics[0].Value.Object);
        Assert.Equal([TagValue.OfInteger(DataType.Int32, 7)], Assert.Single(table.Rows));
        var longer = table with { Rows = [[TagValue.OfInteger(DataType.Int32, 1)], table.Rows[0]] };
        var again = Assert.IsType<DataSet>(PayloadReader.Read(PayloadWriter.Write(new() { Metrics = [Metric.Of("t", TagValue.OfObject(DataType.DataSet, longer))] })).Metrics[0].Value.Object);
        Assert.Equal(2, again.Rows.Count);
        Assert.Contains("08074001", Convert.ToHexString(PayloadWriter.Write(new() { Metrics = [Metric.Of("t", TagValue.OfObject(DataType.DataSet, again))] })), StringComparison.Ordinal);
    }

    [Fact, Spec("tck-id-payloads-propertyset-keys-array-size")]
    public void A_property_set_that_does_not_pair_is_written_as_it_came()
    {
        byte[] set = [0x0A, 0x01, 0x61, 0x1A, 0x01, 0x78, 0x0A, 0x01, 0x62, 0x12, 0x02, 0x18, 0x07];
        byte[] wire = [0x12, (byte)(set.Length + 2), 0x4A, (byte)set.Length, .. set];
        var read = PayloadReader.Read(wire);
        Assert.True(read.Metrics[0].HasBrokenProperties);
        Assert.Equal(wire, PayloadWriter.Write(read));
    }

    [Fact]
    public void Bytes_of_another_partys_type_are_no_bytes_value()
    {
        byte[] wire = [0x12, 0x07, 0x20, (byte)DataType.Bytes, 0x9A, 0x01, 0x02, 0x08, 0x01];
        var metric = PayloadReader.Read(wire).Metrics[0];
        Assert.False(WireConversion.TryRead(DataType.Bytes, metric.Value, out _, out var fault));
        Assert.Contains("Extension", fault, StringComparison.Ordinal);
        Assert.False(WireConversion.TryRead(DataType.Int8Array, metric.Value, out _, out _));
        Assert.Equal(wire, PayloadWriter.Write(PayloadReader.Read(wire)));
    }

    [Theory]
    [InlineData("8A01", "", "2202 4001")] // Rows with nothing but a field that nobody knows.
    [InlineData("8A01", "0801 120161 1801", "2206 0A04 0807 4001")] // Cells.
    [InlineData("9201", "", "2801 4001")] // A template's fields, known and unknown in turn.
    [InlineData("9201", "", "1A02 5001")] // Parameters.
    [InlineData("42", "", "0801 4801")] // Metadata.
    [InlineData("4A", "", "2800")] // A property set that pairs and is nothing but unknown.
    [InlineData("4A", "", "0A00 2800")] // One that does not pair.
    [InlineData("4A", "", "1206 4A04 0A02 5801")] // Many within one.
    public void Many_of_them_take_no_more_than_64_times_their_length(string field, string prefix, string part)
    {
        byte[] inner = [.. Bytes(prefix), .. Enumerable.Repeat(Bytes(part), 50_000).SelectMany(b => b)];
        var wire = Block([0x12], Block(Bytes(field), inner));
        var before = GC.GetAllocatedBytesForCurrentThread();
        PayloadReader.TryRead(wire, out _, out _);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (long)wire.Length * PayloadShape.MemoryPerByte);
    }

    // Puts fields of every kind before, between and behind the known ones, in every message that the schema knows.
    private byte[] Sprinkled(ReadOnlySpan<byte> message, MessageDescriptor schema, HashSet<string> levels)
    {
        using var bytes = new MemoryStream();
        using (var coded = new CodedOutputStream(bytes, leaveOpen: true))
        {
            var cursor = new WireCursor(message);
            for (var at = 0; cursor.Next(out var tag); at = cursor.Position)
            {
                Sprinkle(coded, schema, levels);
                if ((tag & 7) == 2 && schema.FindFieldByNumber((int)(tag >> 3)) is { FieldType: FieldType.Message } field)
                {
                    coded.WriteTag(tag);
                    coded.WriteBytes(ByteString.CopyFrom(Sprinkled(cursor.Block(), field.MessageType, levels)));
                }
                else
                {
                    cursor.Skip(tag);
                    coded.Flush();
                    bytes.Write(message[at..cursor.Position]);
                }
            }

            Sprinkle(coded, schema, levels);
        }

        return bytes.ToArray();
    }

    private void Sprinkle(CodedOutputStream coded, MessageDescriptor schema, HashSet<string> levels)
    {
        if (_random.Next(6) == 0)
        {
            _payloads.WriteUnknown(coded, _next++);
            _put++;
            levels.Add(schema.Name);
        }
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

    private static byte[] Block(byte[] tag, byte[] inner)
    {
        using var bytes = new MemoryStream();
        using (var coded = new CodedOutputStream(bytes, leaveOpen: true))
        {
            coded.WriteRawTag(tag[0]);
            if (tag.Length > 1)
            {
                coded.WriteRawTag(tag[1]);
            }

            coded.WriteBytes(ByteString.CopyFrom(inner));
        }

        return bytes.ToArray();
    }
}
