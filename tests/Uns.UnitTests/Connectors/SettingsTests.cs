using System.Text.Json.Nodes;
using Uns.Connectors;
using Uns.Tags;

namespace Uns.UnitTests.Connectors;

public sealed class SettingsTests
{
    public enum Colour
    {
        Red,
        Green,
    }

    [Fact]
    public void Every_kind_of_setting_is_read()
    {
        var (options, faults) = Read("""{"host":"plc","Port":"503","Ratio":1.5,"IsOn":true,"Wait":"250ms","Colour":"green"}""");

        Assert.Empty(faults);
        Assert.Equal(new Sample { Host = "plc", Port = 503, Ratio = 1.5, IsOn = true, Wait = TimeSpan.FromMilliseconds(250), Colour = Colour.Green }, options);
    }

    [Theory]
    [InlineData("""{"Prot":502}""", "Settings.Prot is not a setting of test: did you mean Port?")]
    [InlineData("""{"Telephone":1}""", "Settings.Telephone is not a setting of test.")]
    [InlineData("""{"Port":"many"}""", "Settings.Port is \"many\": give a whole number.")]
    [InlineData("""{"Port":1.5}""", "Settings.Port is 1.5: give a whole number.")]
    [InlineData("""{"Host":7}""", "Settings.Host is 7: give a text.")]
    [InlineData("""{"IsOn":"yes"}""", "Settings.IsOn is \"yes\": give true or false.")]
    [InlineData("""{"Wait":5}""", "Settings.Wait is 5: give a time such as 00:00:01.5, 500ms, 2s or 1m.")]
    [InlineData("""{"Colour":"Blue"}""", "Settings.Colour is \"Blue\": give one of Red, Green.")]
    [InlineData("""{"Colour":1}""", "Settings.Colour is 1: give one of Red, Green.")]
    [InlineData("""{"Port":null}""", "Settings.Port is null: give a whole number.")]
    public void A_fault_names_setting_value_and_what_is_wanted(string json, string sentence) =>
        Assert.Equal(sentence, Assert.Single(Read(json).Faults).ToString());

    [Fact]
    public void Fields_are_made_from_the_options_class()
    {
        var fields = SettingFields.Of<Sample>();

        Assert.Equal(["Host", "Port", "Ratio", "IsOn", "Wait", "Colour", "Key"], fields.Select(f => f.Name));
        Assert.Equal(["text", "number", "number", "bool", "duration", "choice", "secret"], fields.Select(f => f.Kind));
        Assert.Equal(["", "502", "1", "false", "00:00:01", "Red", ""], fields.Select(f => f.Default));
        Assert.Equal("The port", fields[1].Label);
        Assert.Equal(["Red", "Green"], fields[5].Choices);
    }

    [Fact]
    public void All_faults_of_a_device_are_found_at_once()
    {
        var device = new DeviceOptions
        {
            Name = "line/1",
            Tags =
            [
                new() { Name = "a", Period = TimeSpan.FromMilliseconds(9) },
                new() { Name = "A", Factor = 0 },
                new() { Name = "a", Low = 2, High = 1 },
                new() { Name = "b+", Offset = double.NaN, Deadband = -1 },
                new() { Name = "c", Period = TimeSpan.FromHours(2), Factor = double.PositiveInfinity, Low = double.NaN },
            ],
        };

        Assert.Equal(
            [
                "Name", "Tags[0].Period", "Tags[1].Factor", "Tags[1].Name", "Tags[2].High", "Tags[2].Name", "Tags[3].Name", "Tags[3].Offset",
                "Tags[3].Deadband", "Tags[4].Period", "Tags[4].Factor", "Tags[4].Low",
            ],
            DeviceChecks.Check(device).Select(f => f.Path));
    }

    [Fact]
    public void A_good_device_has_no_faults() =>
        Assert.Empty(DeviceChecks.Check(new DeviceOptions { Name = "press", Tags = [new() { Name = "oil/temperature", DataType = DataType.Float, Low = 0, High = 1 }] }));

    private static SettingsReading<Sample> Read(string json) =>
        SettingsReader.Read<Sample>(new() { Protocol = "test", Settings = (JsonObject)JsonNode.Parse(json)! });

    private sealed record Sample
    {
        public string Host { get; init; } = "";

        [Setting("The port", "Help.")]
        public int Port { get; init; } = 502;

        public double Ratio { get; init; } = 1;

        public bool IsOn { get; init; }

        public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(1);

        public Colour Colour { get; init; }

        [Setting("Key", "Help.", IsSecret = true)]
        public string Key { get; init; } = "";
    }
}
