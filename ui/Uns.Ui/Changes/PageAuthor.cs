using Uns.Ui.Access;

namespace Uns.Ui.Changes;

/// <summary>The name of whoever sits before a page, written beside each change: who signed in; while nobody is asked, the name that was typed once and kept by the browser.</summary>
public sealed class PageAuthor(Visitor visitor)
{
    /// <summary>Longest name.</summary>
    public const int MaximumLength = 60;

    /// <summary>The name in the log while none was typed.</summary>
    public const string Unnamed = "somebody at a page";

    /// <summary>What was typed; empty when nothing was.</summary>
    public string Typed { get; private set; } = "";

    /// <summary>The name for the log.</summary>
    public string Name => visitor.Now is { Kind: not CallerKind.Anybody } caller ? caller.LogName : Typed.Length > 0 ? Typed : Unnamed;

    /// <summary>Takes a name.</summary>
    public void Take(string? name) => Typed = Clean(name);

    /// <summary>A name that a log can hold: no control characters, not longer than allowed.</summary>
    public static string Clean(string? name)
    {
        var plain = string.Concat((name ?? "").EnumerateRunes().Where(r => !System.Text.Rune.IsControl(r)).Take(MaximumLength)).Trim();
        return plain;
    }
}
