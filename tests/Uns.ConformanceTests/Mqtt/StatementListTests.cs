using System.Reflection;
using Uns.TestKit;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>Each statement of the standard that binds a server is proven by a test of this suite, or is listed with the reason why not.</summary>
public sealed class StatementListTests
{
    private static readonly string Root = FindRoot();

    [Fact]
    public void Each_statement_is_proven_or_listed_with_a_reason()
    {
        var wanted = File.ReadLines(Path.Combine(Root, "schemas", "mqtt-server-statements.tsv")).Skip(1).Select(l => l.Split('\t')[0]).ToHashSet();
        var unproven = File.ReadLines(Path.Combine(Root, "tests", "Uns.ConformanceTests", "unproven.txt")).Where(l => l.StartsWith("MQTT-", StringComparison.Ordinal)).ToList();
        Assert.All(unproven, line => Assert.True(line.Split('\t') is [_, { Length: > 20 }], $"\"{line}\" has no reason: give the id, a tab and the reason."));
        var proven = Assembly.GetExecutingAssembly().GetTypes().SelectMany(t => t.GetMethods())
            .SelectMany(m => m.GetCustomAttributes<SpecAttribute>()).Select(s => s.Id).Where(id => id.StartsWith("MQTT-", StringComparison.Ordinal)).ToHashSet();
        var listed = unproven.Select(l => l.Split('\t')[0]).ToHashSet();
        Assert.Equal([], wanted.Except(proven).Except(listed).Order());
        Assert.Equal([], proven.Union(listed).Except(wanted).Order());
        Assert.Equal([], proven.Intersect(listed).Order());
    }

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Uns.sln")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName ?? throw new DirectoryNotFoundException($"No Uns.sln above {AppContext.BaseDirectory}.");
    }
}
