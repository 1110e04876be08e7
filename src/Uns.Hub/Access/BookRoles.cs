using System.Collections.Frozen;
using Uns.Alarms;
using Uns.Connectors;
using Uns.Tree;
using Uns.Ui.Access;
using Uns.Ui.Changes;
using Uns.Ui.Clients;
using Uns.Ui.Import;

namespace Uns.Hub.Access;

/// <summary>
/// The least role for each method of the books behind the pages and the API. Pages get the books through <see cref="Guard{T}"/> alone, so that what a page does not
/// offer is refused also to who asks past its markup. What does not stand here is for administrators alone.
/// </summary>
internal static class BookRoles
{
    private static readonly FrozenDictionary<(Type Book, string Method), Role> Table = new[]
    {
        Of<ISettingsBook>(Role.Viewer, "get_Now", "get_Current", "Check", "LastChange", "VersionsAsync", "ReadAsync", "Compare"),
        Of<ISettingsBook>(Role.Engineer, "ChangeAsync", "UndoAsync"),
        Of<IDraftBook>(Role.Viewer, "All", "Find", "View"),
        Of<IDraftBook>(Role.Engineer, "SaveAsync", "PublishAsync", "DiscardAsync"),
        Of<IDeviceBook>(Role.Viewer, "All", "Find", "Conceal", "Check", "StatusOf", "DiagnosticsOf", "add_Changed", "remove_Changed"),
        Of<IDeviceBook>(Role.Engineer, "Complete", "FramesOf", "LookAsync", "ActAsync"), // A secret that is put in again could be sent to another address; raw frames hold what was said at a sign-in.
        Of<IImportDesk>(Role.Viewer, "Plan", "CanUndo"),
        Of<IImportDesk>(Role.Engineer, "ApplyAsync", "UndoAsync"),
        Of<IAlarmBook>(Role.Viewer, "All", "HistoryAsync"),
        Of<IAlarmBook>(Role.Operator, "Acknowledge", "Shelve"),
        Of<IValueWriter>(Role.Operator, "WriteAsync"),
        Of<IClientBook>(Role.Viewer, "ListAsync", "PageAsync", "FindAsync", "ListeningAsync"),
        Of<IClientBook>(Role.Engineer, "DisconnectAsync", "DropSessionAsync"),
        Of<IServerTrust>(Role.Viewer, "All", "OwnCertificate", "OwnView", "Revocations", "RevocationFaults"),
        Of<IServerTrust>(Role.Engineer, "Trust", "Accept", "Remove", "RenewOwn", "AddRevocations"),
        Of<ISparkplugDoctor>(Role.Viewer, "Nodes", "Node"),
        Of<ISparkplugDoctor>(Role.Engineer, "AskRebirth"),
        Of<IPeopleBook>(Role.Administrator, "People", "AddAsync", "SetRoleAsync", "SetPasswordAsync", "RemoveAsync"),
        Of<ITokenBook>(Role.Administrator, "Tokens", "MakeTokenAsync", "RevokeAsync"),
    }.SelectMany(row => row).ToFrozenDictionary(e => e.Key, e => e.Value);

    /// <summary>The guarded books.</summary>
    public static IEnumerable<Type> Books => Table.Keys.Select(k => k.Book).Distinct();

    /// <summary>The least role for a method; null when the table does not tell.</summary>
    public static Role? Of(Type book, string method) => Table.TryGetValue((book, method), out var role) ? role : null;

    private static IEnumerable<KeyValuePair<(Type Book, string Method), Role>> Of<T>(Role role, params string[] methods) => methods.Select(m => KeyValuePair.Create((typeof(T), m), role));
}
