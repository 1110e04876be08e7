namespace Uns.Connectors.TagFiles;

/// <summary>What an import does where file and device differ. The names are those of HiveMQ Edge, which engineers know.</summary>
public enum ImportMode
{
    /// <summary>Adds new tags; one that is there already is a clash.</summary>
    Create,

    /// <summary>Takes away the tags that the file names.</summary>
    Delete,

    /// <summary>The device's tags become those of the file; others are taken away.</summary>
    Overwrite,

    /// <summary>Adds new tags and leaves those that are there alone; one that differs is a clash.</summary>
    MergeSafe,

    /// <summary>Adds new tags and changes those that differ.</summary>
    MergeOverwrite,
}

/// <summary>What becomes of one row.</summary>
public enum ImportOutcome
{
    /// <summary>A tag is added.</summary>
    New,

    /// <summary>A tag is changed.</summary>
    Changed,

    /// <summary>The tag is there already, just so.</summary>
    Same,

    /// <summary>A tag is taken away.</summary>
    Removed,

    /// <summary>Nothing happens: the row and another, or the tag that is there, cannot both be had.</summary>
    Clashing,

    /// <summary>Nothing happens: the row makes no tag.</summary>
    Unreadable,
}

/// <summary>One row and what becomes of it.</summary>
/// <param name="Line">Line of the file; zero for a tag of the device that no row names.</param>
/// <param name="Name">The tag.</param>
/// <param name="Address">Its address.</param>
/// <param name="Outcome">What becomes of it.</param>
/// <param name="Reason">Why nothing happens, or what changes; empty else.</param>
public sealed record ImportRow(int Line, string Name, string Address, ImportOutcome Outcome, string Reason);

/// <summary>What an import would do, or did.</summary>
/// <param name="Device">The device as it is afterwards.</param>
/// <param name="Rows">Every row of the file, and every tag taken away.</param>
public sealed record ImportPlan(DeviceOptions Device, IReadOnlyList<ImportRow> Rows)
{
    /// <summary>How many rows end so.</summary>
    public int Count(ImportOutcome outcome) => Rows.Count(r => r.Outcome == outcome);
}

/// <summary>Works out what an import does to a device. Pure: nothing is saved here.</summary>
public static class TagImport
{
    /// <summary>Makes the plan. Rows that clash or cannot be read change nothing; the others go on.</summary>
    /// <param name="device">The device as it is.</param>
    /// <param name="rows">The file's rows.</param>
    /// <param name="mode">What to do where they differ.</param>
    /// <param name="check">Finds the faults of the device with some tags.</param>
    public static ImportPlan Plan(DeviceOptions device, IReadOnlyList<TagRow> rows, ImportMode mode, Func<DeviceOptions, IReadOnlyList<SettingFault>> check)
    {
        var faults = FaultsOf(device, rows, check);
        var there = device.Tags.ToDictionary(t => t.Name, StringComparer.OrdinalIgnoreCase);
        var result = mode is ImportMode.Overwrite ? new(StringComparer.OrdinalIgnoreCase) : new Dictionary<string, TagOptions>(there, StringComparer.OrdinalIgnoreCase);
        var seen = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        var told = new List<ImportRow>(rows.Count);
        for (var index = 0; index < rows.Count; index++)
        {
            var row = rows[index];
            var (outcome, reason) = seen.TryGetValue(row.Tag.Name, out var first) ? (ImportOutcome.Clashing, $"line {first} has the same name.")
                : mode == ImportMode.Delete ? Delete(row.Tag.Name, result)
                : faults[index] is { } fault ? (ImportOutcome.Unreadable, fault)
                : Put(row.Tag, mode, there, result);
            told.Add(new(row.Line, row.Tag.Name, row.Tag.Address, outcome, reason));
            seen.TryAdd(row.Tag.Name, row.Line);
        }

        if (mode == ImportMode.Overwrite)
        {
            told.AddRange(there.Values.Where(t => !result.ContainsKey(t.Name)).Select(t => new ImportRow(0, t.Name, t.Address, ImportOutcome.Removed, "the file does not name it.")));
        }

        return new(device with { Tags = InOrder(device, rows, result) }, told);
    }

