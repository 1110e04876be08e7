namespace Uns.Alarms;

/// <summary>What an alarm watches for.</summary>
public enum AlarmKind
{
    /// <summary>The value is above the limit.</summary>
    High,

    /// <summary>The value is below the limit.</summary>
    Low,

    /// <summary>The value changes faster than the limit, in units a minute, in either direction.</summary>
    Rate,

    /// <summary>The value cannot be believed: stale or bad.</summary>
    Stale,

    /// <summary>The value is the given one: a switch is on, a state is reached.</summary>
    State,
}

/// <summary>How soon someone must act.</summary>
public enum AlarmPriority
{
    /// <summary>Today.</summary>
    Low,

    /// <summary>Within the hour.</summary>
    Medium,

    /// <summary>Within minutes.</summary>
    High,

    /// <summary>At once.</summary>
    Urgent,
}

/// <summary>One alarm as the user wrote it.</summary>
public sealed record AlarmRule
{
    /// <summary>Most rules.</summary>
    public const int MaximumRules = 5000;

    private const int LongestName = 100;
    private const int LongestText = 500;

    /// <summary>Identity; given at the first saving.</summary>
    public Guid Id { get; init; }

    /// <summary>Name, unique without regard to case; becomes a node of the namespace. No <c>/ + #</c>.</summary>
    public string Name { get; init; } = "";

    /// <summary>Path of the value that is watched.</summary>
    public string Path { get; init; } = "";

    /// <summary>What is watched for.</summary>
    public AlarmKind Kind { get; init; }

    /// <summary>The limit of High, Low (in the tag's unit) and Rate (a minute).</summary>
    public double Limit { get; init; }

    /// <summary>How far the value must come back from the limit before the alarm goes; not negative.</summary>
    public double Hysteresis { get; init; }

    /// <summary>For State: the value that raises it, as it is shown; without regard to case.</summary>
    public string State { get; init; } = "";

    /// <summary>How long it must be so before the alarm is raised, 0 to one day.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>How soon someone must act.</summary>
    public AlarmPriority Priority { get; init; } = AlarmPriority.Medium;

    /// <summary>What to do, for whoever reads the alarm.</summary>
    public string Text { get; init; } = "";

    /// <summary>False: nothing is watched.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Finds every fault at once; each is a sentence that says what to give.</summary>
    public IEnumerable<string> Faults()
    {
        if (Name.Trim().Length is 0 or > LongestName || Name.IndexOfAny(['/', '+', '#']) >= 0 || Name.Any(char.IsControl) || Name != Name.Trim())
        {
            yield return $"Name is '{Name}': give 1 to {LongestName} characters without / + #.";
        }

        if (Path.Length == 0)
        {
            yield return "Path is empty: give the value's path, e.g. acme/berlin/line1/speed.";
        }

        if (!double.IsFinite(Limit))
        {
            yield return $"Limit is {Limit}: give a number.";
        }

        if (Kind == AlarmKind.Rate && Limit <= 0)
        {
            yield return $"Limit is {Limit}: a rate is above 0.";
        }

        if (!double.IsFinite(Hysteresis) || Hysteresis < 0)
        {
            yield return $"Hysteresis is {Hysteresis}: give 0 or more.";
        }

        if (Kind == AlarmKind.State && State.Length == 0)
        {
            yield return "State is empty: give the value that raises the alarm, e.g. true.";
        }

        if (Delay < TimeSpan.Zero || Delay > TimeSpan.FromDays(1))
        {
            yield return $"Delay is {Delay}: give 0 to one day.";
        }

        if (Text.Length > LongestText)
        {
            yield return $"Text has {Text.Length} characters: give at most {LongestText}.";
        }
    }

    /// <summary>What it watches for, in words.</summary>
    /// <param name="unit">The tag's unit; empty when there is none.</param>
    public string Words(string unit)
    {
        var with = unit.Length > 0 ? " " + unit : "";
        var condition = Kind switch
        {
            AlarmKind.High => $"above {Limit}{with}",
            AlarmKind.Low => $"below {Limit}{with}",
            AlarmKind.Rate => $"changes by more than {Limit}{with} a minute",
            AlarmKind.Stale => "stale or bad",
            _ => $"is {State}",
        };
        return Delay > TimeSpan.Zero ? $"{condition} for {Delay.TotalSeconds:0.#} s" : condition;
    }
}
