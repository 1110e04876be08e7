using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Uns.Connectors;

/// <summary>What was read from a device's settings: the options, and all that was wrong with their form.</summary>
/// <param name="Options">Values that could not be read stand at their default.</param>
/// <param name="Faults">Unknown settings and wrong types; ranges are the options' own matter.</param>
public sealed record SettingsReading<TOptions>(TOptions Options, IReadOnlyList<SettingFault> Faults);

/// <summary>Reads <see cref="DeviceOptions.Settings"/> into a connector's options class.</summary>
/// <remarks>
/// Names are matched without regard to case. Durations are written <c>00:00:01.5</c>, or as a number with its unit: <c>500ms</c>,
/// <c>2s</c>, <c>1m</c>, <c>1h</c>. Numbers may also stand as text, as forms send them.
/// </remarks>
public static class SettingsReader
{
    /// <summary>Reads all settings and finds every fault of form at once.</summary>
    public static SettingsReading<TOptions> Read<TOptions>(DeviceOptions device)
        where TOptions : new()
    {
        object options = new TOptions();
        var properties = SettingFields.PropertiesOf(typeof(TOptions)).ToList();
        var faults = new List<SettingFault>();
        foreach (var (name, node) in device.Settings)
        {
            var property = properties.Find(p => string.Equals(p.Name, name, StringComparison.OrdinalIgnoreCase));
            if (property is null)
            {
                faults.Add(new($"Settings.{name}", Unknown(name, device.Protocol, properties.Select(p => p.Name))));
            }
            else if (TryConvert(property.PropertyType, node, out var value, out var wanted))
            {
                property.SetValue(options, value);
            }
            else
            {
                faults.Add(new($"Settings.{property.Name}", $"is {node?.ToJsonString() ?? "null"}: give {wanted}."));
            }
        }

        return new((TOptions)options, faults);
    }

    private static string Unknown(string name, string protocol, IEnumerable<string> known)
    {
        var nearest = known.Select(k => (Name: k, Steps: Distance(k.ToUpperInvariant(), name.ToUpperInvariant()))).MinBy(k => k.Steps);
        var hint = nearest.Name is not null && nearest.Steps <= Math.Max(2, name.Length / 3) ? $": did you mean {nearest.Name}?" : ".";
        return $"is not a setting of {protocol}{hint}";
    }

    private static bool TryConvert(Type type, JsonNode? node, out object? value, out string wanted)
    {
        var text = node is JsonValue plain ? (plain.GetValueKind() == JsonValueKind.String ? plain.GetValue<string>() : plain.ToJsonString()) : null;
        var bare = Nullable.GetUnderlyingType(type) ?? type;
        value = null;
        wanted = "";
        if (node is null && bare != type)
        {
            return true;
        }

        if (bare == typeof(string))
        {
            wanted = "a text";
            value = node?.GetValueKind() == JsonValueKind.String ? text : null;
        }
        else if (bare == typeof(bool))
        {
            wanted = "true or false";
            value = bool.TryParse(text, out var truth) ? truth : null;
        }
        else if (bare == typeof(TimeSpan))
        {
            wanted = "a time such as 00:00:01.5, 500ms, 2s or 1m";
            value = ParseDuration(text);
        }
        else if (bare.IsEnum)
        {
            wanted = $"one of {string.Join(", ", Enum.GetNames(bare))}";
            value = Enum.GetNames(bare).FirstOrDefault(n => string.Equals(n, text, StringComparison.OrdinalIgnoreCase)) is { } name ? Enum.Parse(bare, name) : null;
        }
        else if (bare == typeof(double))
        {
            wanted = "a number";
            value = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;
        }
        else if (bare == typeof(int))
        {
            wanted = "a whole number";
            value = int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? whole : null;
        }
        else
        {
            throw new NotSupportedException($"An options class cannot hold a {bare.Name}.");
        }

        return value is not null;
    }

    /// <summary>Reads a duration; null when it is none.</summary>
    public static TimeSpan? ParseDuration(string? text)
    {
        if (text is null)
        {
            return null;
        }

        // A bare number would be days to .NET and milliseconds to most people: it must name its unit.
        if (text.Contains(':', StringComparison.Ordinal))
        {
            return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time) ? time : null;
        }

        var digits = text.TrimEnd([.. "mshd "]);
        TimeSpan? unit = text[digits.Length..].Trim() switch
        {
            "ms" => TimeSpan.FromMilliseconds(1),
            "s" => TimeSpan.FromSeconds(1),
            "m" => TimeSpan.FromMinutes(1),
            "h" => TimeSpan.FromHours(1),
            "d" => TimeSpan.FromDays(1),
            _ => null,
        };
        return double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var count) && Math.Abs(count) < 1e6 ? unit * count : null;
    }

    // Letters to add, drop or change to come from one word to the other.
    private static int Distance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var cost = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (from[i - 1] == to[j - 1] ? 0 : 1));
                diagonal = row[j];
                row[j] = cost;
            }
        }

        return row[^1];
    }
}
