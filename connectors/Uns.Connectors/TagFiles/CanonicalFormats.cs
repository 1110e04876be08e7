using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Uns.Tags;

namespace Uns.Connectors.TagFiles;

/// <summary>This software's own table: everything a tag has, sorted by path, one line each.</summary>
public sealed class CanonicalCsv : ITagFileFormat
{
    private static readonly string[] Columns =
    [
        "path", "name", "device", "address", "data_type", "scale", "offset", "clamp", "unit", "low", "high", "deadband", "deadband_percent", "period", "access", "write_min", "write_max",
        "writes_per_minute", "description", "instance_id", "browse_path",
    ];

    /// <inheritdoc/>
    public string Name => "Uns CSV";

    /// <inheritdoc/>
    public IReadOnlyList<TagRow>? Read(TagFileContent file) =>
        file.Table is { } table && table.Has("path", "name", "device", "address", "data_type", "instance_id")
            ? [.. table.Rows.Select(r => Read(new CellReader(table, r)))]
            : null;

    /// <summary>Writes the tags of some devices. Cells that a spreadsheet would take for a formula begin with an apostrophe.</summary>
    public static string Write(IEnumerable<DeviceOptions> devices)
    {
        var text = new StringBuilder().AppendJoin(',', Columns).Append("\r\n");
        foreach (var (device, tag) in devices.SelectMany(d => d.Tags.Select(t => (d.Name, Tag: t))).OrderBy(t => t.Name, StringComparer.Ordinal).ThenBy(t => t.Tag.Name, StringComparer.Ordinal))
        {
            var at = tag.Name.LastIndexOf('/');
            string[] cells =
            [
                at < 0 ? "" : tag.Name[..at], tag.Name[(at + 1)..], device, tag.Address, tag.DataType == DataType.Unknown ? "" : tag.DataType.ToString(),
                Number(tag.Factor), Number(tag.Offset), tag.Clamp ? "true" : "", tag.Unit, Number(tag.Low), Number(tag.High), Number(tag.Deadband), Number(tag.DeadbandPercent),
                tag.Period.ToString("c", CultureInfo.InvariantCulture), tag.Writable ? "RW" : "R", Number(tag.WriteMinimum), Number(tag.WriteMaximum),
                tag.WritesPerMinute.ToString(CultureInfo.InvariantCulture), tag.Description, tag.Id == Guid.Empty ? "" : tag.Id.ToString(),
                tag.BrowsePath,
            ];
            text.AppendJoin(',', cells.Select(Cell)).Append("\r\n");
        }

        return text.ToString();
    }

    private static TagRow Read(CellReader cells)
    {
        var folder = cells.Text("path").Trim('/');
        var period = TimeSpan.FromSeconds(1);
        if (cells.Text("period") is { Length: > 0 } text && !TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out period))
        {
            cells.Blame($"period is '{text}': give a time such as 00:00:01.");
        }

        var id = Guid.Empty;
        if (cells.Text("instance_id") is { Length: > 0 } written && !Guid.TryParse(written, out id))
        {
            cells.Blame($"instance_id is '{written}': give a UUID, or leave it empty.");
        }

        return cells.Row(
            new()
            {
                Id = id,
                Name = folder.Length == 0 ? cells.Text("name") : $"{folder}/{cells.Text("name")}",
                Address = cells.Text("address"),
                BrowsePath = cells.Text("browse_path"),
                DataType = cells.Type("data_type", TypeWords.Sparkplug),
                Factor = cells.Number("scale") ?? 1,
                Offset = cells.Number("offset") ?? 0,
                Clamp = cells.IsTrue("clamp"),
                Unit = cells.Text("unit"),
                Low = cells.Number("low"),
                High = cells.Number("high"),
                Deadband = cells.Number("deadband") ?? 0,
                DeadbandPercent = cells.Number("deadband_percent") ?? 0,
                WriteMinimum = cells.Number("write_min"),
                WriteMaximum = cells.Number("write_max"),
                WritesPerMinute = (int)Math.Clamp(cells.Number("writes_per_minute") ?? 0, -1, 601),
                Period = period,
                Writable = cells.Text("access").Contains('W', StringComparison.OrdinalIgnoreCase),
                Description = cells.Text("description"),
            },
            cells.Text("device"));
    }

    private static string Number(double? number) => number?.ToString("R", CultureInfo.InvariantCulture) ?? "";

    private static string Cell(string text)
    {
        // A spreadsheet runs what begins so; a number may begin with a minus.
        var isFormula = text.Length > 0 && (text[0] is '=' or '+' or '@' || (text[0] == '-' && !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _)));
        text = isFormula ? $"'{text}" : text;
        return text.AsSpan().IndexOfAny(",\"\r\n") >= 0 || text != text.Trim() ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }
}

/// <summary>This software's own JSON: the devices as they are saved.</summary>
public sealed class CanonicalJson : ITagFileFormat
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <inheritdoc/>
    public string Name => "Uns JSON";

    /// <inheritdoc/>
    public IReadOnlyList<TagRow>? Read(TagFileContent file)
    {
        var devices = file.Json switch
        {
            JsonObject one when one.ContainsKey("protocol") && one["tags"] is JsonArray => [one],
            JsonArray many when many.Count > 0 && many.All(n => n is JsonObject o && o.ContainsKey("protocol") && o["tags"] is JsonArray) => many.OfType<JsonObject>(),
            _ => null,
        };
        if (devices is null)
        {
            return null;
        }

        var rows = new List<TagRow>();
        foreach (var device in devices)
        {
            foreach (var tag in (JsonArray)device["tags"]!)
            {
                rows.Add(Read(tag, rows.Count + 1, device["name"]?.ToString() ?? ""));
            }
        }

        return rows;
    }

    /// <summary>Writes some devices with their settings and tags.</summary>
    public static string Write(IEnumerable<DeviceOptions> devices) =>
        JsonSerializer.Serialize(devices.Select(d => d with { Tags = [.. d.Tags.OrderBy(t => t.Name, StringComparer.Ordinal)] }), Options);

    private static TagRow Read(JsonNode? tag, int number, string device)
    {
        try
        {
            return new(number, tag.Deserialize<TagOptions>(Options) ?? new(), tag is null ? "it is null." : null) { Device = device };
        }
        catch (JsonException faulty)
        {
            var name = tag is JsonObject named ? named["name"]?.ToString() ?? "" : "";
            return new(number, new() { Name = name }, $"{faulty.Path}: {faulty.Message}") { Device = device };
        }
    }
}
