using System.Text.RegularExpressions;
using Uns.Alarms;
using Uns.Connectors;
using Uns.Connectors.TagFiles;
using Uns.Sparkplug.Host;
using Uns.Tags;
using Uns.TestKit;
using Uns.Ui.Changes;
using Uns.Ui.Health;
using Uns.Ui.Live;
using Uns.Ui.Texts;
using Uns.Ui.Trends;
using static Uns.Ui.Texts.Wording;

namespace Uns.UnitTests.Ui;

/// <summary>Every text of the pages is in the resource files, in both languages.</summary>
public sealed partial class TextTests
{
    private static readonly string Room = Path.Combine(PeerProcess.Root(), "ui", "Uns.Ui");

    // Files of fixed words: looked up by what a value is called, not by a key in a page.
    private static readonly string[] FixedWords = ["States", "Words", "Faults", .. SettingTextTests.Files];

    private static readonly string[] Asked = [.. Sources("*.razor").Concat(Sources("*.cs")).Concat(((string[])["Wiring", "Access"]).SelectMany(folder => Directory.EnumerateFiles(Path.Combine(PeerProcess.Root(), "src", "Uns.Hub", folder), "*.cs"))).SelectMany(f => TextKeys.Asked(File.ReadAllText(f))).Distinct(StringComparer.Ordinal)];

    [Fact]
    public void Every_text_that_a_page_asks_for_is_in_the_English_file()
    {
        Assert.True(Asked.Length > 500, $"Only {Asked.Length} texts were found in the pages.");
        Assert.Empty(Asked.Except(Language.English.Texts.Keys));
    }

    [Fact]
    public void Every_English_text_has_a_Chinese_one_and_the_reverse()
    {
        Assert.Empty(Language.English.Texts.Keys.Except(Language.Chinese.Texts.Keys));
        Assert.Empty(Language.Chinese.Texts.Keys.Except(Language.English.Texts.Keys));
    }

    [Fact]
    public void A_text_has_the_same_places_for_values_in_both_languages()
    {
        var different = Language.English.Texts.Where(e => !Places(e.Key).SequenceEqual(Places(e.Value)) || !Places(e.Key).SequenceEqual(Places(Language.Chinese.Text(e.Key)))).Select(e => e.Key);
        Assert.Empty(different);
    }

    [Fact]
    public void A_Chinese_text_is_Chinese()
    {
        var english = Language.Chinese.Texts
            .Where(t => !t.Value.Any(c => c is >= '\u4e00' and <= '\u9fff')).Where(t => PlaceMarks().Replace(t.Value, "").Any(char.IsLetter)).Select(t => t.Key)
            .Where(key => !TextKeys.Names.Contains(key));
        Assert.Empty(english);
    }

    [Fact]
    public void No_text_lies_in_the_files_that_no_page_asks_for()
    {
        var kept = Directory.EnumerateFiles(Path.Combine(Room, "Texts"), "*.resx").Where(f => !Path.GetFileName(f).Contains(".zh-", StringComparison.Ordinal) && !FixedWords.Contains(Path.GetFileNameWithoutExtension(f)))
            .SelectMany(f => System.Xml.Linq.XDocument.Load(f).Descendants("data").Select(d => (string)d.Attribute("name")!));
        Assert.Empty(kept.Except(Asked));
    }

