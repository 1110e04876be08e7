namespace Uns.Tree;

/// <summary>Where the mapping table is kept. Saving puts it in force at once; it survives a restart.</summary>
public interface IEquipmentMapBook
{
    /// <summary>The rows in the order in which they are tried.</summary>
    IReadOnlyList<EquipmentRule> Rules { get; }

    /// <summary>Checks and saves the whole table; every value moves to its place before this returns.</summary>
    /// <exception cref="ArgumentException">A row has a fault; nothing was saved. The message names the row.</exception>
    Task SaveAsync(IReadOnlyList<EquipmentRule> rules, CancellationToken cancellationToken);
}
