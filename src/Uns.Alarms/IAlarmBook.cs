namespace Uns.Alarms;

/// <summary>One alarm with its rule.</summary>
/// <param name="Rule">What is watched for.</param>
/// <param name="Standing">Where it stands.</param>
public sealed record Alarm(AlarmRule Rule, AlarmStanding Standing);

/// <summary>One thing that happened.</summary>
/// <param name="Time">When, UTC.</param>
/// <param name="Alarm">Name of the alarm.</param>
/// <param name="Path">Path of its value.</param>
/// <param name="Priority">Its priority then.</param>
/// <param name="What">What happened.</param>
/// <param name="Value">The value that raised it.</param>
/// <param name="Who">Who did it; empty when it happened by itself.</param>
public sealed record AlarmEvent(DateTimeOffset Time, string Alarm, string Path, AlarmPriority Priority, AlarmHappening What, string Value, string Who);

/// <summary>The alarms: their rules, how they stand, what happened. Kept over restarts. Rules are changed elsewhere, together with all else that is set.</summary>
public interface IAlarmBook
{
    /// <summary>All alarms: open ones first, the most urgent first, the newest first.</summary>
    IReadOnlyList<Alarm> All();

    /// <summary>Somebody has seen an alarm.</summary>
    /// <returns>False when there is none of that identity.</returns>
    bool Acknowledge(Guid id, string who);

    /// <summary>Silences an alarm for a while, at most seven days; zero: it counts again.</summary>
    /// <returns>False when there is none of that identity.</returns>
    bool Shelve(Guid id, TimeSpan time, string who);

    /// <summary>What happened, newest first.</summary>
    /// <param name="most">Most to give, 1 to 10,000.</param>
    /// <param name="cancellationToken">Ends the wait for a reader's turn.</param>
    Task<IReadOnlyList<AlarmEvent>> HistoryAsync(int most, CancellationToken cancellationToken);
}