    private static (ImportOutcome Outcome, string Reason) Delete(string name, Dictionary<string, TagOptions> result) =>
        result.Remove(name) ? (ImportOutcome.Removed, "") : (ImportOutcome.Clashing, "the device has no such tag.");

    private static (ImportOutcome Outcome, string Reason) Put(
        TagOptions tag, ImportMode mode, Dictionary<string, TagOptions> there, Dictionary<string, TagOptions> result)
    {
        if (!there.TryGetValue(tag.Name, out var old))
        {
            result[tag.Name] = tag;
            return (ImportOutcome.New, "");
        }

        // A tag keeps its identity, whatever file it comes from.
        var changed = tag with { Id = old.Id };
        if (changed == old)
        {
            result[tag.Name] = old;
            return mode == ImportMode.Create ? (ImportOutcome.Clashing, "the device has this tag already.") : (ImportOutcome.Same, "");
        }

        if (mode is ImportMode.Create or ImportMode.MergeSafe)
        {
            return (ImportOutcome.Clashing, $"the device has this tag already, with another {Difference(old, changed)}.");
        }

        result[tag.Name] = changed;
        return (ImportOutcome.Changed, Difference(old, changed));
    }

    private static string Difference(TagOptions old, TagOptions changed) => string.Join(", ", typeof(TagOptions).GetProperties()
        .Where(p => p.CanWrite && !Equals(p.GetValue(old), p.GetValue(changed)))
        .Select(p => $"{p.Name} ({p.GetValue(old)} became {p.GetValue(changed)})"));

    // Those that were there stay in their places; new ones follow in the file's order.
    private static List<TagOptions> InOrder(DeviceOptions device, IReadOnlyList<TagRow> rows, Dictionary<string, TagOptions> result)
    {
        var tags = new List<TagOptions>(result.Count);
        foreach (var name in device.Tags.Select(t => t.Name).Concat(rows.Select(r => r.Tag.Name)))
        {
            if (result.Remove(name, out var tag))
            {
                tags.Add(tag);
            }
        }

        return tags;
    }

    // One look at all rows at once; names are numbered, so that two of one name do not hide each other's faults.
    private static string?[] FaultsOf(DeviceOptions device, IReadOnlyList<TagRow> rows, Func<DeviceOptions, IReadOnlyList<SettingFault>> check)
    {
        var faults = rows.Select(r => r.Fault ?? (Uns.Tags.TagName.Fault(r.Tag.Name) is { } name ? $"Name {name}" : null)).ToArray();
        foreach (var part in Enumerable.Range(0, rows.Count).Where(i => faults[i] is null).Chunk(DeviceChecks.MaximumTags))
        {
            var numbered = device with { Tags = [.. part.Select((index, place) => rows[index].Tag with { Name = $"tag{place}" })] };
            foreach (var fault in check(numbered))
            {
                if (TryPlace(fault.Path, out var place, out var rest) && place < part.Length)
                {
                    faults[part[place]] = faults[part[place]] is { } before ? $"{before} {rest} {fault.Message}" : $"{rest} {fault.Message}";
                }
            }
        }

        return faults;
    }

    // "Tags[12].Address" is place 12.
    private static bool TryPlace(string path, out int place, out string rest)
    {
        place = 0;
        rest = "";
        var end = path.IndexOf(']', StringComparison.Ordinal);
        if (!path.StartsWith("Tags[", StringComparison.Ordinal) || end < 0 || !int.TryParse(path.AsSpan(5, end - 5), out place))
        {
            return false;
        }

        rest = path[(end + 1)..].TrimStart('.');
        return true;
    }
}
