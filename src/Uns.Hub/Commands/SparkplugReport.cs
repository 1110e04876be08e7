using System.Globalization;
using Uns.Sparkplug.Check;

namespace Uns.Hub.Commands;

/// <summary>A check's report as people read it: every statement of the profile, none left out.</summary>
internal static class SparkplugReport
{
    /// <summary>Writes one line for each statement of the roles, and the sum.</summary>
    /// <returns>True when no rule was broken.</returns>
    public static bool Write(TextWriter output, CheckReport report, string title, params IReadOnlyCollection<string> roles)
    {
        output.WriteLine(title);
        var counts = new Dictionary<CheckVerdict, int>();
        foreach (var id in CheckList.Of(roles).Union(report.Results.Select(r => r.Id)))
        {
            var result = report[id];
            counts[result.Verdict] = counts.GetValueOrDefault(result.Verdict) + 1;
            var why = result.Verdict is CheckVerdict.Fail or CheckVerdict.Maybe ? $"  {result.Why}" : "";
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {Word(result.Verdict),-12}  {id}{why}"));
        }

        output.WriteLine(string.Join(", ", Enum.GetValues<CheckVerdict>().Reverse().Where(counts.ContainsKey).Select(v => $"{counts[v]} {Word(v)}")));
        return !counts.ContainsKey(CheckVerdict.Fail);
    }

    private static string Word(CheckVerdict verdict) => verdict == CheckVerdict.NotExecuted ? "NOT EXECUTED" : verdict.ToString().ToUpperInvariant();
}
