namespace Uns.Connectors;

/// <summary>Who a device says it is.</summary>
/// <param name="Facts">Such as vendor, product, firmware, state; in the order in which people ask for them. Empty when it tells nothing.</param>
/// <param name="Silence">Why it tells nothing, in one sentence; null when it told something.</param>
public sealed record DeviceIdentity(IReadOnlyList<IdentityFact> Facts, string? Silence = null)
{
    /// <summary>The facts in one line.</summary>
    public override string ToString() => Facts.Count == 0 ? Silence ?? "The device tells nothing about itself." : string.Join(", ", Facts) + ".";
}

/// <summary>One thing a device says about itself.</summary>
/// <param name="Name">What it is, e.g. <c>Firmware</c>.</param>
/// <param name="Value">As the device wrote it, trimmed, at most 128 characters.</param>
public readonly record struct IdentityFact(string Name, string Value)
{
    /// <summary>Name and value.</summary>
    public override string ToString() => $"{Name} {Value}";
}
