using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Text;
using Uns.ConformanceTests.Sparkplug;
using Uns.TestKit;
using Xunit.v3;

[assembly: SpecResults]
[assembly: AssemblyFixture(typeof(SpecReport))]

namespace Uns.ConformanceTests.Sparkplug;

/// <summary>Tells the report how each test that proves a statement ended.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class SpecResultsAttribute : BeforeAfterTestAttribute
{
    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        var result = TestContext.Current.TestState?.Result ?? TestResult.Failed;
        foreach (var spec in methodUnderTest.GetCustomAttributes<SpecAttribute>())
        {
            SpecReport.Note(spec.Id, result == TestResult.Passed);
        }
    }
}

/// <summary>Writes what this run of the suite proved of Sparkplug, by profile, to <c>artifacts/sparkplug-report.txt</c>.</summary>
public sealed class SpecReport : IDisposable
{
    // A statement with one failed test has failed, however many others passed.
    private static readonly ConcurrentDictionary<string, bool> Results = new(StringComparer.Ordinal);

    private static readonly (string Role, string Title)[] Profiles =
    [
        ("edge-node", "Edge node"), ("device", "Device"), ("host", "Host application"), ("general", "Edge node and host application"),
        ("broker-compliant", "Sparkplug compliant MQTT server"), ("broker-aware", "Sparkplug aware MQTT server"), ("payload", "Payload"), ("topics", "Topics"),
    ];

    public static void Note(string id, bool passed) => Results.AddOrUpdate(id, passed, (_, before) => before && passed);

    public void Dispose()
    {
        if (Results.Keys.Any(AssertionList.IsSparkplug))
        {
            var folder = Path.Combine(AssertionList.Root, "artifacts");
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, "sparkplug-report.txt"), Text(Results));
        }
    }

    internal static string Text(IReadOnlyDictionary<string, bool> results)
    {
        var text = new StringBuilder();
        foreach (var (role, title) in Profiles)
        {
            var verdicts = AssertionList.All.Where(a => a.Role == role)
                .Select(a => (a.Id, Verdict: !results.TryGetValue(a.Id, out var passed) ? "NOT EXECUTED" : passed ? "PASS" : "FAIL")).ToList();
            var counts = string.Join(", ", verdicts.GroupBy(v => v.Verdict).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Count()} {g.Key}"));
            text.AppendLine(CultureInfo.InvariantCulture, $"{title}: {counts}");
            foreach (var (id, verdict) in verdicts)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"  {verdict,-12}  {id}");
            }
        }

        return text.ToString();
    }
}
