using Uns.Connectors;
using Uns.Hub.Changes;
using Uns.Store;
using Uns.Ui.Access;
using Uns.Ui.Changes;
using static Uns.Ui.Texts.Wording;

namespace Uns.Hub.Access;

/// <summary>The people who may sign in: in memory for every request, on disk before a change is answered.</summary>
internal sealed class PeopleBook(PeopleStore store, SessionBook sessions, HashLane lane, LogBook log, TimeProvider clock) : IPeopleBook, IDisposable
{
    private const int LongestName = 60;

    private readonly SemaphoreSlim _oneChange = new(1, 1);
    private volatile IReadOnlyDictionary<long, Person> _people = new Dictionary<long, Person>();

    /// <summary>Somebody's role changed. Raised on any thread.</summary>
    public event Action? Changed;

    /// <summary>True while nobody has a password.</summary>
    public bool IsEmpty => _people.Count == 0;

    /// <summary>Brings the saved people back.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken) => _people = (await store.PeopleAsync(cancellationToken)).ToDictionary(p => p.Id);

    /// <summary>One person by number; null when there is none.</summary>
    public Person? Find(long id) => _people.GetValueOrDefault(id);

    /// <summary>One person by name, without regard to case; null when there is none.</summary>
    public Person? Find(string name) => _people.Values.FirstOrDefault(p => p.Name.Equals(name.Trim(), StringComparison.OrdinalIgnoreCase));

    /// <inheritdoc/>
    public IReadOnlyList<PersonRow> People() =>
        [.. _people.Values.OrderBy(p => p.Name, StringComparer.OrdinalIgnoreCase).Select(p => new PersonRow(p.Name, p.Role, p.Since, p.LastSignIn, sessions.CountOf(p.Id)))];

    /// <inheritdoc/>
    public Task<string?> AddAsync(string name, string password, Role role, Caller by) => AddAsync(name, password, role, by, first: false);

    /// <summary>Adds a person.</summary>
    /// <param name="name">The name.</param>
    /// <param name="password">The password.</param>
    /// <param name="role">What the person may do.</param>
    /// <param name="by">Who adds.</param>
    /// <param name="first">True when it must be the very first.</param>
    public async Task<string?> AddAsync(string name, string password, Role role, Caller by, bool first)
    {
        name = name.Trim();
        if ((NameFault(name) ?? PasswordRules.Fault(name, password)) is { } fault)
        {
            return fault;
        }

        if (await lane.RunAsync(() => PasswordHash.Make(password)) is not { } hash)
        {
            return HashLane.Busy;
        }

        var refusal = await AlterAsync(async () =>
        {
            if (first && !IsEmpty)
            {
                return T("The first password is set already: sign in.");
            }

            if (Find(name) is { } there)
            {
                return T($"There is somebody named '{there.Name}' already.");
            }

            if (_people.Count >= IPeopleBook.MostPeople)
            {
                return T($"There are {IPeopleBook.MostPeople} people already: remove one first.");
            }

            var person = new Person(0, name, hash, role, clock.GetUtcNow(), null);
            Put(person with { Id = await store.AddAsync(person) });
            return null;
        });
        return Told(refusal, name, $"added, {RoleWord(role)}", by);
    }

    /// <inheritdoc/>
    public async Task<string?> SetRoleAsync(string name, Role role, Caller by)
    {
        Role before = default;
        var refusal = await AlterAsync(async () =>
        {
            if (Find(name) is not { } person)
            {
                return Nobody(name);
            }

            if (person.Role == Role.Administrator && role != Role.Administrator && IsLastAdministrator(person))
            {
                return T($"{person.Name} is the only administrator: make another one first.");
            }

            before = person.Role;
            await store.SaveAsync(person with { Role = role });
            Put(person with { Role = role });
            return null;
        });
        Changed?.Invoke();
        return before == role ? refusal : Told(refusal, name, $"{RoleWord(before)} → {RoleWord(role)}", by);
    }

