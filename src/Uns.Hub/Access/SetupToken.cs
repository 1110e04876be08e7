using System.Security.Cryptography;
using System.Text;
using Uns.Hub.Settings;
using static Uns.Ui.Texts.Wording;

namespace Uns.Hub.Access;

/// <summary>
/// What proves, from another machine, that whoever sets the first password may: 160 random bits, printed at start and kept in a file that only its owner reads.
/// Good for one use and for half an hour; a new one at each start while nobody has a password.
/// </summary>
internal sealed class SetupToken(HubOptions options, TimeProvider clock)
{
    /// <summary>How long it is good for.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(30);

    /// <summary>Tries in a minute.</summary>
    public const int MostTries = 5;

    private const int TokenBytes = 20;
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"; // RFC 4648: no 0, 1, 8 and 9, which look like letters.

    private readonly Lock _gate = new();
    private readonly Queue<TimeSpan> _tries = new();
    private TimeSpan _made;

    /// <summary>The token, for the one line that is printed at start; null while there is none.</summary>
    public string? Text { get; private set; }

    // The time of day can be set, this only goes forward.
    private TimeSpan Now => clock.GetElapsedTime(0);

    /// <summary>Its file.</summary>
    public string File { get; } = Path.Combine(options.Data, "setup-token");

    /// <summary>Makes one and writes its file.</summary>
    public void Begin()
    {
        Remove();
        Text = string.Join('-', RandomNumberGenerator.GetBytes(TokenBytes).Chunk(5).Select(Group));
        _made = Now;
        var creation = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            creation.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            using var file = new StreamWriter(System.IO.File.Open(File, creation));
            file.WriteLine(Text);
        }
        catch (IOException)
        {
            // A disk without room: the token is printed all the same.
        }
    }

    /// <summary>It is of no use any more: the first password is set.</summary>
    public void Remove()
    {
        Text = null;
        System.IO.File.Delete(File);
    }

    /// <summary>Why a token is not the one; null when it is.</summary>
    public string? Fault(string given)
    {
        lock (_gate)
        {
            var now = Now;
            while (_tries.TryPeek(out var first) && now - first >= TimeSpan.FromMinutes(1))
            {
                _tries.Dequeue();
            }

            if (_tries.Count >= MostTries)
            {
                return T("Too many tries with the setup token: wait a minute.");
            }

            _tries.Enqueue(now);
            if (Text is not { } text || now - _made >= Life)
            {
                return T("The setup token is over. Start the hub again: it prints a new one.");
            }

            return CryptographicOperations.FixedTimeEquals(HashOf(given), HashOf(text)) ? null : T("This is not the setup token. The hub printed it when it started; it also stands in the file setup-token in its data directory.");
        }
    }

    private static string Group(byte[] five)
    {
        var bits = five.Aggregate(0L, (all, next) => (all << 8) | next);
        return string.Concat(Enumerable.Range(0, 8).Select(at => Letters[(int)(bits >> (35 - (5 * at))) & 31]));
    }

    private static byte[] HashOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(token.Where(char.IsAsciiLetterOrDigit)).ToUpperInvariant()));
}
