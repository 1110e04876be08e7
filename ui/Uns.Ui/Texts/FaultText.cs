using System.Collections.Concurrent;
using System.Globalization;
using System.Resources;

namespace Uns.Ui.Texts;

/// <summary>
/// Sentences that come from the rooms below in English, such as why a device is not read, in the language of their reader. Those rooms know no languages: a sentence is
/// known by its shape, which is a key of <c>Faults.resx</c>, and what stands in its places is put into the same sentence in the other language.
/// </summary>
/// <remarks>What no shape fits stays English, whole or in its place. Pure; safe to call from many threads.</remarks>
internal static class FaultText
{
    private const int Deepest = 4; // A sentence may stand in another one's place, as the reason of a reason does.
    private const int LongestText = 2000;
    private const int MostKept = 4096;

    private static readonly Shape[] Shapes = [.. Keys().Select(key => new Shape(key)).OrderByDescending(s => s.Weight).ThenBy(s => s.Key, StringComparer.Ordinal)];
    private static readonly ConcurrentDictionary<(string Language, string English), string> Kept = new();

    /// <summary>The keys: sentences with numbered places.</summary>
    public static IReadOnlyList<string> All => [.. Shapes.Select(s => s.Key)];

    /// <summary>A sentence in a language.</summary>
    public static string Of(string english, Language language)
    {
        if (language == Language.English || english.Length is 0 or > LongestText)
        {
            return english;
        }

        var asked = (language.Code, english);
        if (Kept.TryGetValue(asked, out var known))
        {
            return known;
        }

        var found = Of(english, language, 0);
        if (Kept.Count >= MostKept)
        {
            Kept.Clear(); // Values in sentences change without end: what is said now is soon there again.
        }

        return Kept[asked] = found;
    }

    private static string Of(string english, Language language, int depth)
    {
        foreach (var shape in depth < Deepest ? Shapes : [])
        {
            if (shape.Places(english) is { } values)
            {
                return string.Format(CultureInfo.InvariantCulture, language.Text(shape.Key), values.Select(v => (object?)Of(v, language, depth + 1)).ToArray());
            }
        }

        return language.Text(english);
    }

    private static List<string> Keys()
    {
        var room = typeof(FaultText).Assembly;
        var keys = new List<string>();
        using var reader = new ResourceReader(room.GetManifestResourceStream($"{typeof(FaultText).Namespace}.Faults.resources")!);
        foreach (System.Collections.DictionaryEntry text in reader)
        {
            keys.Add((string)text.Key);
        }

        return keys;
    }

    // A key, taken apart into what stands before, between and behind its places.
    private sealed class Shape
    {
        private readonly string[] _pieces;

        public Shape(string key)
        {
            Key = key;
            var pieces = new List<string>();
            var rest = key;
            for (var place = 0; rest.IndexOf($"{{{place}}}", StringComparison.Ordinal) is >= 0 and var at; place++)
            {
                pieces.Add(rest[..at]);
                rest = rest[(at + 2 + place.ToString(CultureInfo.InvariantCulture).Length)..];
            }

            _pieces = [.. pieces, rest];
            Weight = _pieces.Sum(p => p.Length);
        }

        public string Key { get; }

        /// <summary>How much of the sentence is its own: of two that fit the one with more is meant.</summary>
        public int Weight { get; }

        /// <summary>What stands in the places of a sentence of this shape, none of it empty; null for another sentence. Takes time in proportion to the sentence.</summary>
        public string[]? Places(string text)
        {
            var (first, last) = (_pieces[0], _pieces[^1]);
            if (_pieces.Length == 1)
            {
                return text == first ? [] : null;
            }

            if (text.Length < Weight + _pieces.Length - 1 || !text.StartsWith(first, StringComparison.Ordinal) || !text.EndsWith(last, StringComparison.Ordinal))
            {
                return null;
            }

            var values = new string[_pieces.Length - 1];
            var (at, end) = (first.Length, text.Length - last.Length);
            for (var place = 0; place < values.Length - 1; place++)
            {
                var next = at + 1 < end ? text.IndexOf(_pieces[place + 1], at + 1, end - at - 1, StringComparison.Ordinal) : -1;
                if (next < 0)
                {
                    return null;
                }

                values[place] = text[at..next];
                at = next + _pieces[place + 1].Length;
            }

            values[^1] = at < end ? text[at..end] : "";
            return values[^1].Length > 0 ? values : null;
        }
    }
}
