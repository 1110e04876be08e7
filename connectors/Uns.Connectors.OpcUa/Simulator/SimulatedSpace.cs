using System.Collections.Concurrent;
using Uns.Connectors.OpcUa.Server;
using Uns.Tags;

namespace Uns.Connectors.OpcUa;

/// <summary>The nodes of a simulated server: folders, and variables that follow a signal or keep what was written.</summary>
internal sealed class SimulatedSpace : IUaSpace
{
    public const string Uri = "urn:uns:simulator";

    private readonly Dictionary<string, Node> _nodes = new(StringComparer.Ordinal);
    private readonly List<IUaNode> _roots = [];
    private readonly ConcurrentDictionary<string, bool> _refused = new(StringComparer.Ordinal);
    private readonly TimeProvider _clock;

    public SimulatedSpace(IEnumerable<SimulatedVariable> variables, TimeProvider clock, string namespaceUri)
    {
        (_clock, NamespaceUri) = (clock, namespaceUri);
        foreach (var variable in variables)
        {
            var parts = variable.Path.Split('/');
            Node? parent = null;
            for (var depth = 1; depth < parts.Length; depth++)
            {
                parent = Add(parent, string.Join('.', parts[..depth]), parts[depth - 1], null, null);
            }

            Add(parent, variable.Id ?? string.Join('.', parts), parts[^1], variable, clock);
        }
    }

    public string NamespaceUri { get; }

    public bool HasTypedIds => true;

    public IReadOnlyList<IUaNode> Roots => _roots;

    public IUaNode? Find(string id) => _refused.ContainsKey(id) ? null : _nodes.GetValueOrDefault(id);

    /// <summary>Sets a variable, as the plant would.</summary>
    public void Set(string id, TagValue value) => _nodes[id].Write(value, _clock.GetUtcNow());

    /// <summary>Takes a node out, or puts it back.</summary>
    public void Refuse(string id, bool isRefused)
    {
        if (isRefused)
        {
            _refused[id] = true;
        }
        else
        {
            _refused.TryRemove(id, out _);
        }
    }

    public Task<UaWriteAnswer> WriteAsync(IUaNode node, TagValue value, CancellationToken cancellationToken)
    {
        ((Node)node).Write(value, _clock.GetUtcNow());
        return Task.FromResult(UaWriteAnswer.Done);
    }

    private Node Add(Node? parent, string id, string name, SimulatedVariable? variable, TimeProvider? clock)
    {
        if (!_nodes.TryGetValue(id, out var node))
        {
            node = new Node(this, parent, id, name, variable, clock);
            _nodes.Add(id, node);
            (parent?.Below ?? _roots).Add(node);
        }

        return node;
    }

    private sealed class Node : IUaNode
    {
        private readonly SimulatedSpace _space;
        private readonly Signal? _signal;
        private readonly TimeProvider? _clock;
        private readonly long _start;
        private Held _held;

        public Node(SimulatedSpace space, Node? parent, string id, string name, SimulatedVariable? variable, TimeProvider? clock)
        {
            _space = space;
            (Parent, Id, Name, _signal, _clock) = (parent, id, name, variable?.Signal, clock);
            _start = clock?.GetTimestamp() ?? 0;
            Definition = variable is null ? null : new TagDefinition { Name = name, DataType = variable.Type, Writable = variable.Signal is null };
            _held = new(variable is null ? default : Make(variable.Type, 0), clock?.GetUtcNow() ?? default);
        }

        public string Id { get; }

        public string Name { get; }

        public IUaNode? Parent { get; }

        public List<IUaNode> Below { get; } = [];

        public IReadOnlyList<IUaNode> Children => Below;

        public TagDefinition? Definition { get; }

        public bool IsGone => _space._refused.ContainsKey(Id);

        public UaReading Read(DateTimeOffset now)
        {
            var held = Volatile.Read(ref _held);
            return _signal is { } signal
                ? new(Make(Definition!.DataType, signal.At(_clock!.GetElapsedTime(_start))), TagQuality.Good, now)
                : new(held.Value, TagQuality.Good, held.Time);
        }

        public void Write(TagValue value, DateTimeOffset now) => Volatile.Write(ref _held, new(value, now));

        private static TagValue Make(DataType type, double number) => type switch
        {
            DataType.Boolean => TagValue.Of(number >= 0.5),
            DataType.Float => TagValue.Of((float)number),
            DataType.Double => TagValue.Of(number),
            DataType.String => TagValue.Of(""),
            DataType.UInt64 => TagValue.OfInteger(type, (long)(ulong)number),
            >= DataType.Int8 and <= DataType.UInt32 => TagValue.OfInteger(type, (long)number),
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "A simulated variable is Boolean, a number or String."),
        };

        private sealed record Held(TagValue Value, DateTimeOffset Time);
    }
}
