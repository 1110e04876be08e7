using Uns.Tags;

namespace Uns.Alarms;

/// <summary>The values by which an alarm is told in the namespace, as tags of the one device that speaks for all alarms. Pure.</summary>
public static class AlarmTags
{
    /// <summary>The device that speaks for the alarms; no other may have the name.</summary>
    public const string DeviceName = "alarms";

    /// <summary>Last level of the value that tells whether the condition stands.</summary>
    public const string Active = "Active";

    private const string Acknowledged = "Acknowledged";
    private const string Priority = "Priority";
    private const string Standing = "Standing";

    /// <summary>What the device's birth tells of an alarm's values.</summary>
    public static IReadOnlyList<TagDefinition> DefinitionsOf(AlarmRule rule) =>
    [
        new() { Name = $"{rule.Name}/{Active}", DataType = DataType.Boolean, Description = rule.Text },
        new() { Name = $"{rule.Name}/{Acknowledged}", DataType = DataType.Boolean, Description = "Somebody has seen it" },
        new() { Name = $"{rule.Name}/{Priority}", DataType = DataType.String, Description = "Low, Medium, High or Urgent" },
        new() { Name = $"{rule.Name}/{Standing}", DataType = DataType.String, Description = $"{rule.Path} {rule.Words("")}" },
    ];

    /// <summary>An alarm's values as it stands, in the order of <see cref="DefinitionsOf"/>.</summary>
    public static IReadOnlyList<TagSample> SamplesOf(Alarm alarm, DateTimeOffset now) =>
    [
        new($"{alarm.Rule.Name}/{Active}", TagValue.Of(alarm.Standing.IsActive), TagQuality.Good, now),
        new($"{alarm.Rule.Name}/{Acknowledged}", TagValue.Of(alarm.Standing.IsAcknowledged), TagQuality.Good, now),
        new($"{alarm.Rule.Name}/{Priority}", TagValue.Of(alarm.Rule.Priority.ToString()), TagQuality.Good, now),
        new($"{alarm.Rule.Name}/{Standing}", TagValue.Of(alarm.Standing.Word), TagQuality.Good, now),
    ];
}
