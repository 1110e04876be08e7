namespace Uns.Connectors;

/// <summary>The words a form shows for one property of a connector's options class.</summary>
/// <param name="label">The name for people.</param>
/// <param name="help">One sentence: what it is, range and unit.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SettingAttribute(string label, string help) : Attribute
{
    /// <summary>The name for people.</summary>
    public string Label { get; } = label;

    /// <summary>One sentence: what it is, range and unit.</summary>
    public string Help { get; } = help;

    /// <summary>True for a password or key: a form hides it, and no answer of an API shows it.</summary>
    public bool IsSecret { get; init; }
}
