using System.Collections.Frozen;
using System.Resources;

namespace Uns.Ui.Texts;

/// <summary>A language in which the pages can be read, with all its texts.</summary>
/// <remarks>The texts are the resource files in this folder: <c>Home.resx</c> in English, <c>Home.zh-Hans.resx</c> in Chinese, and so on. A key is the English text itself.</remarks>
public sealed class Language
{
    private static readonly AsyncLocal<Language?> Here = new();
    private readonly FrozenDictionary<string, string> _texts;

    private Language(string code, string name, bool isNeutral)
    {
        (Code, Name) = (code, name);
        _texts = Read(isNeutral ? "" : "." + code).ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>English: the language of whoever asks for none that is here, of the log and of the API.</summary>
    public static Language English { get; } = new("en", "English", isNeutral: true);

    /// <summary>Simplified Chinese.</summary>
    public static Language Chinese { get; } = new("zh-Hans", "简体中文", isNeutral: false);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Language> All { get; } = [English, Chinese];

    /// <summary>The language of whoever reads what is drawn now. It goes with the flow of the work: from the request or the page's connection into all that it starts.</summary>
    public static Language Current => Here.Value ?? English;

    /// <summary>Its code, as BCP 47 has it.</summary>
    public string Code { get; }

    /// <summary>Its name, in itself.</summary>
    public string Name { get; }

    /// <summary>Its keys and texts.</summary>
    public IReadOnlyDictionary<string, string> Texts => _texts;

    /// <summary>The language of a code; null when it is not one of ours.</summary>
    public static Language? Find(string? code) => All.FirstOrDefault(l => l.Code.Equals(code, StringComparison.OrdinalIgnoreCase));

    /// <summary>Which language a reader gets.</summary>
    /// <param name="asked">What the address asks for; counts first.</param>
    /// <param name="kept">What was chosen before, and kept by the browser.</param>
    /// <param name="accepted">The browser's <c>Accept-Language</c> (RFC 9110, 12.5.4): Chinese of any kind gets the Chinese that there is.</param>
    public static Language Of(string? asked, string? kept, string? accepted)
    {
        if ((Find(asked) ?? Find(kept)) is { } chosen)
        {
            return chosen;
        }

        var best = (Language: English, Weight: 0.0);
        foreach (var part in (accepted ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var semicolon = part.IndexOf(';', StringComparison.Ordinal);
            var range = semicolon < 0 ? part : part[..semicolon].TrimEnd();
            var weight = semicolon < 0 ? 1
                : part[(semicolon + 1)..].Trim() is ['q' or 'Q', '=', .. var given] && double.TryParse(given, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : 0;
            var language = range.Split('-')[0].ToUpperInvariant() switch { "ZH" => Chinese, "EN" => English, _ => null };
            if (language is not null && weight > best.Weight)
            {
                best = (language, weight);
            }
        }

        return best.Language;
    }

    /// <summary>Makes it the current one for what follows, until what is given back is disposed of.</summary>
    public IDisposable Use()
    {
        var before = Here.Value;
        Here.Value = this;
        return new Scope(before);
    }

    /// <summary>The text of a key; the key itself, which is English, where there is none.</summary>
    public string Text(string key) => _texts.GetValueOrDefault(key, key);

    private static Dictionary<string, string> Read(string suffix)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        var room = typeof(Language).Assembly;
        foreach (var name in room.GetManifestResourceNames().Where(n => n.EndsWith(".resources", StringComparison.Ordinal)))
        {
            var file = name[(typeof(Language).Namespace!.Length + 1)..^".resources".Length];
            if (suffix.Length == 0 ? file.Contains('.', StringComparison.Ordinal) : !file.EndsWith(suffix, StringComparison.Ordinal))
            {
                continue;
            }

            using var reader = new ResourceReader(room.GetManifestResourceStream(name)!);
            foreach (System.Collections.DictionaryEntry text in reader)
            {
                texts.Add((string)text.Key, (string)text.Value!);
            }
        }

        return texts;
    }

    private sealed class Scope(Language? before) : IDisposable
    {
        public void Dispose() => Here.Value = before;
    }
}
