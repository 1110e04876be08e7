using Uns.Hub.Settings;
using Uns.Ui.Access;

namespace Uns.Hub.Access;

/// <summary>Finds who has a key: a session of a person, a token of a program, or anybody while the hub is open.</summary>
internal sealed partial class CallerBook : ICallers
{
    /// <summary>The key of anybody, while the hub is open.</summary>
    public const string OpenKey = "open";

    private static readonly Caller Anybody = new("", Role.Administrator, "", CallerKind.Anybody);

    private readonly HubOptions _options;
    private readonly PeopleBook _people;
    private readonly SessionBook _sessions;
    private readonly TokenBook _tokens;
    private readonly ILogger<CallerBook> _logger;

    public CallerBook(HubOptions options, PeopleBook people, SessionBook sessions, TokenBook tokens, ILogger<CallerBook> logger)
    {
        (_options, _people, _sessions, _tokens, _logger) = (options, people, sessions, tokens, logger);
        people.Changed += Tell;
        sessions.Ended += Tell;
        tokens.Ended += Tell;
    }

    /// <inheritdoc/>
    public event Action? Changed;

    /// <inheritdoc/>
    public Caller? Find(string key)
    {
        if (_options.IsOpen)
        {
            return key == OpenKey ? Anybody : null;
        }

        if (_sessions.Find(key) is { } session)
        {
            return _people.Find(session.Person) is { } person ? new(person.Name, person.Role, session.Address, CallerKind.Person) : null;
        }

        return _tokens.Find(key) is { } token ? new(token.Name, token.Role, "", CallerKind.Program) : null;
    }

    // A page that is just going must not keep the others from hearing, nor end the loop that tells.
    private void Tell()
    {
        foreach (var listener in Delegate.EnumerateInvocationList(Changed))
        {
            try
            {
                listener();
            }
#pragma warning disable CA1031 // Whatever a listener throws is its own.
            catch (Exception failed)
#pragma warning restore CA1031
            {
                LogNotHeard(failed);
            }
        }
    }

    [LoggerMessage(4353, LogLevel.Warning, "A page did not hear that somebody's rights changed.")]
    private partial void LogNotHeard(Exception failed);
}
