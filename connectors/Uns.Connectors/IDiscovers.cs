using System.Text.Json.Nodes;

namespace Uns.Connectors;

/// <summary>A protocol whose servers say what they offer before anybody has entered.</summary>
public interface IDiscovers
{
    /// <summary>The ways into the servers at an address.</summary>
    /// <param name="address">As the user wrote it.</param>
    /// <param name="clock">Limits the wait.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <exception cref="ConnectorException">It is no address, or nobody answers there; the message says what to change.</exception>
    Task<IReadOnlyList<DiscoveredWay>> DiscoverAsync(string address, TimeProvider clock, CancellationToken cancellationToken);
}

/// <summary>One way into a server.</summary>
/// <param name="Server">The server's name.</param>
/// <param name="Title">What protects it and who may enter, in words.</param>
/// <param name="Settings">What a device needs for it; null where the protection is not spoken here.</param>
/// <param name="Thumbprint">SHA-256 of the server's certificate, to be compared at its owner; null where it shows none.</param>
public sealed record DiscoveredWay(string Server, string Title, JsonObject? Settings, string? Thumbprint);
