using System.Net;
using Uns.Connectors.OpcUa.Security;
using Uns.Connectors.OpcUa.Server;
using Uns.Tags;

namespace Uns.Connectors.OpcUa;

/// <summary>A plant with moving values behind an <see cref="OpcUaServer"/> on the loopback interface. Anonymous users may write.</summary>
public sealed class OpcUaSimulator : IAsyncDisposable
{
    private readonly OpcUaServer _server;
    private readonly SimulatedSpace _space;

    /// <summary>Makes a simulator; it listens once started.</summary>
    /// <param name="variables">What the server shows.</param>
    /// <param name="clock">What the signals run by.</param>
    /// <param name="port">0 takes a free one.</param>
    /// <param name="namespacesBefore">Namespaces that stand before the simulator's own and so move its index; null for none.</param>
    /// <param name="certificates">Certificates, where protected endpoints are wanted too; null for none.</param>
    /// <param name="limits">Bounds of the server; null for the usual ones, down to 10 ms.</param>
    /// <param name="namespaceUri">Namespace of the variables; null for the simulator's own.</param>
    public OpcUaSimulator(
        IEnumerable<SimulatedVariable> variables, TimeProvider clock, int port = 0, IReadOnlyList<string>? namespacesBefore = null, CertificateStore? certificates = null,
        OpcUaServerLimits? limits = null, string? namespaceUri = null)
    {
        var options = new OpcUaServerOptions
        {
            Listen = new IPEndPoint(IPAddress.Loopback, port),
            ApplicationName = "Simulated server",
            ApplicationUri = certificates is null ? "urn:uns:hub:simulator" : CertificateStore.ApplicationUri,
            NamespacesBefore = namespacesBefore ?? [],
            Anonymous = OpcUaRight.Write,
            Limits = limits ?? new OpcUaServerLimits { ShortestInterval = TimeSpan.FromMilliseconds(10) },
        };
        _space = new SimulatedSpace(variables, clock, namespaceUri ?? SimulatedSpace.Uri);
        _server = new OpcUaServer(_space, options, certificates, clock);
    }

    /// <summary>Where it listens; only once started.</summary>
    public IPEndPoint EndPoint => _server.EndPoint;

    /// <summary>The address that a client is given.</summary>
    public string EndpointUrl => _server.EndpointUrl;

    /// <summary>Sessions now, with or without a connection.</summary>
    public int Sessions => _server.Sessions;

    /// <summary>What goes wrong with every message of a session; null, or null answered, for nothing. Set before the start.</summary>
    public Func<SimulatedUaFault?>? FaultFor { get; init; }

    /// <summary>The plant sets a variable that follows no signal.</summary>
    /// <param name="id">Its identifier without the namespace.</param>
    /// <param name="value">Of the variable's type.</param>
    /// <exception cref="KeyNotFoundException">There is no such variable.</exception>
    public void Set(string id, TagValue value) => _space.Set(id, value);

    /// <summary>Takes a variable out, or puts it back, by its identifier without the namespace.</summary>
    public void Refuse(string id, bool isRefused) => _space.Refuse(id, isRefused);

    /// <summary>Starts to listen.</summary>
    public Task StartAsync()
    {
        _server.FaultFor = FaultFor;
        _server.Start();
        return Task.CompletedTask;
    }

    /// <summary>Cuts all connections, as a bad network would; sessions wait for their clients, and the simulator listens on.</summary>
    public void DropConnections() => _server.DropConnections();

    /// <summary>Stops listening and closes all connections.</summary>
    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
