using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Uns.Tags;

namespace Uns.Connectors.TagFiles;

/// <summary>Ignition 8's tag export: a tree of folders, tags and instances of types. Parameters in braces are filled in.</summary>
internal sealed class IgnitionJson : ITagFileFormat
{
    private const int Deepest = 32;

    public string Name => "Ignition 8 JSON";

    public IReadOnlyList<TagRow>? Read(TagFileContent file)
    {
        var roots = file.Json switch
        {
            JsonObject one when one.ContainsKey("tags") || one.ContainsKey("tagType") => [one],
            JsonArray many when many.Count > 0 && many.All(n => n is JsonObject o && o.ContainsKey("name") && (o.ContainsKey("tagType") || o.ContainsKey("opcItemPath"))) => many.OfType<JsonObject>().ToArray(),
            _ => null,
        };
        if (roots is null)
        {
            return null;
        }

        var walk = new Walk();
        foreach (var root in roots)
        {
            walk.Collect(root, "");
        }

        foreach (var root in roots)
        {
            walk.Visit(root, "", [], 0, isRoot: true);
        }

        return walk.Rows;
    }

    private static string Text(JsonObject node, string name) => node[name] switch
    {
        JsonValue value => value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString(),
        // A value bound to a parameter.
        JsonObject bound => bound["binding"]?.ToString() ?? bound["value"]?.ToString() ?? "",
        _ => "",
    };

    private static double? Number(JsonObject node, string name) =>
        double.TryParse(Text(node, name), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    private sealed class Walk
    {
        private readonly Dictionary<string, JsonObject> _types = new(StringComparer.Ordinal);

        public List<TagRow> Rows { get; } = [];

        public void Collect(JsonObject node, string path)
        {
            var name = Text(node, "name");
            var here = path.Length == 0 ? name : $"{path}/{name}";
            if (Text(node, "tagType") == "UdtType")
            {
                _types[here.Replace("_types_/", "", StringComparison.Ordinal)] = node;
                _types.TryAdd(name, node);
            }

            foreach (var child in Children(node))
            {
                Collect(child, Text(node, "tagType") == "Provider" ? "" : here);
            }
        }

        public void Visit(JsonObject node, string path, Dictionary<string, string> parameters, int depth, bool isRoot = false)
        {
            var kind = Text(node, "tagType");
            if (kind == "UdtType" || depth > Deepest)
            {
                return;
            }

            var name = Fill(Text(node, "name"), parameters);
            var isNameless = kind == "Provider" || (isRoot && name.Length == 0);
            var here = isNameless ? "" : path.Length == 0 ? name : $"{path}/{name}";
            if (kind == "UdtInstance")
            {
                VisitInstance(node, here, parameters, depth);
                return;
            }

            if (kind is "AtomicTag" || (kind.Length == 0 && node.ContainsKey("opcItemPath")))
            {
                Rows.Add(Tag(node, here, parameters));
            }

            foreach (var child in Children(node))
            {
                Visit(child, here, parameters, depth + 1);
            }
        }

        // The type's own tags first, what the instance says of them over it.
        private void VisitInstance(JsonObject node, string here, Dictionary<string, string> parameters, int depth)
        {
            var id = Text(node, "typeId");
            if (!_types.TryGetValue(id, out var type) && !_types.TryGetValue(id[(id.LastIndexOf('/') + 1)..], out type))
            {
                Rows.Add(new(Rows.Count + 1, new() { Name = here }, $"its type '{id}' is not in the file: export the type along with it."));
                return;
            }

            var filled = new Dictionary<string, string>(parameters, StringComparer.Ordinal) { ["InstanceName"] = Text(node, "name") };
            foreach (var source in new[] { type, node })
            {
                foreach (var (name, value) in source["parameters"] as JsonObject ?? [])
                {
                    filled[name] = Fill(value is JsonObject typed ? typed["value"]?.ToString() ?? "" : value?.ToString() ?? "", parameters);
                }
            }

            var own = Children(node).ToDictionary(c => Text(c, "name"), StringComparer.Ordinal);
            foreach (var child in Children(type))
            {
                var merged = (JsonObject)child.DeepClone();
                if (own.Remove(Text(child, "name"), out var over))
                {
                    foreach (var (name, value) in over)
                    {
                        merged[name] = value?.DeepClone();
                    }
                }

                Visit(merged, here, filled, depth + 1);
            }

            foreach (var extra in own.Values)
            {
                Visit(extra, here, filled, depth + 1);
            }
        }

        private TagRow Tag(JsonObject node, string path, Dictionary<string, string> parameters)
        {
            var (device, address) = OpcItemPath.Split(Fill(Text(node, "opcItemPath"), parameters));
            var word = Text(node, "dataType");
            var type = word.Length == 0 ? DataType.Unknown : TypeWords.Ignition(word);
            var source = Text(node, "valueSource");
            var fault = source is not ("" or "opc") ? $"a tag whose value comes from '{source}' has no address in a device."
                : address.Length == 0 ? "it has no opcItemPath."
                : type is null ? $"dataType is '{word}', which is no type known here." : null;
            var isRange = Number(node, "engLow") is { } low && Number(node, "engHigh") is { } high && low < high;
            var tag = new TagOptions { Name = path, Address = address };
            return new(Rows.Count + 1, fault is not null ? tag : tag with
            {
                DataType = type ?? DataType.Unknown,
                Writable = Text(node, "readOnly") != "true",
                Deadband = Math.Max(0, Number(node, "deadband") ?? 0),
                Low = isRange ? Number(node, "engLow") : null,
                High = isRange ? Number(node, "engHigh") : null,
                Unit = Text(node, "engUnit"),
                Description = Text(node, "documentation").Length > 0 ? Text(node, "documentation") : Text(node, "tooltip"),
            }, fault)
            { Device = device };
        }

        private static IEnumerable<JsonObject> Children(JsonObject node) => (node["tags"] as JsonArray ?? []).OfType<JsonObject>();

        private static string Fill(string text, Dictionary<string, string> parameters) =>
            text.Contains('{', StringComparison.Ordinal) ? parameters.Aggregate(text, (t, p) => t.Replace($"{{{p.Key}}}", p.Value, StringComparison.Ordinal)) : text;
    }
}
