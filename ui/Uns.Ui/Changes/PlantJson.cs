using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Uns.Ui.Changes;

/// <summary>How settings are written where they are compared, kept as versions, and carried to another box.</summary>
public static class PlantJson
{
    /// <summary>Camel case, words for enumerations, unknown members refused by name.</summary>
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        PropertyNameCaseInsensitive = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>One thing as text.</summary>
    public static string Write<T>(T thing) => JsonSerializer.Serialize(thing, Options);

    /// <summary>One thing from text.</summary>
    /// <exception cref="JsonException">It is not such a thing.</exception>
    public static T Read<T>(string text) => JsonSerializer.Deserialize<T>(text, Options) ?? throw new JsonException("There is nothing.");

    /// <summary>One thing as an object whose members can be compared.</summary>
    public static JsonObject Tree<T>(T thing) => (JsonObject)JsonSerializer.SerializeToNode(thing, Options)!;

    /// <summary>True when two things are written alike.</summary>
    public static bool Same<T>(T one, T other) => ReferenceEquals(one, other) || string.Equals(Write(one), Write(other), StringComparison.Ordinal);

    /// <summary>A value as people write it: <c>502</c> is <c>"502"</c>; nothing is empty.</summary>
    public static string Text(JsonNode? value) => value is null ? "" : value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString(Options);

    /// <summary>A short name for a text that no other text has.</summary>
    public static string Mark(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
}
