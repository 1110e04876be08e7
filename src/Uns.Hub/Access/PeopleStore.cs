using Microsoft.Data.Sqlite;
using Uns.Hub.Changes;
using Uns.Store;
using Uns.Ui.Access;

namespace Uns.Hub.Access;

/// <summary>One person as kept.</summary>
internal sealed record Person(long Id, string Name, string Password, Role Role, DateTimeOffset Since, DateTimeOffset? LastSignIn);

/// <summary>One session as kept. The key is the hash of what the browser holds.</summary>
internal sealed record KeptSession(string Key, long Person, string Address, DateTimeOffset Begun, DateTimeOffset Used);

/// <summary>One token as kept. The key is the hash of what the program holds.</summary>
internal sealed record KeptToken(string Key, string Name, Role Role, string MadeBy, DateTimeOffset Made, DateTimeOffset? Expires, DateTimeOffset? Used);

/// <summary>People, sessions and tokens on disk. Of passwords, cookies and tokens there are only hashes.</summary>
internal sealed class PeopleStore(HubStore store)
{
    /// <summary>Waits for a write without which everything goes on until the next start.</summary>
    /// <param name="writing">The write.</param>
    /// <param name="refused">Told why the store did not take it.</param>
    public static async Task TryAsync(Task writing, Action<string> refused)
    {
        try
        {
            await writing;
        }
        catch (Exception fault) when (fault is StoreException or SqliteException or ObjectDisposedException)
        {
            refused(fault.Message);
        }
    }

    /// <summary>This part of the store.</summary>
    public static readonly SchemaStep[] Schema =
    [
        new("access", 1, """
            CREATE TABLE access_person (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, password TEXT NOT NULL, role TEXT NOT NULL, since TEXT NOT NULL, last_sign_in TEXT) STRICT;
            CREATE TABLE access_session (key TEXT PRIMARY KEY, person INTEGER NOT NULL, address TEXT NOT NULL, used TEXT NOT NULL) STRICT, WITHOUT ROWID;
            CREATE TABLE access_token (key TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, role TEXT NOT NULL, made_by TEXT NOT NULL, made TEXT NOT NULL, expires TEXT, used TEXT) STRICT, WITHOUT ROWID;
            """),
        new("access", 2, "ALTER TABLE access_session ADD COLUMN begun TEXT; UPDATE access_session SET begun = used"),
    ];

    public Task<List<Person>> PeopleAsync(CancellationToken cancellationToken) => store.ReadAsync(
        connection => connection.Rows("SELECT id, name, password, role, since, last_sign_in FROM access_person", row =>
            new Person(row.GetInt64(0), row.GetString(1), row.GetString(2), RoleOf(row.GetString(3)), SettingsStore.Time(row.GetString(4)), TimeOf(row, 5))),
        cancellationToken);

    public Task<List<KeptSession>> SessionsAsync(CancellationToken cancellationToken) => store.ReadAsync(
        connection => connection.Rows("SELECT key, person, address, begun, used FROM access_session WHERE begun IS NOT NULL", row =>
            new KeptSession(row.GetString(0), row.GetInt64(1), row.GetString(2), SettingsStore.Time(row.GetString(3)), SettingsStore.Time(row.GetString(4)))),
        cancellationToken);

    public Task<List<KeptToken>> TokensAsync(CancellationToken cancellationToken) => store.ReadAsync(
        connection => connection.Rows("SELECT key, name, role, made_by, made, expires, used FROM access_token", row =>
            new KeptToken(row.GetString(0), row.GetString(1), RoleOf(row.GetString(2)), row.GetString(3), SettingsStore.Time(row.GetString(4)), TimeOf(row, 5), TimeOf(row, 6))),
        cancellationToken);

    /// <summary>Adds a person and gives the number.</summary>
    public async Task<long> AddAsync(Person person)
    {
        var id = 0L;
        await store.WriteAsync(connection =>
        {
            connection.Run("INSERT INTO access_person (name, password, role, since) VALUES ($name, $password, $role, $since)",
                ("$name", person.Name), ("$password", person.Password), ("$role", person.Role.ToString()), ("$since", SettingsStore.Time(person.Since)));
            id = connection.Rows("SELECT last_insert_rowid()", row => row.GetInt64(0))[0];
        });
        return id;
    }

    /// <summary>Saves a person's password, role and last sign-in.</summary>
    /// <param name="person">The person.</param>
    /// <param name="endSessions">True to end the person's sessions in the same step.</param>
    public Task SaveAsync(Person person, bool endSessions = false) => store.WriteAsync(connection =>
    {
        connection.Run("UPDATE access_person SET password = $password, role = $role, last_sign_in = $last WHERE id = $id",
            ("$password", person.Password), ("$role", person.Role.ToString()), ("$last", TimeOf(person.LastSignIn)), ("$id", person.Id));
        if (endSessions)
        {
            EndSessions(connection, person.Id);
        }
    });

    public Task RemoveAsync(long person) => store.WriteAsync(connection =>
    {
        connection.Run("DELETE FROM access_person WHERE id = $id", ("$id", person));
        EndSessions(connection, person);
    });

    public Task SaveAsync(KeptSession session) => store.WriteAsync(connection => connection.Run(
        "INSERT INTO access_session (key, person, address, begun, used) VALUES ($key, $person, $address, $begun, $used) ON CONFLICT (key) DO UPDATE SET used = $used",
        ("$key", session.Key), ("$person", session.Person), ("$address", session.Address), ("$begun", SettingsStore.Time(session.Begun)), ("$used", SettingsStore.Time(session.Used))));

    public Task EndAsync(IReadOnlyCollection<string> sessions) => store.WriteAsync(connection =>
    {
        foreach (var key in sessions)
        {
            connection.Run("DELETE FROM access_session WHERE key = $key", ("$key", key));
        }
    });

    public Task AddAsync(KeptToken token) => store.WriteAsync(connection => connection.Run("INSERT INTO access_token VALUES ($key, $name, $role, $by, $made, $expires, NULL)",
        ("$key", token.Key), ("$name", token.Name), ("$role", token.Role.ToString()), ("$by", token.MadeBy), ("$made", SettingsStore.Time(token.Made)), ("$expires", TimeOf(token.Expires))));

    public Task UsedAsync(string token, DateTimeOffset time) => store.WriteAsync(connection => connection.Run("UPDATE access_token SET used = $used WHERE key = $key", ("$used", SettingsStore.Time(time)), ("$key", token)));

    public Task RevokeAsync(string token) => store.WriteAsync(connection => connection.Run("DELETE FROM access_token WHERE key = $key", ("$key", token)));

    private static void EndSessions(SqliteConnection connection, long person) => connection.Run("DELETE FROM access_session WHERE person = $person", ("$person", person));

    // A role that this version does not know may least of all.
    private static Role RoleOf(string word) => Enum.TryParse<Role>(word, out var role) && Enum.IsDefined(role) ? role : Role.Viewer;

    private static DateTimeOffset? TimeOf(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : SettingsStore.Time(row.GetString(column));

    private static string? TimeOf(DateTimeOffset? time) => time is { } given ? SettingsStore.Time(given) : null;
}
