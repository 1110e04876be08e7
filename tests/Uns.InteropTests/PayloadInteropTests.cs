using System.Text.Json;
using Uns.Sparkplug.Payloads;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.InteropTests;

/// <summary>Our codec and the npm package sparkplug-payload read each other, in every type that it knows (1 to 21; arrays it does not).</summary>
public sealed class PayloadInteropTests
{
    private static readonly DateTimeOffset At = DateTimeOffset.FromUnixTimeMilliseconds(1486144502122);

    private static readonly (string Name, TagValue Value, string Json)[] Plain =
    [
        ("int8", TagValue.OfInteger(DataType.Int8, -128), "-128"),
        ("int16", TagValue.OfInteger(DataType.Int16, -32768), "-32768"),
        ("int32", TagValue.OfInteger(DataType.Int32, int.MinValue), "-2147483648"),
        ("int64", TagValue.OfInteger(DataType.Int64, long.MinValue), "\"9223372036854775808\""), // Its bits: the package shows them unsigned.
        ("uint8", TagValue.OfInteger(DataType.UInt8, 255), "255"),
        ("uint16", TagValue.OfInteger(DataType.UInt16, 65535), "65535"),
        ("uint32", TagValue.OfInteger(DataType.UInt32, uint.MaxValue), "\"4294967295\""),
        ("uint64", TagValue.OfInteger(DataType.UInt64, -1), "\"18446744073709551615\""),
        ("float", TagValue.Of(1.5f), "1.5"),
        ("double", TagValue.Of(-2.25), "-2.25"),
        ("boolean", TagValue.Of(true), "true"),
        ("string", TagValue.Of("Füllstand €"), "\"Füllstand €\""),
        ("datetime", TagValue.Of(At), "\"1486144502122\""),
        ("text", TagValue.Of("long", DataType.Text), "\"long\""),
        ("uuid", TagValue.Of("6f9619ff-8b86-d011-b42d-00cf4fc964ff", DataType.Uuid), "\"6f9619ff-8b86-d011-b42d-00cf4fc964ff\""),
        ("bytes", TagValue.Of(new byte[] { 0, 1, 255 }), "\"0001ff\""),
        ("file", TagValue.Of(new byte[] { 9 }, DataType.File), "\"09\""),
    ];

    [Fact]
    public async Task What_the_package_writes_is_read_without_loss()
    {
        await using var peer = await PeerProcess.StartAsync("sparkplug_codec.js");
        var payload = PayloadReader.Read(Convert.FromHexString(await peer.AskAsync("encode")));
        Assert.Equal((At, 7, "a convention", 3), (payload.Timestamp!.Value, payload.Seq!.Value, payload.Uuid!, payload.Body!.Length));
        foreach (var (name, value, _) in Plain)
        {
            Assert.Equal(value, Read(payload, name));
        }

        var table = Assert.IsType<DataSet>(Read(payload, "dataset").Object);
        Assert.Equal([TagValue.Of(2.5), TagValue.Of("y")], table.Rows[1]);
        var pump = Assert.IsType<Template>(Read(payload, "template").Object);
        Assert.Equal(("Pump", "1", false, "north"), (pump.Reference!, pump.Version!, pump.IsDefinition, (string)pump.Parameters[0].Value.Object!));
        Assert.Equal(3.5, pump.Members[0].Value.Number);
        Assert.True(Of(payload, "null").IsNull);
        Assert.Equal(
            new MetricMetadata { FileName = "f.bin", FileType = "bin", Size = 1, Md5 = "m", IsMultiPart = false, ContentType = "c", Seq = 2, Description = "d" },
            Of(payload, "file").Metadata);
        var marked = Of(payload, "marked");
        Assert.Equal((5UL, true, true), (marked.Alias!.Value, marked.IsHistorical, marked.IsTransient));
        Assert.Equal(["engUnit", "Quality", "inner", "list"], marked.Properties.Select(p => p.Key));
        Assert.Equal(4.5, Assert.IsType<PropertySet>(marked.Properties[2].Value.Object).Properties[0].Value.Number);
        Assert.Equal(1, Assert.IsAssignableFrom<IReadOnlyList<PropertySet>>(marked.Properties[3].Value.Object)[0].Properties[0].Value.Bits);
    }

