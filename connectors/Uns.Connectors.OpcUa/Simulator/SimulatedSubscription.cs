using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa;

/// <summary>One subscription of a simulated server: looks at its items at each publishing interval and says what changed.</summary>
/// <remarks>OPC 10000-4, 5.13.1. Pure but for the space it reads; one caller at a time.</remarks>
internal sealed class SimulatedSubscription(uint id, TimeSpan interval, uint keepAliveCount)
{
    private readonly List<Item> _items = [];
    private uint _sequence;
    private uint _silent;

    public uint Id { get; } = id;

    public TimeSpan Interval { get; } = interval;

    public uint KeepAliveCount { get; } = keepAliveCount;

    public long DueAt { get; set; }

    public void Add(NodeId node, uint attribute, uint handle) => _items.Add(new Item(node, attribute, handle));

    /// <summary>The notification message that is due; null when nothing changed and no sign of life is due.</summary>
    public UaWriter? Message(SimulatedSpace space, DateTimeOffset now)
    {
        var values = new UaWriter();
        var count = 0;
        foreach (var item in _items)
        {
            var value = space.Read(item.Node, item.Attribute);
            if (item.Told && Equals(value.Value, item.Last.Value) && value.Status == item.Last.Status)
            {
                continue;
            }

            (item.Last, item.Told) = (value, true);
            values.UInt32(item.Handle).DataValue(value);
            count++;
        }

        if (count == 0 && ++_silent < KeepAliveCount)
        {
            return null;
        }

        _silent = 0;
        var message = new UaWriter().UInt32(Id).Int32(0).Boolean(false);
        if (count == 0)
        {
            return message.UInt32(_sequence + 1).DateTime(now).Int32(0); // A keep-alive names the next number without using it up.
        }

        var change = new UaWriter().Int32(count).Raw(values.Written.Span).Int32(0);
        return message.UInt32(++_sequence).DateTime(now).Int32(1).ExtensionObject(811, change);
    }

    private sealed class Item(NodeId node, uint attribute, uint handle)
    {
        public NodeId Node { get; } = node;

        public uint Attribute { get; } = attribute;

        public uint Handle { get; } = handle;

        public UaDataValue Last { get; set; }

        public bool Told { get; set; }
    }
}
