using Uns.Tags;

namespace Uns.Connectors;

/// <summary>The rules every device and tag keeps, whatever its protocol.</summary>
public static class DeviceChecks
{
    /// <summary>Most tags of one device.</summary>
    public const int MaximumTags = 50_000;

    /// <summary>Shortest time between two reads of a tag.</summary>
    public static TimeSpan ShortestPeriod { get; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Longest time between two reads of a tag.</summary>
    public static TimeSpan LongestPeriod { get; } = TimeSpan.FromHours(1);

    /// <summary>Finds every fault in the name and the tags; settings and addresses are the connector's own matter.</summary>
    public static IEnumerable<SettingFault> Check(DeviceOptions device)
    {
        if (TagName.Fault(device.Name) is { } nameFault)
        {
            yield return new(nameof(device.Name), nameFault);
        }
        else if (device.Name.Contains('/', StringComparison.Ordinal))
        {
            yield return new(nameof(device.Name), $"is '{device.Name}': a device's name is one level of a topic, leave out the /.");
        }

        if (device.Tags.Count > MaximumTags)
        {
            yield return new(nameof(device.Tags), $"has {device.Tags.Count} tags: give at most {MaximumTags} to one device.");
            yield break;
        }

        var names = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        for (var index = 0; index < device.Tags.Count; index++)
        {
            var tag = device.Tags[index];
            foreach (var fault in Check(tag))
            {
                yield return new($"Tags[{index}].{fault.Path}", fault.Message);
            }

            if (!names.TryAdd(tag.Name, index))
            {
                var first = names[tag.Name];
                yield return new(
                    $"Tags[{index}].{nameof(tag.Name)}",
                    string.Equals(device.Tags[first].Name, tag.Name, StringComparison.Ordinal)
                        ? $"is '{tag.Name}', as is Tags[{first}]: give each tag its own name."
                        : $"is '{tag.Name}' and Tags[{first}] is '{device.Tags[first].Name}': names that differ only by case are taken for one, change one.");
            }
        }
    }

    /// <summary>Finds every fault of one tag but its address; paths are the property names.</summary>
    public static IEnumerable<SettingFault> Check(TagOptions tag)
    {
        if (TagName.Fault(tag.Name) is { } fault)
        {
            yield return new(nameof(tag.Name), fault);
        }

        if (tag.Period < ShortestPeriod || tag.Period > LongestPeriod)
        {
            yield return new(nameof(tag.Period), $"is {tag.Period:c}: give 10 ms to 1 h.");
        }

        if (tag.Factor == 0 || !double.IsFinite(tag.Factor))
        {
            yield return new(nameof(tag.Factor), $"is {tag.Factor}: give a number that is neither zero nor infinite.");
        }

        if (!double.IsFinite(tag.Offset))
        {
            yield return new(nameof(tag.Offset), $"is {tag.Offset}: give a finite number.");
        }

        if (!(tag.Deadband >= 0) || !double.IsFinite(tag.Deadband))
        {
            yield return new(nameof(tag.Deadband), $"is {tag.Deadband}: give zero or a positive number.");
        }

        if (!(tag.DeadbandPercent is >= 0 and <= 100))
        {
            yield return new(nameof(tag.DeadbandPercent), $"is {tag.DeadbandPercent}: give 0 to 100.");
        }
        else if (tag.DeadbandPercent > 0 && tag.Deadband > 0)
        {
            yield return new(nameof(tag.DeadbandPercent), $"is {tag.DeadbandPercent} and Deadband is {tag.Deadband}: give one of the two.");
        }
        else if (tag.DeadbandPercent > 0 && (tag.Low is null || tag.High is null))
        {
            yield return new(nameof(tag.DeadbandPercent), $"is {tag.DeadbandPercent}: give Low and High too, it is a part of their span.");
        }

        foreach (var wrong in CheckWrites(tag))
        {
            yield return wrong;
        }

        if (tag.Clamp && tag.Low is null && tag.High is null)
        {
            yield return new(nameof(tag.Clamp), "is true: give Low, High or both, to be held at.");
        }

        if (tag.Low is { } bound && !double.IsFinite(bound))
        {
            yield return new(nameof(tag.Low), $"is {bound}: give a finite number, or leave it out.");
        }

        if (tag.High is { } top && !double.IsFinite(top))
        {
            yield return new(nameof(tag.High), $"is {top}: give a finite number, or leave it out.");
        }
        else if (tag.Low is { } low && tag.High is { } high && !(low < high))
        {
            yield return new(nameof(tag.High), $"is {high} and Low is {low}: give a High above Low.");
        }
    }

    /// <summary>Finds what a tag's settings cannot mean for what the device holds; paths are the property names.</summary>
    /// <param name="tag">The tag as the user wrote it.</param>
    /// <param name="rawType">Type of what the device holds, as the address and the tag's own type say.</param>
    public static IEnumerable<SettingFault> Check(TagOptions tag, DataType rawType)
    {
        if (TagArray.IsArray(rawType) && !new Scaling(tag.Factor, tag.Offset).IsNone)
        {
            yield return new(nameof(tag.Factor), $"is {tag.Factor} and Offset {tag.Offset}: an array is not scaled, give 1 and 0.");
        }
    }

    /// <summary>The change, in engineering units, below which a tag's values are not told.</summary>
    public static Deadband DeadbandOf(TagOptions tag) =>
        new(tag is { DeadbandPercent: > 0, Low: { } low, High: { } high } ? tag.DeadbandPercent / 100 * (high - low) : tag.Deadband);

    private static IEnumerable<SettingFault> CheckWrites(TagOptions tag)
    {
        if (tag.WriteMinimum is { } least && !double.IsFinite(least))
        {
            yield return new(nameof(tag.WriteMinimum), $"is {least}: give a finite number, or leave it out.");
        }

        if (tag.WriteMaximum is { } most && !double.IsFinite(most))
        {
            yield return new(nameof(tag.WriteMaximum), $"is {most}: give a finite number, or leave it out.");
        }
        else if (tag.WriteMinimum is { } minimum && tag.WriteMaximum is { } maximum && !(minimum <= maximum))
        {
            yield return new(nameof(tag.WriteMaximum), $"is {maximum} and WriteMinimum is {minimum}: give a WriteMaximum that is not below it.");
        }

        if (tag.WritesPerMinute is < 0 or > 600)
        {
            yield return new(nameof(tag.WritesPerMinute), $"is {tag.WritesPerMinute}: give 0 to 600, 0 for no limit.");
        }
    }

    /// <summary>What the tag is after scaling.</summary>
    /// <param name="tag">The tag as the user wrote it.</param>
    /// <param name="rawType">Type of what the device holds, as the address and the tag's own type say.</param>
    public static TagDefinition Define(TagOptions tag, DataType rawType) => new()
    {
        Name = tag.Name,
        DataType = new Scaling(tag.Factor, tag.Offset).ResultType(rawType),
        Unit = tag.Unit,
        Description = tag.Description,
        Low = tag.Low,
        High = tag.High,
        Writable = tag.Writable,
    };
}
