using System.Globalization;
using System.IO.Compression;
using System.Text;
using Microsoft.Data.Sqlite;
using Uns.Store;
using Uns.Ui.Changes;

namespace Uns.Hub.Changes;

/// <summary>Where one thing of the settings stands in a version.</summary>
/// <param name="Part">Mark of its document.</param>
/// <param name="Since">The version that brought it in this shape.</param>
internal readonly record struct ThingPlace(string Part, int Since);

/// <summary>Versions of the settings and drafts on disk. A thing that did not change is kept once, however many versions hold it.</summary>
internal sealed class SettingsStore(HubStore store)
{
    /// <summary>Versions that are kept; those on which drafts are built stay too.</summary>
    public const int MostVersions = 500;

    /// <summary>The versions' part of the store.</summary>
    public static readonly SchemaStep[] Schema =
    [
        new("settings", 1, """
            CREATE TABLE settings_version (number INTEGER PRIMARY KEY, time TEXT NOT NULL, author TEXT NOT NULL, comment TEXT NOT NULL, way TEXT NOT NULL, summary TEXT NOT NULL) STRICT;
            CREATE TABLE settings_entry (version INTEGER NOT NULL, thing TEXT NOT NULL, part TEXT NOT NULL, since INTEGER NOT NULL, PRIMARY KEY (version, thing)) STRICT, WITHOUT ROWID;
            CREATE INDEX settings_entry_part ON settings_entry (part);
            CREATE TABLE settings_part (mark TEXT PRIMARY KEY, document BLOB NOT NULL) STRICT, WITHOUT ROWID;
            CREATE TABLE settings_draft (name TEXT PRIMARY KEY COLLATE NOCASE, base INTEGER NOT NULL, revision INTEGER NOT NULL, author TEXT NOT NULL, time TEXT NOT NULL, document BLOB NOT NULL) STRICT;
            """),
    ];

    private const string VersionColumns = "SELECT number, time, author, comment, way, summary FROM settings_version";

    /// <summary>The newest version; null when there is none yet.</summary>
    public async Task<SettingsVersion?> NewestAsync(CancellationToken cancellationToken) => (await VersionsAsync(1, cancellationToken)).FirstOrDefault();

    public Task<List<SettingsVersion>> VersionsAsync(int most, CancellationToken cancellationToken) => store.ReadAsync(
        connection => connection.Rows(VersionColumns + " ORDER BY number DESC LIMIT $most", VersionOf, ("$most", most)), cancellationToken);

    /// <summary>One version; null when it is not kept.</summary>
    public async Task<SettingsVersion?> FindAsync(int number, CancellationToken cancellationToken) => (await store.ReadAsync(
        connection => connection.Rows(VersionColumns + " WHERE number = $number", VersionOf, ("$number", number)), cancellationToken)).FirstOrDefault();

    /// <summary>Which things a version holds.</summary>
    public Task<Dictionary<string, ThingPlace>> ThingsAsync(int number, CancellationToken cancellationToken) => store.ReadAsync(
        connection => connection.Rows("SELECT thing, part, since FROM settings_entry WHERE version = $number", row => (Thing: row.GetString(0), Place: new ThingPlace(row.GetString(1), row.GetInt32(2))), ("$number", number))
            .ToDictionary(e => e.Thing, e => e.Place, StringComparer.Ordinal),
        cancellationToken);

    /// <summary>The documents of things, by mark.</summary>
    public Task<Dictionary<string, string>> PartsAsync(IReadOnlyCollection<string> marks, CancellationToken cancellationToken) => store.ReadAsync(
        connection => marks.Distinct().Select(mark => (Mark: mark, Found: connection.Rows("SELECT document FROM settings_part WHERE mark = $mark", row => Unpack((byte[])row.GetValue(0)), ("$mark", mark))))
            .Where(p => p.Found.Count > 0).ToDictionary(p => p.Mark, p => p.Found[0], StringComparer.Ordinal),
        cancellationToken);