    /// <inheritdoc/>
    public async Task<string?> SetPasswordAsync(string name, string password, Caller by)
    {
        if (Find(name) is not { } known)
        {
            return Nobody(name);
        }

        if (PasswordRules.Fault(known.Name, password) is { } fault)
        {
            return fault;
        }

        if (await lane.RunAsync(() => PasswordHash.Make(password)) is not { } hash)
        {
            return HashLane.Busy;
        }

        var refusal = await AlterAsync(async () =>
        {
            if (Find(known.Id) is not { } person)
            {
                return Nobody(name);
            }

            await store.SaveAsync(person with { Password = hash }, endSessions: true);
            Put(person with { Password = hash });
            sessions.Forget(person.Id);
            return null;
        });
        return Told(refusal, known.Name, "password changed", by);
    }

    /// <inheritdoc/>
    public async Task<string?> RemoveAsync(string name, Caller by)
    {
        var refusal = await AlterAsync(async () =>
        {
            if (Find(name) is not { } person)
            {
                return Nobody(name);
            }

            if (IsLastAdministrator(person))
            {
                return T($"{person.Name} is the only administrator: make another one first.");
            }

            await store.RemoveAsync(person.Id);
            _people = _people.Values.Where(p => p.Id != person.Id).ToDictionary(p => p.Id);
            sessions.Forget(person.Id);
            return null;
        });
        return Told(refusal, name, "removed", by);
    }

    /// <summary>Begins a session of a person whose password was found right; a hash that is weaker than today's is made anew.</summary>
    /// <param name="found">The person as the password was checked.</param>
    /// <param name="better">A hash of the same password as hashes are made now; null: the old one is good enough.</param>
    /// <param name="address">Where the person came from.</param>
    /// <returns>What the browser keeps; null when the person was removed, or got another password, meanwhile.</returns>
    public async Task<string?> SignInAsync(Person found, string? better, string address)
    {
        string? secret = null;
        await AlterAsync(async () =>
        {
            if (Find(found.Id) is not { } person || person.Password != found.Password)
            {
                return null;
            }

            person = person with { LastSignIn = clock.GetUtcNow(), Password = better ?? person.Password };
            Put(person);
            secret = await sessions.BeginAsync(person.Id, address);
            await store.SaveAsync(person); // Last: a disk that fails keeps nobody out who comes to mend it.
            return null;
        });
        return secret;
    }

    public void Dispose() => _oneChange.Dispose();

    /// <summary>What is wrong with a name; null when nothing is.</summary>
    internal static string? NameFault(string name) =>
        name.Length is 0 or > LongestName || name.Any(char.IsControl) ? T($"Give a name of 1 to {LongestName} characters.") : null;

    /// <summary>Where a caller came from, as the end of a row in the log.</summary>
    internal static string From(Caller by) => by.Address.Length > 0 ? $", from {by.Address}" : "";

    private static string Nobody(string name) => T($"There is nobody named '{name}' any more.");

    private static string RoleWord(Role role) => role.ToString().ToLowerInvariant();

    private bool IsLastAdministrator(Person person) => person.Role == Role.Administrator && _people.Values.Count(p => p.Role == Role.Administrator) == 1;

    private void Put(Person person) => _people = new Dictionary<long, Person>(_people) { [person.Id] = person };

    private string? Told(string? refusal, string name, string words, Caller by)
    {
        if (refusal is null)
        {
            log.Post(LogKinds.Access, name, words + From(by), by.LogName);
        }

        return refusal;
    }

    private async Task<string?> AlterAsync(Func<Task<string?>> change)
    {
        await _oneChange.WaitAsync();
        try
        {
            return await change();
        }
        catch (Exception refused) when (refused is StoreException or Microsoft.Data.Sqlite.SqliteException)
        {
            return T($"Nothing was changed: {refused.Message}");
        }
        finally
        {
            _oneChange.Release();
        }
    }
}
