using System.Reflection;
using System.Text.RegularExpressions;
using Uns.TestKit;

namespace Uns.UnitTests.Sparkplug;

/// <summary>What is cited exists: in the tests' attributes and in the comments of the code.</summary>
public sealed partial class CitedAssertionsTests
{
    [Fact]
    public void Every_cited_statement_of_the_standard_is_in_the_list()
    {
        var root = Root();
        var known = File.ReadLines(Path.Combine(root, "schemas", "sparkplug-assertions.tsv")).Skip(1).Select(line => line.Split('\t')[0]).ToHashSet(StringComparer.Ordinal);
        Assert.InRange(known.Count, 300, 400);
        var cited = new[] { "src", "connectors", "ui", "tests" }
            .Select(folder => Path.Combine(root, folder))
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .SelectMany(file => AssertionId().Matches(File.ReadAllText(file)).Select(match => (match.Value, file)))
            .ToList();
        Assert.True(cited.Count > 50);
        Assert.DoesNotContain(cited, c => !known.Contains(c.Value));
        Assert.NotEmpty(typeof(CitedAssertionsTests).Assembly.GetTypes().SelectMany(t => t.GetMethods()).SelectMany(m => m.GetCustomAttributes<SpecAttribute>()));
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Uns.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("Uns.sln stands in no folder above the tests.");
        }

        return folder.FullName;
    }

    [GeneratedRegex("tck-id-[a-z0-9A-Z-]+[a-z0-9A-Z]", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex AssertionId();
}
