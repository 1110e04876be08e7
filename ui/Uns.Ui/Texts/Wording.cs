using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Components;

namespace Uns.Ui.Texts;

/// <summary>The way from a text in a page to the same text in its reader's language.</summary>
public static class Wording
{
    /// <summary>A text.</summary>
    /// <param name="english">The text in English: its key in the resource files. Written out where it is used, so that a test finds it.</param>
    public static string T(string english) => Language.Current.Text(english);

    /// <summary>A whole sentence with values in it: <c>T($"{count} rows were left out.")</c> has the key <c>{0} rows were left out.</c> Numbers and times stay in their one form.</summary>
    public static string T(Sentence english) => string.Format(CultureInfo.InvariantCulture, Language.Current.Text(english.Key), english.Values);

    /// <summary>A whole sentence with marked up pieces in it, made by <see cref="Code"/>, <see cref="Strong"/> and <see cref="LinkTo"/>. Everything else in it is plain text, whatever it holds.</summary>
    public static MarkupString Rich(Sentence english)
    {
        var values = english.Values.Select(v => v is Piece piece ? piece.Html : v is string or not IFormattable ? WebUtility.HtmlEncode(v?.ToString()) : v).ToArray();
        return (MarkupString)string.Format(CultureInfo.InvariantCulture, WebUtility.HtmlEncode(Language.Current.Text(english.Key)), values);
    }

    /// <summary>A sentence that is made now and said later, by <see cref="T(Sentence)"/>, to whoever reads it then.</summary>
    public static Sentence Later(Sentence english) => english;

    /// <summary>A word out of a fixed set in a sentence that is said later.</summary>
    public static object Word(string english) => new LaterWord(english);

    /// <summary>A word out of a fixed set, such as a state or a quality: as it is where the language has none for it.</summary>
    public static string Named<TWord>(TWord word) => Language.Current.Text(word?.ToString() ?? "");

    /// <summary>What a device, a connector or the namespace tells in a sentence of its own: in the reader's language where the sentence is known, else as it is.</summary>
    public static string Reported(string? english) => english is null ? "" : FaultText.Of(english, Language.Current);

    /// <summary>The same within a sentence that is said later.</summary>
    public static object ReportedLater(string english) => new LaterReport(english);

    /// <summary>A connector's own words for a setting: its label or its help. A label that means something else elsewhere has a key of its own, <c>Unit (setting)</c>.</summary>
    public static string Setting(string english) => Language.Current.Texts.TryGetValue(english + " (setting)", out var own) ? own : Language.Current.Text(english);

    /// <summary>A piece of a sentence that is to be typed or found literally.</summary>
    public static Piece Code(string? text) => new($"<code>{WebUtility.HtmlEncode(text)}</code>");

    /// <summary>A piece of a sentence that stands out.</summary>
    public static Piece Strong(string? text) => new($"<strong>{WebUtility.HtmlEncode(text)}</strong>");

    /// <summary>A piece of a sentence that leads somewhere.</summary>
    /// <param name="address">Where to, within the hub.</param>
    /// <param name="text">What it reads.</param>
    public static Piece LinkTo(string address, string? text) => new($"<a href=\"{WebUtility.HtmlEncode(address)}\">{WebUtility.HtmlEncode(text)}</a>");

    private sealed record LaterWord(string English)
    {
        public override string ToString() => Language.Current.Text(English);
    }

    private sealed record LaterReport(string English)
    {
        public override string ToString() => Reported(English);
    }

    /// <summary>A marked up piece of a sentence.</summary>
    /// <param name="Html">Its markup, with its text made harmless.</param>
    public readonly record struct Piece(string Html);
}
