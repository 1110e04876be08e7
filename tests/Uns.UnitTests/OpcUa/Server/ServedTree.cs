using System.Net;
using Uns.Connectors;
using Uns.Connectors.OpcUa.Security;
using Uns.Connectors.OpcUa.Server;
using Uns.Connectors.OpcUa.Wire;
using Uns.Hub.OpcUa;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Topics;
using Uns.Tags;
using Uns.Tree;

namespace Uns.UnitTests.OpcUa.Server;

/// <summary>A tree behind a real server on a loopback socket, and clients of it. Commands come back as data, as from a device.</summary>
internal sealed class ServedTree : ICommandSink, IAsyncDisposable
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(60);
    private static readonly EdgeNodeId Node = new("acme", "berlin");

    private readonly Dictionary<string, TagDefinition> _definitions = [];

    public ServedTree(OpcUaServerOptions? options = null, TimeProvider? clock = null)
    {
        Tree = new UnsTree(TimeProvider.System);
        var writer = new TreeWriter(Tree, this, TimeProvider.System);
        var space = new TreeSpace(Tree, writer, TimeSpan.FromSeconds(30));
        Server = new OpcUaServer(space, (options ?? new()) with { Listen = new IPEndPoint(IPAddress.Loopback, 0) }, Certificates, clock ?? TimeProvider.System);
        Server.Start();
    }

    public UnsTree Tree { get; }

    public OpcUaServer Server { get; }

    public CertificateStore Certificates { get; } = new(null, TimeProvider.System);

    public List<TagValue> Sent { get; } = [];

    public static NodeId Id(string path) => new(2, IdKind.String, 0, path);

    /// <summary>A value of device <c>line</c>, at <c>acme/berlin/line/{name}</c>.</summary>
    public void Tell(string name, TagValue value, TagQuality quality = TagQuality.Good, bool writable = false, double? low = null, double? high = null, string unit = "")
    {
        if (!_definitions.TryGetValue(name, out var definition))
        {
            _definitions[name] = definition = new TagDefinition { Name = name, DataType = value.Type, Writable = writable, Low = low, High = high, Unit = unit };
        }

        Tree.Changed(new MetricChange(Key(name), value, quality, TimeProvider.System.GetUtcNow(), quality == TagQuality.Good ? null : "as told", definition));
    }

    public void Remove(string name) => Tree.Removed(Key(name));

    /// <summary>True: commands find nobody.</summary>
    public bool IsOffline { get; set; }

    public Task SendAsync(MetricKey key, TagValue value, CancellationToken cancellationToken)
    {
        if (IsOffline)
        {
            throw new CommandRefusedException("The edge node is offline.");
        }

        lock (Sent)
        {
            Sent.Add(value);
        }

        Tell(key.Name, value);
        return Task.CompletedTask;
    }

    public UaChannel Channel() =>
        new(new DeviceEndPoint("127.0.0.1", Server.EndPoint.Port), Server.EndpointUrl, UaSecurity.None(), AnswerTimeout, TimeProvider.System);

    public async Task<UaSession> ConnectAsync(UaUser? user = null)
    {
        var session = new UaSession(Channel(), Server.EndpointUrl, AnswerTimeout);
        await session.OpenAsync(user ?? UaUser.Anonymous, TimeSpan.FromMinutes(1), CancellationToken.None);
        return session;
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    private static MetricKey Key(string name) => new(Node, "line", name);
}
