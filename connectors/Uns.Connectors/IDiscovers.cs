using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Uns.Connectors;

/// <summary>A protocol whose servers say what they offer before anybody has entered.</summary>
public interface IDiscovers
{
    /// <summary>Name of the setting that holds the address to ask.</summary>
    string AddressField { get; }

    /// <summary>The ways into the servers at an address: server by server, of each the best protected first and what is not spoken here last.</summary>
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
public sealed record DiscoveredWay(string Server, string Title, JsonObject? Settings, string? Thumbprint)
{
    /// <summary>Its address, as it can be reached from here.</summary>
    public string Address { get; init; } = "";

    /// <summary>By which algorithms messages are protected, in the protocol's own word.</summary>
    public string Policy { get; init; } = "";

    /// <summary>What they do to the messages: <c>None</c>, <c>Sign</c> or <c>SignAndEncrypt</c>.</summary>
    public string Mode { get; init; } = "";

    /// <summary>What whoever enters may show: <c>anonymous</c>, <c>name and password</c>, <c>certificate</c>, <c>issued token</c>.</summary>
    public IReadOnlyList<string> Users { get; init; } = [];

    /// <summary>Whether the server's certificate is trusted here now; null where it shows none.</summary>
    public bool? IsTrusted { get; init; }

    /// <summary>Why it is not trusted, with what to do; null where it is, or shows none.</summary>
    public string? Distrust { get; init; }

    /// <summary>The server's certificate in DER, where accepting it is all that is missing; null else.</summary>
    [JsonIgnore]
    public byte[]? Acceptable { get; init; }
}
