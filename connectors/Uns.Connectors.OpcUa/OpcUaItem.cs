using Uns.Connectors.OpcUa.Wire;
using Uns.Tags;

namespace Uns.Connectors.OpcUa;

/// <summary>One tag as the plan has worked it out.</summary>
/// <param name="Tag">Its name.</param>
/// <param name="Address">The node; null where the address is a path.</param>
/// <param name="Path">The way to it by names; null where none was saved.</param>
/// <param name="DataType">What the tag holds.</param>
/// <param name="Period">Longest time until a change is seen.</param>
internal sealed record OpcUaItem(string Tag, NodeId? Address, BrowsePath? Path, DataType DataType, TimeSpan Period)
{
    /// <summary>Half the period: a change waits for a sample and then for the publishing, and both together must not take longer than the period.</summary>
    public TimeSpan Sampling => Period / 2;

    /// <summary>The change of the raw value below which the server need tell nothing; 0 for none.</summary>
    public double Deadband { get; init; }

    /// <summary>True when its values are scaled: what is written may then be rounded to the node's nearest step.</summary>
    public bool IsScaled { get; init; }

    /// <summary>The address as the user knows it.</summary>
    public string Written => Address?.ToString() ?? Path?.ToString() ?? "";

    /// <summary>Works a tag out.</summary>
    /// <returns>Null when all is well; else the setting and what is wrong with it.</returns>
    public static SettingFault? Read(TagOptions tag, out OpcUaItem item)
    {
        item = null!;
        BrowsePath? path = null;
        NodeId? address = null;
        if (tag.BrowsePath.Length > 0 && !BrowsePath.TryParse(tag.BrowsePath, out path, out var fault))
        {
            return new(nameof(tag.BrowsePath), fault);
        }

        if (tag.Address.TrimStart().StartsWith('/'))
        {
            if (!BrowsePath.TryParse(tag.Address, out path, out fault))
            {
                return new(nameof(tag.Address), fault);
            }
        }
        else if (NodeId.TryParse(tag.Address, out var id, out fault))
        {
            address = id;
        }
        else
        {
            return new(nameof(tag.Address), fault);
        }

        item = new(tag.Name, address, path, tag.DataType, tag.Period) { Deadband = DeadbandOf(tag), IsScaled = !new Scaling(tag.Factor, tag.Offset).IsNone };
        return null;
    }

    // In the server's own units: it compares what it has before our scaling. Numbers alone have one. [OPC 10000-4, 7.22.2]
    private static double DeadbandOf(TagOptions tag)
    {
        var wide = tag.DeadbandPercent > 0 && tag is { Low: { } low, High: { } high } ? tag.DeadbandPercent / 100 * (high - low) : tag.Deadband;
        return tag.DataType is >= DataType.Int8 and <= DataType.Double && double.IsFinite(wide / tag.Factor) ? Math.Abs(wide / tag.Factor) : 0;
    }
}
