using System.Text.RegularExpressions;
using System.Xml.Linq;
using Uns.TestKit;

namespace Uns.UnitTests.House;

/// <summary>Holds the map in <c>src/README.md</c> against the project files, and the house rules against the source.</summary>
public sealed partial class HouseTests
{
    private const int LongestFile = 500;

    private static readonly string Root = PeerProcess.Root();

    // Room, rooms it may use, packages it may use.
    private static readonly (string Project, string[] Rooms, string[] Packages)[] Rooms =
    [
        ("src/Uns.Tags", [], []),
        ("src/Uns.Store", [], ["Microsoft.Data.Sqlite", "SQLitePCLRaw.bundle_e_sqlite3"]),
        ("src/Uns.Historian", ["Uns.Store", "Uns.Tags"], []),
        ("src/Uns.Alarms", ["Uns.Tags"], []),
        ("src/Uns.Mqtt", ["Uns.Store"], []),
        ("connectors/Uns.Connectors", ["Uns.Tags"], []),
        ("src/Uns.Sparkplug", ["Uns.Mqtt", "Uns.Tags"], []),
        ("connectors/Uns.Connectors.Modbus", ["Uns.Connectors", "Uns.Tags"], []),
        ("connectors/Uns.Connectors.S7", ["Uns.Connectors", "Uns.Tags"], []),
        ("connectors/Uns.Connectors.Simulated", ["Uns.Connectors", "Uns.Tags"], []),
        ("connectors/Uns.Connectors.OpcUa", ["Uns.Connectors", "Uns.Tags"], []),
        ("src/Uns.Tree", ["Uns.Sparkplug", "Uns.Tags"], []),
        ("ui/Uns.Ui", ["Uns.Alarms", "Uns.Connectors", "Uns.Historian", "Uns.Tags", "Uns.Tree"], ["Radzen.Blazor"]),
        ("src/Uns.Hub",
            ["Uns.Alarms", "Uns.Connectors", "Uns.Connectors.Modbus", "Uns.Connectors.OpcUa", "Uns.Connectors.S7", "Uns.Connectors.Simulated", "Uns.Historian", "Uns.Mqtt", "Uns.Sparkplug", "Uns.Store", "Uns.Tags", "Uns.Tree", "Uns.Ui"],
            ["Microsoft.AspNetCore.OpenApi", "Microsoft.OpenApi", "System.CommandLine"]),
    ];

    public static TheoryData<string> Projects() => [.. Rooms.Select(r => r.Project)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_room_uses_only_what_the_map_names(string project)
    {
        var (_, rooms, packages) = Rooms.Single(r => r.Project == project);
        var file = XDocument.Load(Path.Combine(Root, project, Path.GetFileName(project) + ".csproj"));
        var used = file.Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension((string)r.Attribute("Include")!));
        Assert.Equal(rooms, used.Order(StringComparer.Ordinal));
        Assert.Equal(packages, file.Descendants("PackageReference").Select(r => (string)r.Attribute("Include")!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_product_project_is_on_the_map()
    {
        var projects = new[] { "src", "connectors", "ui" }.SelectMany(f => Directory.EnumerateFiles(Path.Combine(Root, f), "*.csproj", SearchOption.AllDirectories));
        Assert.Equal(Rooms.Select(r => Path.GetFileName(r.Project)).Order(StringComparer.Ordinal), projects.Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Every_room_says_what_it_is_for(string project) => Assert.True(File.Exists(Path.Combine(Root, project, "README.md")), $"{project}/README.md is missing.");

    [Fact]
    public void No_file_has_two_thoughts()
    {
        var tooLong = Sources("*.cs").Concat(Sources("*.razor")).Select(f => (File: Path.GetRelativePath(Root, f), Lines: File.ReadLines(f).Count())).Where(f => f.Lines > LongestFile);
        Assert.Empty(tooLong);
    }

    [Fact]
    public void No_work_is_left_open_and_no_test_is_skipped()
    {
        var marked = Sources("*.cs").Concat(Sources("*.razor"))
            .SelectMany(f => File.ReadLines(f).Where(l => Markers().IsMatch(l)).Select(l => $"{Path.GetRelativePath(Root, f)}: {l.Trim()}"));
        Assert.Empty(marked);
    }

    [Fact]
    public void Every_kind_of_log_line_has_its_own_number()
    {
        var ids = Sources("*.cs").SelectMany(f => LogIds().Matches(File.ReadAllText(f)).Select(m => (Id: int.Parse(m.Groups["id"].Value), File: Path.GetRelativePath(Root, f)))).ToList();
        Assert.NotEmpty(ids);
        Assert.Empty(ids.GroupBy(i => i.Id).Where(g => g.Count() > 1).Select(g => $"{g.Key}: {string.Join(", ", g.Select(i => i.File))}"));
    }

    [Fact]
    public void Drawers_are_not_names()
    {
        var drawers = Sources("*.cs").Select(f => Path.GetRelativePath(Root, f)).Where(f => DrawerNames().IsMatch(f));
        Assert.Empty(drawers);
    }

    [Fact]
    public void Relative_links_in_the_papers_lead_somewhere()
    {
        var broken = new[] { "src", "connectors", "ui", "tests", "docker", "schemas" }.Select(f => Path.Combine(Root, f)).Where(Directory.Exists)
            .SelectMany(f => Directory.EnumerateFiles(f, "*.md", SearchOption.AllDirectories)).Concat(Directory.EnumerateFiles(Root, "*.md"))
            .Where(f => !f.Contains("node_modules", StringComparison.Ordinal))
            .SelectMany(f => Links().Matches(File.ReadAllText(f)).Select(m => (File: f, Target: m.Groups["target"].Value)))
            .Where(l => !l.Target.Contains("://", StringComparison.Ordinal) && !l.Target.StartsWith('#'))
            .Where(l => !Path.Exists(Path.Combine(Path.GetDirectoryName(l.File)!, l.Target.Split('#')[0])))
            .Select(l => $"{Path.GetRelativePath(Root, l.File)} -> {l.Target}");
        Assert.Empty(broken);
    }

    private static IEnumerable<string> Sources(string pattern) => new[] { "src", "connectors", "ui", "tests" }
        .SelectMany(f => Directory.EnumerateFiles(Path.Combine(Root, f), pattern, SearchOption.AllDirectories))
        .Where(f => !f.Contains("node_modules", StringComparison.Ordinal) && !f.Contains("/obj/", StringComparison.Ordinal) && !f.EndsWith("HouseTests.cs", StringComparison.Ordinal));

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b|NotImplementedException|\bSkip *= *""")]
    private static partial Regex Markers();

    [GeneratedRegex(@"\[LoggerMessage\((EventId = )?(?<id>\d+)")]
    private static partial Regex LogIds();

    [GeneratedRegex(@"(Helpers?|Utils?|Utilities|Common|Manager|Misc)(\.cs|/)")]
    private static partial Regex DrawerNames();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Links();
}
