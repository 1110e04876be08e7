using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Uns.Ui.Texts;

/// <summary>A sentence as it is written in a page, taken apart: its key with numbered places, and what stands in them.</summary>
[InterpolatedStringHandler]
public sealed class Sentence
{
    private readonly StringBuilder _key;
    private readonly object?[] _values;
    private int _count;

    /// <summary>Called by the compiler.</summary>
    /// <param name="literalLength">Characters outside the places.</param>
    /// <param name="formattedCount">How many places there are.</param>
    public Sentence(int literalLength, int formattedCount) => (_key, _values) = (new StringBuilder(literalLength + (formattedCount * 3)), new object?[formattedCount]);

    internal string Key => _key.ToString();

    internal object?[] Values => _values;

    /// <summary>A sentence without values.</summary>
    public static implicit operator Sentence(string english)
    {
        var sentence = new Sentence(english.Length, 0);
        sentence.AppendLiteral(english);
        return sentence;
    }

    /// <summary>The sentence in English.</summary>
    public override string ToString()
    {
        using (Language.English.Use())
        {
            return Wording.T(this);
        }
    }

    /// <summary>Takes a piece of text.</summary>
    public void AppendLiteral(string value) => _key.Append(value.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal));

    /// <summary>Takes a value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="format">How it is written; null: as it is.</param>
    public void AppendFormatted<TValue>(TValue value, string? format = null)
    {
        _key.Append('{').Append(_count.ToString(CultureInfo.InvariantCulture));
        if (format is not null)
        {
            _key.Append(':').Append(format);
        }

        _key.Append('}');
        _values[_count++] = value;
    }
}
