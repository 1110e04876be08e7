namespace Uns.Sparkplug.Check;

/// <summary>What a check found about one rule.</summary>
public enum CheckVerdict
{
    /// <summary>Nothing happened that the rule speaks of.</summary>
    NotExecuted,

    /// <summary>The rule was put to the test and kept.</summary>
    Pass,

    /// <summary>A recommendation was not followed, or what was seen has more than one reading.</summary>
    Maybe,

    /// <summary>The rule was broken.</summary>
    Fail,
}

/// <summary>One rule's verdict.</summary>
/// <param name="Id">The rule, <c>tck-id-…</c>.</param>
/// <param name="Verdict">What was found.</param>
/// <param name="Why">For all but a pass: what was seen, in a sentence.</param>
public readonly record struct CheckResult(string Id, CheckVerdict Verdict, string Why);

/// <summary>Verdicts by rule. The worst that was found stays. One caller at a time.</summary>
public sealed class CheckReport
{
    private readonly SortedDictionary<string, CheckResult> _results = new(StringComparer.Ordinal);

    /// <summary>All rules that were looked at, by id.</summary>
    public IReadOnlyCollection<CheckResult> Results => _results.Values;

    /// <summary>The verdict of one rule.</summary>
    public CheckResult this[string id] => _results.TryGetValue(id, out var result) ? result : new(id, CheckVerdict.NotExecuted, "Nothing was seen that this rule speaks of.");

    /// <summary>One observation: the rules are kept, or broken for the reason given.</summary>
    public void Must(bool isKept, string why, params ReadOnlySpan<string> ids) => Note(isKept ? CheckVerdict.Pass : CheckVerdict.Fail, why, ids);

    /// <summary>One observation about a recommendation.</summary>
    public void Should(bool isKept, string why, params ReadOnlySpan<string> ids) => Note(isKept ? CheckVerdict.Pass : CheckVerdict.Maybe, why, ids);

    private void Note(CheckVerdict verdict, string why, ReadOnlySpan<string> ids)
    {
        foreach (var id in ids)
        {
            if (!_results.TryGetValue(id, out var before) || verdict > before.Verdict)
            {
                _results[id] = new(id, verdict, verdict == CheckVerdict.Pass ? "" : why);
            }
        }
    }
}
