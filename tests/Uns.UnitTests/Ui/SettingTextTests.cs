using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Connectors.OpcUa;
using Uns.Connectors.S7;
using Uns.Connectors.Simulated;
using Uns.TestKit;
using Uns.Ui.Texts;
using static Uns.Ui.Texts.Wording;

namespace Uns.UnitTests.Ui;

/// <summary>The settings of every connector can be read in both languages, and in the files lies nothing else.</summary>
public sealed class SettingTextTests
{
    /// <summary>The files that hold them: one for each connector, and one for what several share.</summary>
    public static string[] Files { get; } = ["Settings", "ModbusSettings", "S7Settings", "OpcUaSettings", "SimulatedSettings"];

    public static TheoryData<string> Protocols() => [.. Kinds().Select(k => k.Protocol)];

    [Theory]
    [MemberData(nameof(Protocols))]
    public void Each_label_and_each_help_is_there_in_both_languages(string protocol)
    {
        var words = Words(Kinds().Single(k => k.Protocol == protocol)).ToList();
        Assert.NotEmpty(words);
        Assert.All(words, w => Assert.Equal(w, Setting(w)));
        using (Language.Chinese.Use())
        {
            Assert.All(words, w => Assert.Contains(Setting(w), c => c is >= '\u4e00' and <= '\u9fff'));
        }
    }

    [Fact]
    public void Every_connector_that_there_is_is_looked_at()
    {
        var rooms = Directory.EnumerateDirectories(Path.Combine(PeerProcess.Root(), "connectors"), "Uns.Connectors.*").Select(d => Path.GetFileName(d)!).Where(d => d.StartsWith("Uns.Connectors.", StringComparison.Ordinal)).Select(d => d.Split('.')[^1].ToLowerInvariant()).Order(StringComparer.Ordinal);
        Assert.Equal(rooms, Kinds().Select(k => k.Protocol).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_word_that_means_something_else_elsewhere_has_a_text_of_its_own()
    {
        using (Language.Chinese.Use())
        {
            Assert.Equal(("从站号", "单位"), (Setting("Unit"), T("Unit")));
            Assert.Equal(("线路", "产线"), (Setting("Line"), Named("Line")));
        }
    }

    [Fact]
    public void No_text_lies_in_the_files_that_no_connector_has()
    {
        var words = Kinds().SelectMany(Words).ToHashSet(StringComparer.Ordinal);
        var kept = Files.SelectMany(f => System.Xml.Linq.XDocument.Load(Path.Combine(PeerProcess.Root(), "ui", "Uns.Ui", "Texts", f + ".resx")).Descendants("data").Select(d => (string)d.Attribute("name")!));
        Assert.All(kept, k => Assert.Contains(k.Replace(" (setting)", "", StringComparison.Ordinal), words));
    }

    private static IConnectorKind[] Kinds() => [new ModbusKind(), new S7Kind(), new OpcUaKind(), new SimulatedKind()];

    private static IEnumerable<string> Words(IConnectorKind kind) => kind.Fields.SelectMany(f => new[] { f.Label, f.Help });
}
