namespace Uns.Ui.Access;

/// <summary>The people who may sign in. For administrators.</summary>
/// <remarks>A method that gives a text gives null when it was done; else one sentence that says why not, and nothing was changed.</remarks>
public interface IPeopleBook
{
    /// <summary>Most people.</summary>
    const int MostPeople = 500;

    /// <summary>All people, by name.</summary>
    IReadOnlyList<PersonRow> People();

    /// <summary>Adds a person.</summary>
    Task<string?> AddAsync(string name, string password, Role role, Caller by);

    /// <summary>Gives a person another role; it counts at once, also on open pages.</summary>
    Task<string?> SetRoleAsync(string name, Role role, Caller by);

    /// <summary>Gives a person another password; the person is signed out everywhere.</summary>
    Task<string?> SetPasswordAsync(string name, string password, Caller by);

    /// <summary>Removes a person, who is signed out everywhere. The last administrator stays.</summary>
    Task<string?> RemoveAsync(string name, Caller by);
}

/// <summary>One person.</summary>
/// <param name="Name">The name.</param>
/// <param name="Role">What the person may do.</param>
/// <param name="Since">When the person was added, UTC.</param>
/// <param name="LastSignIn">When the person last signed in, UTC; null: never.</param>
/// <param name="Sessions">In how many browsers the person is signed in.</param>
public sealed record PersonRow(string Name, Role Role, DateTimeOffset Since, DateTimeOffset? LastSignIn, int Sessions);
