namespace Uns.Tree;

/// <summary>The mapping table in force. It survives a restart, and is changed together with all else that is set.</summary>
public interface IEquipmentMapBook
{
    /// <summary>The rows in the order in which they are tried.</summary>
    IReadOnlyList<EquipmentRule> Rules { get; }
}