    [Fact]
    public async Task What_we_write_the_package_reads_without_loss()
    {
        var inner = new MetricProperty("inner", DataType.PropertySet, new(WireKind.PropertySet, 0, new PropertySet([MetricProperty.Of("x", 4.5)])));
        var list = new MetricProperty("list", DataType.PropertySetList, new(WireKind.PropertySetList, 0, new List<PropertySet> { new([MetricProperty.Of("y", true)]) }));
        var table = new DataSet(["a", "b"], [DataType.Double, DataType.String], [[TagValue.Of(1.5), TagValue.Of("x")], [TagValue.Of(2.5), TagValue.Of("y")]]);
        var pump = new Template { Reference = "Pump", Version = "1", Members = [Metric.Of("speed", TagValue.Of(3.5), At)], Parameters = [MetricProperty.Of("site", "north")] };
        var payload = new SparkplugPayload
        {
            Timestamp = At,
            Seq = 7,
            Metrics =
            [
                // The package looks for UInt32 in long_value.
                .. Plain.Select(p => Metric.Of(p.Name, p.Value, At) with { Value = WireConversion.ToWire(p.Value, uint32AsLong: true) }),
                Metric.Of("dataset", TagValue.OfObject(DataType.DataSet, table), At),
                Metric.Of("template", TagValue.OfObject(DataType.Template, pump), At),
                Metric.Of("null", TagValue.Null(DataType.Int32), At),
                Metric.Of("marked", TagValue.Of(1.0), At) with
                {
                    Alias = 5,
                    IsHistorical = true,
                    IsTransient = true,
                    Properties = [MetricProperty.Of("engUnit", "bar"), MetricProperty.OfQuality(192), inner, list],
                    Metadata = new() { FileName = "f.bin", Size = 1 },
                },
            ],
        };
        await using var peer = await PeerProcess.StartAsync("sparkplug_codec.js");
        using var read = JsonDocument.Parse(await peer.AskAsync("decode " + Convert.ToHexString(PayloadWriter.Write(payload))));
        var metrics = read.RootElement.GetProperty("metrics").EnumerateArray().ToDictionary(m => m.GetProperty("name").GetString()!, m => m);
        foreach (var (name, value, json) in Plain)
        {
            Assert.Equal((json, value.Type.ToString().ToUpperInvariant()), (metrics[name].GetProperty("value").GetRawText(), metrics[name].GetProperty("type").GetString()!.ToUpperInvariant()));
        }

        Assert.Equal("""[[1.5,"x"],[2.5,"y"]]""", metrics["dataset"].GetProperty("value").GetProperty("rows").GetRawText());
        var template = metrics["template"].GetProperty("value");
        Assert.Equal(("Pump", 3.5, "north"), (
            template.GetProperty("templateRef").GetString()!, template.GetProperty("metrics")[0].GetProperty("value").GetDouble(), template.GetProperty("parameters")[0].GetProperty("value").GetString()!));
        Assert.Equal(JsonValueKind.Null, metrics["null"].GetProperty("value").ValueKind);
        var marked = metrics["marked"];
        Assert.Equal(("\"5\"", true, true), (marked.GetProperty("alias").GetRawText(), marked.GetProperty("isHistorical").GetBoolean(), marked.GetProperty("isTransient").GetBoolean()));
        Assert.Equal(4.5, marked.GetProperty("properties").GetProperty("inner").GetProperty("value").GetProperty("x").GetProperty("value").GetDouble());
        Assert.True(marked.GetProperty("properties").GetProperty("list").GetProperty("value")[0].GetProperty("y").GetProperty("value").GetBoolean());
        Assert.Equal("f.bin", marked.GetProperty("metadata").GetProperty("fileName").GetString());
    }

    private static Metric Of(SparkplugPayload payload, string name) => payload.Metrics.Single(m => m.Name == name);

    private static TagValue Read(SparkplugPayload payload, string name)
    {
        var metric = Of(payload, name);
        Assert.True(WireConversion.TryRead(metric.DataType!.Value, metric.Value, out var value, out var fault), fault);
        return value;
    }
}
