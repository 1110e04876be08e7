using System.Text;

namespace Uns.UnitTests.Connectors.Fuzz;

/// <summary>Spoils good texts and bytes by chance: the same seed spoils them the same way.</summary>
internal sealed class Spoiler(int seed)
{
    private static readonly string[] Bits = ["0", "9", "65536", "99999999999", "-1", ".", ":", "!", "#", "[", "]", "(", ")", ",", ";", "\"", "%", " ", "\0", "ß", "\ud83d\ude00", "DB", "DBX", "HR", "#LL", "BOOL", "STRING(", "@INT", "[10]", ".20H"];

    public Random Random { get; } = new(seed);

    /// <summary>One of the texts, changed in up to four places; now and then a good one.</summary>
    public string Text(IReadOnlyList<string> good)
    {
        var text = new StringBuilder(good[Random.Next(good.Count)]);
        for (var changes = Random.Next(5); changes > 0; changes--)
        {
            var at = Random.Next(text.Length + 1);
            switch (Random.Next(4))
            {
                case 0 when at < text.Length:
                    text.Remove(at, 1);
                    break;
                case 1 when at < text.Length:
                    text[at] = (char)Random.Next(' ', 127);
                    break;
                case 2:
                    text.Insert(at, Bits[Random.Next(Bits.Length)]);
                    break;
                default:
                    var other = good[Random.Next(good.Count)];
                    text.Length = at;
                    text.Append(other.AsSpan(Random.Next(other.Length)));
                    break;
            }
        }

        return text.ToString();
    }

    /// <summary>The bytes with up to four of them changed, cut or doubled.</summary>
    public byte[] Bytes(byte[] good)
    {
        var bytes = good.ToList();
        for (var changes = Random.Next(5); changes > 0 && bytes.Count > 0; changes--)
        {
            var at = Random.Next(bytes.Count);
            switch (Random.Next(5))
            {
                case 0:
                    bytes.RemoveAt(at);
                    break;
                case 1:
                    bytes.Insert(at, (byte)Random.Next(256));
                    break;
                case 2:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 3:
                    bytes[at] ^= (byte)(1 << Random.Next(8));
                    break;
                default:
                    bytes[at] = (byte)Random.Next(256);
                    break;
            }
        }

        return [.. bytes];
    }
}
