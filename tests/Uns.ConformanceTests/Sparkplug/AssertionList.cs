using System.Reflection;
using Uns.TestKit;

namespace Uns.ConformanceTests.Sparkplug;

/// <summary>The statements of the standard, as <c>schemas/sparkplug-assertions.tsv</c> lists them.</summary>
internal static class AssertionList
{
    public static string Root { get; } = PeerProcess.Root();

    /// <summary>Id and role of each statement, in the order of the standard.</summary>
    public static IReadOnlyList<(string Id, string Role)> All { get; } =
        [.. File.ReadLines(Path.Combine(Root, "schemas", "sparkplug-assertions.tsv")).Skip(1).Select(line => line.Split('\t')).Select(cells => (cells[0], cells[1]))];

    public static bool IsSparkplug(string id) => id.StartsWith("tck-id-", StringComparison.Ordinal) || id.StartsWith("untagged-", StringComparison.Ordinal);
}

/// <summary>Each statement is tied to a test of this suite, or is listed with the reason why not.</summary>
public sealed class AssertionListTests
{
    [Fact]
    public void Each_statement_has_a_test_or_a_reason()
    {
        var wanted = AssertionList.All.Select(a => a.Id).ToHashSet(StringComparer.Ordinal);
        Assert.Equal(299, wanted.Count(id => id.StartsWith("tck-id-", StringComparison.Ordinal)));
        var tied = Assembly.GetExecutingAssembly().GetTypes().SelectMany(t => t.GetMethods())
            .SelectMany(m => m.GetCustomAttributes<SpecAttribute>()).Select(s => s.Id).Where(AssertionList.IsSparkplug).ToHashSet(StringComparer.Ordinal);
        var unproven = File.ReadLines(Path.Combine(AssertionList.Root, "tests", "Uns.ConformanceTests", "unproven.txt")).Where(AssertionList.IsSparkplug).ToList();
        Assert.All(unproven, line => Assert.True(line.Split('\t') is [_, { Length: > 20 }], $"\"{line}\" has no reason: give the id, a tab and the reason."));
        var listed = unproven.Select(line => line.Split('\t')[0]).ToHashSet(StringComparer.Ordinal);
        Assert.Equal([], wanted.Except(tied).Except(listed).Order());
        Assert.Equal([], tied.Union(listed).Except(wanted).Order());
        Assert.Equal([], tied.Intersect(listed).Order());
    }

    [Fact]
    public void The_report_says_what_passed_failed_and_was_not_run()
    {
        var text = SpecReport.Text(new Dictionary<string, bool> { ["tck-id-topics-nbirth-topic"] = true, ["tck-id-topics-nbirth-mqtt"] = false });
        Assert.Contains("Edge node: 1 FAIL, ", text);
        Assert.Contains("  PASS          tck-id-topics-nbirth-topic\n", text.ReplaceLineEndings("\n"));
        Assert.Contains("  FAIL          tck-id-topics-nbirth-mqtt\n", text.ReplaceLineEndings("\n"));
        Assert.Contains("  NOT EXECUTED  tck-id-conformance-mqtt-aware-store\n", text.ReplaceLineEndings("\n"));
    }
}
