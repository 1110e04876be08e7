using System.Text.Json.Nodes;
using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Tags;

namespace Uns.UnitTests.Modbus;

public sealed class ModbusKindTests
{
    private readonly ModbusKind _kind = new();

    [Theory]
    [InlineData("""{"Host":""}""", "Settings.Host")]
    [InlineData("""{"Host":"plc:502"}""", "Settings.Host")]
    [InlineData("""{"Host":"plc","Port":0}""", "Settings.Port")]
    [InlineData("""{"Host":"plc","Unit":256}""", "Settings.Unit")]
    [InlineData("""{"Host":"plc","ConnectTimeout":"1ms"}""", "Settings.ConnectTimeout")]
    [InlineData("""{"Host":"plc","AnswerTimeout":"2m"}""", "Settings.AnswerTimeout")]
    [InlineData("""{"Host":"plc","Retries":6}""", "Settings.Retries")]
    [InlineData("""{"Host":"plc","Pause":"2s"}""", "Settings.Pause")]
    [InlineData("""{"Host":"plc","MaximumRegisters":126}""", "Settings.MaximumRegisters")]
    [InlineData("""{"Host":"plc","MaximumBits":2001}""", "Settings.MaximumBits")]
    [InlineData("""{"Host":"plc","MaximumGap":125}""", "Settings.MaximumGap")]
    [InlineData("""{"Host":"plc","ByteOrder":"ABDC"}""", "Settings.ByteOrder")]
    public void Every_setting_has_its_range(string settings, string path) =>
        Assert.Equal(path, Assert.Single(_kind.Check(Device(settings))).Path);

    [Theory]
    [InlineData("C1", DataType.Int16, false, "DataType")]
    [InlineData("HR1.3", DataType.Float, false, "DataType")]
    [InlineData("HR1", DataType.String, false, "Address")]
    [InlineData("HR1[10L]", DataType.Float, false, "Address")]
    [InlineData("HR65536", DataType.Float, false, "Address")]
    [InlineData("IR1", DataType.Int16, true, "Writable")]
    [InlineData("DI1", DataType.Boolean, true, "Writable")]
    [InlineData("HR1[250]", DataType.String, true, "Writable")]
    [InlineData("HR1", DataType.DateTime, false, "DataType")]
    [InlineData("oops", DataType.Int16, false, "Address")]
    public void Every_tag_must_fit_its_address(string address, DataType type, bool writable, string path)
    {
        var device = Device("""{"Host":"plc"}""") with { Tags = [new() { Name = "t", Address = address, DataType = type, Writable = writable }] };

        Assert.Equal($"Tags[0].{path}", Assert.Single(_kind.Check(device)).Path);
    }

    [Fact]
    public void An_array_is_not_scaled()
    {
        var device = Device("""{"Host":"plc"}""") with { Tags = [new() { Name = "t", Address = "HR1:INT16[3]", Factor = 0.1 }] };

        Assert.Equal("Tags[0].Factor is 0.1 and Offset 0: an array is not scaled, give 1 and 0.", Assert.Single(_kind.Check(device)).ToString());
    }

    private static DeviceOptions Device(string settings) =>
        new() { Name = "press", Protocol = "modbus", Settings = (JsonObject)JsonNode.Parse(settings)! };
}