    [Fact]
    public void The_words_of_the_fixed_sets_are_there()
    {
        IEnumerable<string> words =
        [
            .. Enum.GetNames<TagQuality>(), .. Enum.GetNames<TagQuality>().Select(n => n.ToLowerInvariant()), .. Enum.GetNames<ConnectorState>(), .. Enum.GetNames<ImportOutcome>(),
            .. Enum.GetNames<Likelihood>(), .. Enum.GetNames<FrameKind>().Select(n => n.ToLowerInvariant()), .. Enum.GetNames<AlarmHappening>(),
            .. Enum.GetNames<ThingOutcome>(), .. Enum.GetNames<TopicOutcome>(), .. Enum.GetNames<ChangeWay>(), .. Enum.GetNames<HealthState>(),
            "Enterprise", "Site", "Area", "Line", "Cell", "Folder", "Tag", .. LogKinds.All.Select(k => k.Words), .. TrendRange.Presets.Select(p => p.Words),
            .. Enum.GetNames<RuleBreach>().Select(Apart), .. Enum.GetNames<NodeEventKind>().Select(Apart),
        ];
        Assert.Empty(words.Except(Language.Chinese.Texts.Keys));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_page_holds_no_words_of_its_own(string page) => Assert.Empty(TextKeys.Plain(File.ReadAllText(Path.Combine(Room, page))));

    [Theory]
    [InlineData("<p>Hello there</p>", "Hello there")]
    [InlineData("<p class=\"soft\">@T(\"fine\") but @x.Count not this</p>", "but   not this")]
    [InlineData("<input placeholder=\"Your name\" value=\"@(a > b ? \"x\" : \"y\")\" />", "Your name")]
    [InlineData("@if (a < b)\n{\n  <p title=\"@T(\"fine\")\">@Rich($\"{Code(\"x\")} is fine\")</p>\n}\nelse\n{\n  <b>plain</b>\n}", "plain")]
    [InlineData("<th>Time (UTC)</th><td>QoS</td><code>a/b/{c}</code>", "Time (UTC)")]
    public void Words_in_markup_are_seen(string markup, string found) => Assert.Equal(found, Assert.Single(TextKeys.Plain(markup)));

    [Theory]
    [InlineData("T(\"Save\")", "Save")]
    [InlineData("x = T($\"{count:N0} of {(a ? \"b\" : $\"{c}\")}, {{so}}.\")", "{0:N0} of {1}, {{so}}.")]
    [InlineData("@Rich($\"There is no {Code(Name)}.\")", "There is no {0}.")]
    public void A_key_is_seen_as_the_compiler_makes_it(string source, string key) => Assert.Equal(key, Assert.Single(TextKeys.Asked(source)));

    [Fact]
    public void A_sentence_is_said_in_the_language_of_its_reader()
    {
        var count = 1234;
        Assert.Equal("Apply 1,234 changes", T($"Apply {count:N0} changes"));
        using (Language.Chinese.Use())
        {
            Assert.Equal("应用 1,234 项更改", T($"Apply {count:N0} changes"));
            Assert.Equal("5 分钟", AgeText.Of(TimeSpan.FromMinutes(5)));
            Assert.Equal("没有设备 <code>&lt;b&gt;</code>。", Rich($"There is no device {Code("<b>")}.").Value);
            Assert.Equal("陈旧", Named(TagQuality.Stale));
            Assert.Equal("Int16", Named("Int16"));
        }

        Assert.Equal("5 min", AgeText.Of(TimeSpan.FromMinutes(5)));
    }

    [Theory]
    [InlineData(null, null, null, "en")]
    [InlineData(null, null, "zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans")]
    [InlineData(null, null, "de-DE,de;q=0.9,en;q=0.8,zh;q=0.7", "en")]
    [InlineData(null, null, "fr, zh-Hans;q=0.5, en;q=0.4", "zh-Hans")]
    [InlineData(null, null, "zh;q=0, en;q=0.1", "en")]
    [InlineData(null, null, ";;,=q", "en")]
    [InlineData(null, "zh-Hans", "en", "zh-Hans")]
    [InlineData("en", "zh-Hans", "zh", "en")]
    [InlineData("<script>", "../x", "en", "en")]
    public void A_reader_gets_what_was_asked_for_then_what_was_chosen_then_what_the_browser_takes(string? asked, string? kept, string? accepted, string code) =>
        Assert.Equal(code, Language.Of(asked, kept, accepted).Code);

    public static TheoryData<string> Pages() => [.. Sources("*.razor").Select(f => Path.GetRelativePath(Room, f))];

    private static IEnumerable<string> Sources(string pattern) => Directory.EnumerateFiles(Room, pattern, SearchOption.AllDirectories)
        .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}Texts{Path.DirectorySeparatorChar}", StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Places(string text) => PlaceMarks().Matches(text).Select(m => m.Value).Order(StringComparer.Ordinal);

    // DataBeforeBirth is told as "Data before birth".
    private static string Apart(string name) => string.Concat(name.Select((c, i) => i > 0 && char.IsUpper(c) ? $" {char.ToLowerInvariant(c)}" : c.ToString()));

    [GeneratedRegex(@"\{\d+(:[^}]*)?\}")]
    private static partial Regex PlaceMarks();
}
