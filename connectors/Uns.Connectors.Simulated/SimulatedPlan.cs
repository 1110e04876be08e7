using System.Globalization;
using Uns.Tags;

namespace Uns.Connectors.Simulated;

/// <summary>One made-up tag.</summary>
/// <param name="Name">The tag's name.</param>
/// <param name="Address">Its course.</param>
/// <param name="Type">Type of its value.</param>
internal sealed record SimulatedTag(string Name, SimulatedAddress Address, DataType Type)
{
    /// <summary>The value of a number; null of the type when it does not fit.</summary>
    public TagValue ValueOf(double number) => Type switch
    {
        DataType.Boolean => TagValue.Of(number != 0 && number >= (Address.Signal.Low + Address.Signal.High) / 2),
        DataType.String => TagValue.Of(Math.Round(number, 3).ToString(CultureInfo.InvariantCulture)),
        _ => TagNumber.TryMake(Type, Type is DataType.Float or DataType.Double ? number : Math.Round(number), out var made) ? made : TagValue.Null(Type),
    };
}

/// <summary>Which tags are read together: those of one period. Worked out once, immutable.</summary>
internal sealed class SimulatedPlan
{
    private readonly IReadOnlyList<int>[] _byGroup;

    private SimulatedPlan(SimulatedOptions options, IReadOnlyList<SimulatedTag> tags, IReadOnlyList<PollGroup> groups, IReadOnlyList<int>[] byGroup)
    {
        Options = options;
        Tags = tags;
        Groups = groups;
        _byGroup = byGroup;
    }

    public SimulatedOptions Options { get; }

    /// <summary>In the order of the options.</summary>
    public IReadOnlyList<SimulatedTag> Tags { get; }

    public IReadOnlyList<PollGroup> Groups { get; }

    /// <summary>The places of a group's tags.</summary>
    public IReadOnlyList<int> TagsOf(int group) => _byGroup[group];

    /// <summary>Makes the plan; only for tags without faults.</summary>
    public static SimulatedPlan Make(SimulatedOptions options, IReadOnlyList<TagOptions> tags)
    {
        var groups = tags.Select((t, i) => (t.Period, Place: i)).GroupBy(t => t.Period, t => t.Place).OrderBy(g => g.Key).ToList();
        return new(options, [.. tags.Select(t => Tag(options, t))], [.. groups.Select((g, i) => new PollGroup(i, g.Key))], [.. groups.Select(g => g.ToArray())]);
    }

    /// <summary>The type of a tag's value: its own, else a double.</summary>
    public static DataType TypeOf(TagOptions tag) => tag.DataType == DataType.Unknown ? DataType.Double : tag.DataType;

    private static SimulatedTag Tag(SimulatedOptions options, TagOptions tag)
    {
        var fault = SimulatedAddressReader.Read(tag.Address, out var address);
        return address is null
            ? throw new ArgumentException($"Address {fault}", nameof(tag))
            : new(tag.Name, address with { Signal = address.Signal with { Seed = address.Signal.Seed + options.Seed } }, TypeOf(tag));
    }
}
