using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Uns.Connectors;
using Uns.Tree;

namespace Uns.Ui.Changes;

/// <summary>Makes more devices of the same kind: names and settings counted up. Pure.</summary>
public static class CloneSeries
{
    /// <summary>Most devices at once.</summary>
    public const int MaximumCount = 200;

    /// <summary>A text with its last number counted up: <c>press-09</c> becomes <c>press-10</c>, <c>10.0.0.5</c> becomes <c>10.0.0.6</c>; of an address with a scheme the host.</summary>
    /// <param name="text">The text.</param>
    /// <param name="steps">How far.</param>
    /// <returns>Null when it cannot be counted so far: there is no number, or an address ends.</returns>
    public static string? CountUp(string text, int steps)
    {
        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        if (scheme >= 0)
        {
            var begin = scheme + 3;
            var end = text.AsSpan(begin).IndexOfAny(':', '/') is var found && found < 0 ? text.Length : begin + found;
            return CountUp(text[begin..end], steps) is { } host ? text[..begin] + host + text[end..] : null;
        }

        var last = text.Length;
        while (last > 0 && !char.IsAsciiDigit(text[last - 1]))
        {
            last--;
        }

        var first = last;
        while (first > 0 && char.IsAsciiDigit(text[first - 1]))
        {
            first--;
        }

        if (first == last || !long.TryParse(text[first..last], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return null;
        }

        var counted = text[..first] + (number + steps).ToString(CultureInfo.InvariantCulture).PadLeft(last - first, '0') + text[last..];
        return IsIp(text) && !IsIp(counted) ? null : counted;
    }

    /// <summary>The name of the next device of its kind; one without a number becomes the second.</summary>
    public static string NextName(string name) => CountUp(name, 1) ?? name + "-2";

    /// <summary>One device of the series.</summary>
    /// <param name="model">The device that is cloned.</param>
    /// <param name="firstName">Name of the first clone.</param>
    /// <param name="counted">Settings that are counted up.</param>
    /// <param name="at">0 for the first clone.</param>
    /// <param name="enabled">Whether it is read at once.</param>
    /// <param name="faults">Takes what cannot be counted.</param>
    public static DeviceOptions Clone(DeviceOptions model, string firstName, IReadOnlyCollection<string> counted, int at, bool enabled, List<SettingFault> faults)
    {
        var name = at == 0 ? firstName : CountUp(firstName, at) ?? $"{firstName}-{at + 1}";
        var settings = (JsonObject)model.Settings.DeepClone();
        foreach (var setting in model.Settings.Select(s => s.Key).Where(key => counted.Contains(key, StringComparer.OrdinalIgnoreCase)))
        {
            var text = PlantJson.Text(model.Settings[setting]);
            if (CountUp(text, at + 1) is { } next)
            {
                settings[setting] = next;
            }
            else
            {
                faults.Add(new($"{name}: {setting}", $"is '{text}', which cannot be counted up by {at + 1}: take the tick away, and set it by hand."));
            }
        }

        return model with { Name = name, Enabled = enabled, Settings = settings, Tags = [.. model.Tags.Select(t => t with { Id = default })] };
    }

    /// <summary>The mapping with the clones in it: each at its place, single tags as those of the model.</summary>
    /// <param name="rules">The table as it is.</param>
    /// <param name="model">The device that is cloned.</param>
    /// <param name="clones">The clones.</param>
    /// <param name="place">Their place; <c>{device}</c> stands for the name. Empty: none of their own.</param>
    /// <param name="options">Names of the hub's edge nodes.</param>
    public static IReadOnlyList<EquipmentRule> Place(IReadOnlyList<EquipmentRule> rules, DeviceOptions model, IEnumerable<DeviceOptions> clones, string place, UiOptions options)
    {
        var single = rules.Where(r => r.Group == options.GroupId && r.Node == options.NodeOf(model.Name) && r.Device == model.Name && r.Metric != "*").ToList();
        var more = clones.SelectMany(clone => single.Select(r => r with { Node = options.NodeOf(clone.Name), Device = clone.Name })
            .Concat(place.Length == 0 ? [] : [new EquipmentRule { Group = options.GroupId, Node = options.NodeOf(clone.Name), Device = clone.Name, Path = place }])).ToList();
        return more.Count == 0 ? rules : [.. more, .. rules];
    }

    private static bool IsIp(string text) => text.Count(c => c == '.') == 3 && IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetwork;
}
