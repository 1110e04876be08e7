using System.Text.Json.Nodes;
using Uns.Connectors;

namespace Uns.Ui.Changes;

/// <summary>Brings two people's changes of one device together. Pure.</summary>
public static class DeviceMerge
{
    /// <summary>Takes every change of both; where both changed one thing differently, the one that is asked for wins and the clash is named.</summary>
    /// <param name="opened">The device from which both began; null when neither knew it.</param>
    /// <param name="mine">What one made of it.</param>
    /// <param name="theirs">What the other made of it.</param>
    /// <param name="mineWins">Whose word counts where both changed the same.</param>
    /// <returns>The device with both changes, and what both changed, in words.</returns>
    public static (DeviceOptions Device, IReadOnlyList<string> Clashes) Merge(DeviceOptions? opened, DeviceOptions mine, DeviceOptions theirs, bool mineWins)
    {
        var clashes = new List<string>();
        var known = opened?.Tags.Select(t => t.Id).ToHashSet() ?? [];
        var merged = Merge(opened is null ? [] : Tree(opened, known), Tree(mine, known), Tree(theirs, known), "", clashes, mineWins);
        var tags = (JsonObject)merged["tags"]!;
        merged["tags"] = new JsonArray([.. tags.Select(t => t.Value!.DeepClone())]);
        return (PlantJson.Read<DeviceOptions>(merged.ToJsonString(PlantJson.Options)), clashes);
    }

    // The tags by their identity, so that two people's tags are told apart wherever they stand in the list; new ones by name, so that one which both added is one.
    private static JsonObject Tree(DeviceOptions device, HashSet<Guid> known)
    {
        var tree = PlantJson.Tree(device with { Tags = [] });
        var tags = new JsonObject();
        foreach (var tag in device.Tags)
        {
            tags[tag.Id == Guid.Empty || !known.Contains(tag.Id) ? "new " + tag.Name.ToUpperInvariant() : tag.Id.ToString("N")] = PlantJson.Tree(tag);
        }

        tree["tags"] = tags;
        return tree;
    }

    private static JsonObject Merge(JsonObject opened, JsonObject mine, JsonObject theirs, string at, List<string> clashes, bool mineWins)
    {
        var result = new JsonObject();
        foreach (var name in mine.Select(f => f.Key).Union(theirs.Select(f => f.Key), StringComparer.Ordinal).Union(opened.Select(f => f.Key), StringComparer.Ordinal))
        {
            var (was, one, other) = (opened[name], mine[name], theirs[name]);
            var where = at.Length > 0 ? $"{at} {name}" : name;
            var kept = name == "id" && other is not null ? other // Whose was there first.
                : Same(one, was) ? other
                : Same(other, was) || Same(one, other) ? one
                : one is JsonObject mineBelow && other is JsonObject theirsBelow ? Merge(was as JsonObject ?? [], mineBelow, theirsBelow, Name(name, mineBelow, at), clashes, mineWins)
                : Clash(where, was, one, other, clashes, mineWins);
            if (kept is not null)
            {
                result[name] = kept.DeepClone();
            }
        }

        return result;
    }

    private static string Name(string key, JsonObject below, string at) => at == "tags" ? PlantJson.Text(below["name"]) : key;

    private static JsonNode? Clash(string where, JsonNode? was, JsonNode? mine, JsonNode? theirs, List<string> clashes, bool mineWins)
    {
        var name = where.StartsWith("tags ", StringComparison.Ordinal) ? T($"tag {PlantJson.Text(((was ?? mine ?? theirs) as JsonObject)?["name"])}") : where;
        clashes.Add(T($"{name}: yours is {Shown(mine)}, theirs is {Shown(theirs)}"));
        return mineWins ? mine : theirs;
    }

    private static string Shown(JsonNode? value) => value is null ? T("gone") : value is JsonObject ? T("changed") : PlantJson.Text(value) is { Length: > 0 } text ? text : T("empty");

    private static bool Same(JsonNode? one, JsonNode? other) =>
        one is JsonObject or JsonArray || other is JsonObject or JsonArray ? JsonNode.DeepEquals(one, other) : (one is null) == (other is null) && PlantJson.Text(one) == PlantJson.Text(other);
}
