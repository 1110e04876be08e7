using System.Text.Json;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.UnitTests.Tree;

public sealed class ValueSchemaTests
{
    [Fact]
    public void The_schema_names_what_a_message_may_hold_and_nothing_else()
    {
        var schema = JsonDocument.Parse(File.ReadAllText(Path.Combine(PeerProcess.Root(), "schemas", "uns-value.schema.json"))).RootElement;
        Assert.Equal(["value", "timestamp", "quality", "reason", "note", "unit", "movedTo", "movedUntil"], schema.GetProperty("properties").EnumerateObject().Select(p => p.Name));
        Assert.Equal(["value", "timestamp", "quality"], schema.GetProperty("required").EnumerateArray().Select(r => r.GetString()));
        var qualities = schema.GetProperty("properties").GetProperty("quality").GetProperty("enum").EnumerateArray().Select(q => q.GetString());
        Assert.Equal(Enum.GetNames<TagQuality>().Order(StringComparer.Ordinal), qualities.Order(StringComparer.Ordinal));
    }
}