    /// <summary>Writes a version into the transaction of its change.</summary>
    /// <param name="connection">The transaction.</param>
    /// <param name="version">The version.</param>
    /// <param name="things">All that it holds.</param>
    /// <param name="fresh">Documents that may not be kept yet, by mark.</param>
    public static void Write(SqliteConnection connection, SettingsVersion version, IReadOnlyDictionary<string, ThingPlace> things, IReadOnlyDictionary<string, string> fresh)
    {
        connection.Run("INSERT INTO settings_version VALUES ($number, $time, $author, $comment, $way, $summary)",
            ("$number", version.Number), ("$time", Time(version.Time)), ("$author", version.Author), ("$comment", version.Comment), ("$way", version.Way.ToString()), ("$summary", version.Summary));
        foreach (var (mark, document) in fresh)
        {
            connection.Run("INSERT OR IGNORE INTO settings_part VALUES ($mark, $document)", ("$mark", mark), ("$document", Pack(document)));
        }

        foreach (var (thing, place) in things)
        {
            connection.Run("INSERT INTO settings_entry VALUES ($version, $thing, $part, $since)", ("$version", version.Number), ("$thing", thing), ("$part", place.Part), ("$since", place.Since));
        }

        if (connection.Run("DELETE FROM settings_version WHERE number <= $last AND number NOT IN (SELECT base FROM settings_draft)", ("$last", version.Number - MostVersions)) > 0)
        {
            connection.Run("DELETE FROM settings_entry WHERE version NOT IN (SELECT number FROM settings_version)");
            connection.Run("DELETE FROM settings_part WHERE mark NOT IN (SELECT part FROM settings_entry)");
        }
    }

    /// <summary>All drafts, as they were saved.</summary>
    public Task<List<(Draft Draft, string Document)>> DraftsAsync(CancellationToken cancellationToken) => store.ReadAsync(
        connection => connection.Rows("SELECT name, base, revision, author, time, document FROM settings_draft", row =>
            (new Draft(row.GetString(0), row.GetInt32(1), row.GetInt32(2), row.GetString(3), Time(row.GetString(4)), new DraftContent(new PlantChange(), PlantSettings.Empty)), Unpack((byte[])row.GetValue(5)))),
        cancellationToken);

    public Task SaveAsync(Draft draft) => store.WriteAsync(connection => connection.Run(
        "INSERT INTO settings_draft VALUES ($name, $base, $revision, $author, $time, $document) ON CONFLICT (name) DO UPDATE SET base = $base, revision = $revision, author = $author, time = $time, document = $document",
        ("$name", draft.Name), ("$base", draft.Base), ("$revision", draft.Revision), ("$author", draft.Author), ("$time", Time(draft.SavedAt)), ("$document", Pack(PlantJson.Write(draft.Content)))));

    public static void RemoveDraft(SqliteConnection connection, string name) => connection.Run("DELETE FROM settings_draft WHERE name = $name", ("$name", name));

    public Task RemoveDraftAsync(string name) => store.WriteAsync(connection => RemoveDraft(connection, name));

    internal static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    internal static DateTimeOffset Time(string time) => DateTimeOffset.Parse(time, CultureInfo.InvariantCulture);

    private static SettingsVersion VersionOf(SqliteDataReader row) =>
        new(row.GetInt32(0), Time(row.GetString(1)), row.GetString(2), row.GetString(3), Enum.TryParse<ChangeWay>(row.GetString(4), out var way) ? way : ChangeWay.Direct, row.GetString(5));

    internal static byte[] Pack(string document)
    {
        using var packed = new MemoryStream();
        using (var brotli = new BrotliStream(packed, CompressionLevel.Fastest))
        {
            brotli.Write(Encoding.UTF8.GetBytes(document));
        }

        return packed.ToArray();
    }

    internal static string Unpack(byte[] packed)
    {
        using var brotli = new BrotliStream(new MemoryStream(packed), CompressionMode.Decompress);
        using var reader = new StreamReader(brotli, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
