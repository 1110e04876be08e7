namespace Uns.Ui.Access;

/// <summary>What kind of caller one is.</summary>
public enum CallerKind
{
    /// <summary>The hub is open: nobody is asked who he is.</summary>
    Anybody,

    /// <summary>A person who signed in.</summary>
    Person,

    /// <summary>A program with a token.</summary>
    Program,
}

/// <summary>Somebody who uses the hub now.</summary>
/// <param name="Name">Name of the person or of the token; empty for anybody.</param>
/// <param name="Role">What he may do at this moment.</param>
/// <param name="Address">Where he came from; empty when that is not known.</param>
/// <param name="Kind">What he is.</param>
public sealed record Caller(string Name, Role Role, string Address, CallerKind Kind)
{
    /// <summary>The name that stands in the log.</summary>
    public string LogName => Kind == CallerKind.Program ? $"token {Name}" : Name;
}

/// <summary>Everybody who is signed in, by key. A key is no secret: it names a session or token, and does not open it.</summary>
public interface ICallers
{
    /// <summary>Who has the key now; null once he is signed out, removed or revoked.</summary>
    Caller? Find(string key);

    /// <summary>Somebody is not signed in any more, or may do something else than before. Raised on any thread.</summary>
    event Action Changed;
}
