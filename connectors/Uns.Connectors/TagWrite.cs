using Uns.Tags;

namespace Uns.Connectors;

/// <summary>One of several writes that a connector may send together. Each has an end of its own.</summary>
/// <param name="tag">The tag's name.</param>
/// <param name="value">The raw value: scaling is undone already.</param>
public sealed class TagWrite(string tag, TagValue value)
{
    /// <summary>The tag's name.</summary>
    public string Tag { get; } = tag;

    /// <summary>The raw value.</summary>
    public TagValue Value { get; } = value;

    /// <summary>True once the device has confirmed it.</summary>
    public bool IsConfirmed { get; private set; }

    /// <summary>Why the device, or the tag's address, does not take it; null when it does, or has not been asked.</summary>
    public WriteRefusedException? Refusal { get; private set; }

    /// <summary>The device has confirmed it.</summary>
    public void Confirm() => IsConfirmed = true;

    /// <summary>The device, or the tag's address, does not take it.</summary>
    public void Refuse(WriteRefusedException refusal) => Refusal = refusal;
}
