using System.Globalization;
using Uns.Connectors;
using Uns.Tree;

namespace Uns.Ui.Changes;

/// <summary>What is to be the same for many tags; an empty field leaves each as it is.</summary>
public sealed class TagBatch
{
    /// <summary>Time between two reads, such as <c>500ms</c>.</summary>
    public string Period { get; set; } = "";

    /// <summary>Factor of the scaling.</summary>
    public string Factor { get; set; } = "";

    /// <summary>Offset of the scaling.</summary>
    public string Offset { get; set; } = "";

    /// <summary>Engineering unit.</summary>
    public string Unit { get; set; } = "";

    /// <summary>Lowest value.</summary>
    public string Low { get; set; } = "";

    /// <summary>Highest value.</summary>
    public string High { get; set; } = "";

    /// <summary>Deadband in engineering units; takes the one in percent away.</summary>
    public string Deadband { get; set; } = "";

    /// <summary>Deadband in percent of the span; takes the other away.</summary>
    public string DeadbandPercent { get; set; } = "";

    /// <summary><c>yes</c>, <c>no</c>, or empty.</summary>
    public string Writable { get; set; } = "";

    /// <summary>Words for people.</summary>
    public string Description { get; set; } = "";

    /// <summary>Works out what to do to each tag.</summary>
    /// <param name="faults">Takes what cannot be read.</param>
    public Func<TagOptions, TagOptions> Read(List<SettingFault> faults)
    {
        TimeSpan? period = null;
        if (Period.Trim().Length > 0)
        {
            period = SettingsReader.ParseDuration(Period.Trim());
            if (period is null)
            {
                faults.Add(new("Period", T($"is '{Period}': give a time with its unit, such as 500ms, 1s or 1m.")));
            }
        }

        var (factor, offset, low, high) = (Number("Factor", Factor, faults), Number("Offset", Offset, faults), Number("Low", Low, faults), Number("High", High, faults));
        var (deadband, percent) = (Number("Deadband", Deadband, faults), Number("Deadband in percent", DeadbandPercent, faults));
        var (unit, description) = (Unit.Trim(), Description.Trim());
        return tag => tag with
        {
            Period = period ?? tag.Period,
            Factor = factor ?? tag.Factor,
            Offset = offset ?? tag.Offset,
            Unit = unit.Length > 0 ? unit : tag.Unit,
            Low = low ?? tag.Low,
            High = high ?? tag.High,
            Deadband = deadband ?? (percent > 0 ? 0 : tag.Deadband),
            DeadbandPercent = percent ?? (deadband > 0 ? 0 : tag.DeadbandPercent),
            Writable = Writable switch { "yes" => true, "no" => false, _ => tag.Writable },
            Description = description.Length > 0 ? description : tag.Description,
        };
    }

    private static double? Number(string what, string typed, List<SettingFault> faults)
    {
        if (string.IsNullOrWhiteSpace(typed))
        {
            return null;
        }

        if (double.TryParse(typed, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
        {
            return number;
        }

        faults.Add(new(what, T($"is '{typed}': give a number with a decimal point.")));
        return null;
    }
}

/// <summary>Places many tags by one pattern. Pure.</summary>
public static class PlacePattern
{
    /// <summary>The mapping table with some tags at a pattern: a device whose tags are all meant gets one row, single tags one each.</summary>
    /// <param name="settings">What is set now.</param>
    /// <param name="picked">The tags by device name.</param>
    /// <param name="pattern">For example <c>acme/berlin/{folder}/{device}/{name}</c>.</param>
    /// <param name="options">Names of the hub's edge nodes.</param>
    public static IReadOnlyList<EquipmentRule> Place(PlantSettings settings, IReadOnlyDictionary<string, IReadOnlySet<string>> picked, string pattern, UiOptions options)
    {
        var fresh = new List<EquipmentRule>();
        var replaced = new HashSet<(string, string, string, string)>();
        foreach (var device in settings.Devices.Where(d => picked.ContainsKey(d.Name)))
        {
            var row = new EquipmentRule { Group = options.GroupId, Node = options.NodeOf(device.Name), Device = device.Name, Path = pattern };
            var names = picked[device.Name];
            if (device.Tags.All(t => names.Contains(t.Name)))
            {
                fresh.Add(row);
                replaced.UnionWith(settings.Mapping.Where(r => r.Group == row.Group && r.Node == row.Node && r.Device == row.Device).Select(Key));
            }
            else
            {
                var rows = device.Tags.Where(t => names.Contains(t.Name)).Select(t => row with { Metric = t.Name }).ToList();
                fresh.AddRange(rows);
                replaced.UnionWith(rows.Select(Key));
            }
        }

        return [.. fresh, .. settings.Mapping.Where(r => !replaced.Contains(Key(r)))];
    }

    private static (string, string, string, string) Key(EquipmentRule rule) => (rule.Group, rule.Node, rule.Device, rule.Metric);
}
