using Uns.Alarms;

namespace Uns.Ui.Live;

/// <summary>Alarm rules as the pages say them.</summary>
public static class AlarmText
{
    /// <summary>How pressing it is.</summary>
    public static string Priority(AlarmPriority priority) => priority switch
    {
        AlarmPriority.Low => T("Low (priority)"),
        AlarmPriority.Medium => T("Medium (priority)"),
        AlarmPriority.High => T("High (priority)"),
        _ => T("Urgent (priority)"),
    };

    /// <summary>When the alarm is raised, for example <c>above 80 °C for 5 s</c>.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="unit">Unit of its tag; empty when there is none.</param>
    public static string Condition(AlarmRule rule, string unit)
    {
        var limit = unit.Length > 0 ? FormattableString.Invariant($"{rule.Limit} {unit}") : FormattableString.Invariant($"{rule.Limit}");
        var condition = rule.Kind switch
        {
            AlarmKind.High => T($"above {limit}"),
            AlarmKind.Low => T($"below {limit}"),
            AlarmKind.Rate => T($"changes by more than {limit} a minute"),
            AlarmKind.Stale => T("stale or bad"),
            _ => T($"is {rule.State}"),
        };
        return rule.Delay > TimeSpan.Zero ? T($"{condition} for {rule.Delay.TotalSeconds:0.#} s") : condition;
    }
}
