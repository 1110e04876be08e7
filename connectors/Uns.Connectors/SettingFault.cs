namespace Uns.Connectors;

/// <summary>One thing wrong with what the user wrote.</summary>
/// <param name="Path">The setting, e.g. <c>Port</c> or <c>Tags[3].Address</c>.</param>
/// <param name="Message">The rest of the sentence: the value found and the value wanted, e.g. <c>is 70000: give 1 to 65535.</c></param>
public readonly record struct SettingFault(string Path, string Message)
{
    /// <summary>The whole sentence.</summary>
    public override string ToString() => $"{Path} {Message}";
}
