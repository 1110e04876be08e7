using System.Text.Json;
using System.Text.Json.Serialization;
using Uns.Sparkplug.Host;
using Uns.Tags;
using Uns.Tree;

namespace Uns.Hub.Api;

/// <summary>One node as the API shows it.</summary>
internal sealed record NodeView
{
    public required string Path { get; init; }

    public required string Name { get; init; }

    /// <summary>Enterprise, Site, Area, Line, Cell, Equipment, Folder or Tag; Root for the empty path.</summary>
    public required string Level { get; init; }

    [JsonConverter(typeof(TagValueConverter))]
    public TagValue? Value { get; init; }

    public string? Timestamp { get; init; }

    public TagQuality? Quality { get; init; }

    public string? QualitySince { get; init; }

    public string? Reason { get; init; }

    /// <summary>What is to be known beside the quality: the clock of the value's edge node is far off.</summary>
    public string? Note { get; init; }

    /// <summary>Seconds since the source time of the value.</summary>
    public double? AgeSeconds { get; init; }

    public DataType? DataType { get; init; }

    public string? Unit { get; init; }

    public string? Description { get; init; }

    public double? Low { get; init; }

    public double? High { get; init; }

    public bool? Writable { get; init; }

    public SourceView? Source { get; init; }

    /// <summary>The path at which it stands now, when it was asked for by an old one.</summary>
    public string? MovedTo { get; init; }

    /// <summary>Where the value stood before, and until when the old topics go on; missing for what never moved.</summary>
    public IReadOnlyList<FormerPlace>? Formerly { get; init; }

    public required IReadOnlyList<ChildView> Children { get; init; }

    public static NodeView Of(UnsNode node, DateTimeOffset now)
    {
        var current = node.Current;
        return new NodeView
        {
            Path = node.Path,
            Name = node.Name,
            Level = node.Depth < 0 ? "Root" : node.Level,
            Value = current?.Value,
            Timestamp = current is null ? null : ValuePayload.Iso(current.Timestamp),
            Quality = current?.Quality,
            QualitySince = current is null ? null : ValuePayload.Iso(current.QualitySince),
            Reason = current?.Reason,
            Note = current is null ? null : node.Note,
            AgeSeconds = current is null ? null : Math.Round((now - current.Timestamp).TotalSeconds, 3),
            DataType = current?.Value.Type,
            Unit = node.Definition?.Unit is { Length: > 0 } unit ? unit : null,
            Description = node.Definition?.Description is { Length: > 0 } description ? description : null,
            Low = node.Definition?.Low,
            High = node.Definition?.High,
            Writable = current is null ? null : node.Definition?.Writable ?? false,
            Source = node.Source is { } source ? SourceView.Of(source) : null,
            Formerly = node.Formerly.Count > 0 ? node.Formerly : null,
            Children = [.. node.Children.Select(c => ChildView.Of(c, now))],
        };
    }
}

/// <summary>One child of a node, with its value where it has one.</summary>
internal sealed record ChildView(string Name, string Path, string Level, bool HasChildren, ValueView? Current)
{
    public static ChildView Of(UnsNode node, DateTimeOffset now) => new(node.Name, node.Path, node.Level, node.Children.Count > 0, ValueView.Of(node, now));
}

/// <summary>One value with its path.</summary>
internal sealed record ValueView
{
    public required string Path { get; init; }

    [JsonConverter(typeof(TagValueConverter))]
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public TagValue? Value { get; init; }

    public required string Timestamp { get; init; }

    public required TagQuality Quality { get; init; }

    public string? Reason { get; init; }

    /// <summary>What is to be known beside the quality: the clock of the value's edge node is far off.</summary>
    public string? Note { get; init; }

    public string? Unit { get; init; }

    public required double AgeSeconds { get; init; }

    public static ValueView? Of(UnsNode node, DateTimeOffset now) => node.Current is not { } current ? null : new ValueView
    {
        Path = node.Path,
        Value = current.Value,
        Timestamp = ValuePayload.Iso(current.Timestamp),
        Quality = current.Quality,
        Reason = current.Reason,
        Note = node.Note,
        Unit = node.Definition?.Unit is { Length: > 0 } unit ? unit : null,
        AgeSeconds = Math.Round((now - current.Timestamp).TotalSeconds, 3),
    };
}

/// <summary>Where a value comes from, in Sparkplug's terms.</summary>
internal sealed record SourceView(string Group, string Node, string? Device, string Metric)
{
    public static SourceView Of(MetricKey key) => new(key.Node.GroupId, key.Node.NodeId, key.Device, key.Name);
}

/// <summary>Writes a value as <see cref="TagValueJson"/> does everywhere.</summary>
internal sealed class TagValueConverter : JsonConverter<TagValue?>
{
    public override bool HandleNull => true;

    public override TagValue? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Values are read by the tag's own type, never by this converter.");

    public override void Write(Utf8JsonWriter writer, TagValue? value, JsonSerializerOptions options) => TagValueJson.Write(writer, value ?? default);
}
