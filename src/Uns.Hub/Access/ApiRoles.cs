using System.Collections.Frozen;
using Microsoft.AspNetCore.Authorization;
using Uns.Ui.Access;

namespace Uns.Hub.Access;

/// <summary>The least role for each endpoint of the API, by its name: the one place where that is said. What does not stand here is for administrators alone.</summary>
internal static class ApiRoles
{
    private static readonly FrozenSet<string> Anybody = ["GetLive", "GetReady"];

    private static readonly FrozenDictionary<string, Role> Roles = Table(
        (Role.Viewer, [
            "GetNode", "GetValues", "GetConflicts", "StreamValues", "GetHistory", "GetHistoryStatus", "GetHealth", "GetMetrics",
            "GetAlarms", "GetAlarmHistory", "GetLog", "GetVersions", "GetVersion", "GetDrafts", "GetDraft", "GetProtocols", "GetMapping",
            "GetDevices", "GetDevice", "GetDeviceDiagnostics", "ExportDevice", "ExportDevices", "GetNodes", "GetNodeReport",
            "GetBroker", "GetSubscribers", "GetPastSubscribers", "GetMoves", "PreviewMove", "FollowValue", "LeaveValue", "GetClients", "GetClient",
            "GetCertificates", "GetOwnCertificate", "GetOwnCertificateState", "GetCertificateEvents", "GetRevocationLists"]),
        (Role.Operator, ["WriteValue", "AcknowledgeAlarm", "ShelveAlarm"]),
        (Role.Engineer, [
            "ForgetStale", "SaveAlarm", "RemoveAlarm", "UndoVersion", "RestoreVersion", "SaveDraft", "PublishDraft", "DiscardDraft", "SaveMapping", "Move",
            "SaveDevice", "RemoveDevice", "ImportTags", "ImportBrowsed", "UndoImport", "AskRebirth", "DisconnectClient", "DropSession",
            "RenewOwnCertificate", "AddRevocationList", "TrustCertificate", "RemoveCertificate",

            // These reach out to a device, or to whatever stands at an address that is given; raw frames hold what was said at a sign-in.
            "TestDevice", "GetPollBudget", "GetDeviceFrames", "DecodeRegisters", "GetDeviceBlocks", "GetDeviceBlock", "GetDeviceClock",
            "BrowseDevice", "DiscoverServers", "CallMethod", "GetDeviceHistory"]),
        (Role.Administrator, ["ExportSettings", "ImportSettings", "GetPeople", "SavePerson", "RemovePerson", "GetTokens", "MakeToken", "RevokeToken"]));

    /// <summary>The endpoints about which the table tells.</summary>
    public static IEnumerable<string> Names => Anybody.Concat(Roles.Keys);

    /// <summary>The least role for an endpoint; null when it asks for none.</summary>
    public static Role? Of(string endpoint) => Anybody.Contains(endpoint) ? null : Roles.GetValueOrDefault(endpoint, Role.Administrator);

    /// <summary>Puts the role of the table on each endpoint of a group.</summary>
    public static void Apply(RouteGroupBuilder api) => ((IEndpointConventionBuilder)api).Finally(endpoint =>
    {
        if (!endpoint.Metadata.OfType<IAllowAnonymous>().Any())
        {
            var name = endpoint.Metadata.OfType<IEndpointNameMetadata>().LastOrDefault()?.EndpointName ?? "";
            endpoint.Metadata.Add(Of(name) is { } role ? new AuthorizeAttribute(role.ToString()) : new AllowAnonymousAttribute());
        }
    });

    private static FrozenDictionary<string, Role> Table(params (Role Role, string[] Names)[] rows) =>
        rows.SelectMany(row => row.Names.Select(name => (name, row.Role))).ToFrozenDictionary(e => e.name, e => e.Role, StringComparer.Ordinal);
}
