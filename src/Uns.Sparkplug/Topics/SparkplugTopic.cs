using System.Buffers;

namespace Uns.Sparkplug.Topics;

/// <summary>One Sparkplug topic name, taken apart: <c>spBv1.0/group/verb/node[/device]</c> or <c>spBv1.0/STATE/host</c>.</summary>
/// <remarks>[tck-id-topic-structure], [tck-id-topic-structure-namespace-a]. Immutable.</remarks>
public readonly record struct SparkplugTopic
{
    /// <summary>The first level of every Sparkplug B topic.</summary>
    public const string Namespace = "spBv1.0";

    /// <summary>What a host subscribes to in order to hear all nodes.</summary>
    public const string AllFilter = Namespace + "/#";

    private static readonly SearchValues<char> Forbidden = SearchValues.Create("+#/\0");

    private SparkplugTopic(MessageVerb verb, EdgeNodeId node, string? device, string? hostId)
    {
        Verb = verb;
        Node = node;
        Device = device;
        HostId = hostId;
    }

    /// <summary>What the message is for.</summary>
    public MessageVerb Verb { get; }

    /// <summary>The edge node spoken of; empty for STATE.</summary>
    public EdgeNodeId Node { get; }

    /// <summary>The device spoken of; null for the node's own messages and for STATE.</summary>
    public string? Device { get; }

    /// <summary>The host application of a STATE topic; null for every other verb.</summary>
    public string? HostId { get; }

    /// <summary>A topic of the node itself: NBIRTH, NDEATH, NDATA or NCMD.</summary>
    /// <exception cref="ArgumentException">The verb needs a device or a host, or an id cannot stand in a topic.</exception>
    public static SparkplugTopic OfNode(MessageVerb verb, EdgeNodeId node)
    {
        // [tck-id-topic-structure-namespace-device-id-non-associated-message-types]
        if (verb > MessageVerb.NCmd)
        {
            throw new ArgumentException($"{verb} is not a message of a node alone.", nameof(verb));
        }

        return new(verb, Checked(node), null, null);
    }

    /// <summary>A topic of one device: DBIRTH, DDEATH, DDATA or DCMD.</summary>
    /// <exception cref="ArgumentException">The verb has no device, or an id cannot stand in a topic.</exception>
    public static SparkplugTopic OfDevice(MessageVerb verb, EdgeNodeId node, string device)
    {
        // [tck-id-topic-structure-namespace-device-id-associated-message-types]
        if (verb is < MessageVerb.DBirth or > MessageVerb.DCmd)
        {
            throw new ArgumentException($"{verb} is not a message of a device.", nameof(verb));
        }

        Check(device, "device id");
        return new(verb, Checked(node), device, null);
    }

    /// <summary>The STATE topic of a host application.</summary>
    /// <exception cref="ArgumentException">The id cannot stand in a topic.</exception>
    /// <remarks>[tck-id-host-topic-phid-birth-topic]</remarks>
    public static SparkplugTopic OfState(string hostId)
    {
        Check(hostId, "host id");
        return new(MessageVerb.State, default, null, hostId);
    }

    /// <summary>Takes a topic name apart.</summary>
    /// <returns>False when it is not a Sparkplug B topic: another namespace, verb or number of levels, or an empty level.</returns>
    public static bool TryParse(string topic, out SparkplugTopic parsed)
    {
        parsed = default;
        if (topic is null || !topic.StartsWith(Namespace + "/", StringComparison.Ordinal))
        {
            return false;
        }

        var levels = topic.Split('/');
        if (levels.Length is < 3 or > 5)
        {
            return false;
        }

        for (var i = 1; i < levels.Length; i++)
        {
            if (Fault(levels[i]) is not null)
            {
                return false;
            }
        }

        if (levels.Length == 3)
        {
            parsed = new(MessageVerb.State, default, null, levels[2]);
            return levels[1] == "STATE";
        }

        if (VerbOf(levels[2]) is not { } verb || verb >= MessageVerb.DBirth != (levels.Length == 5))
        {
            return false;
        }

        parsed = new(verb, new EdgeNodeId(levels[1], levels[3]), levels.Length == 5 ? levels[4] : null, null);
        return true;
    }

    /// <summary>Finds the edge node in whose name a message goes that <see cref="TryParse"/> does not take: with a device too many or none, more levels, or another verb.</summary>
    /// <param name="topic">The topic's name.</param>
    /// <param name="node">Whose it seems to be.</param>
    /// <param name="verb">What it is for; STATE for a verb that does not exist.</param>
    /// <returns>False when no node can be told, and for commands, which hosts send.</returns>
    internal static bool TryOwner(string topic, out EdgeNodeId node, out MessageVerb verb)
    {
        var levels = topic.Split('/', 6);
        if (levels is not [Namespace, var group, var said, var name, ..] || Fault(group) is not null || Fault(name) is not null)
        {
            (node, verb) = (default, default);
            return false;
        }

        (node, verb) = (new(group, name), VerbOf(said) ?? MessageVerb.State);
        return verb is not (MessageVerb.NCmd or MessageVerb.DCmd);
    }

    /// <summary>Finds what is wrong with a group, edge node, device or host id.</summary>
    /// <returns>Null when the id can stand in a topic; else one sentence that says what to change.</returns>
    /// <remarks>[tck-id-topic-structure-namespace-valid-group-id] and its likes for node and device.</remarks>
    public static string? Fault(string id)
    {
        if (string.IsNullOrEmpty(id))
        {
            return "is empty: give an id.";
        }

        var at = id.AsSpan().IndexOfAny(Forbidden);
        return at < 0 ? null : $"holds the character U+{(int)id[at]:X4} in '{id}', which a topic level cannot carry: leave it out.";
    }

    /// <summary>The topic name as it goes on the wire.</summary>
    public override string ToString() => Verb switch
    {
        MessageVerb.State => $"{Namespace}/STATE/{HostId}",
        _ when Device is null => $"{Namespace}/{Node.GroupId}/{NameOf(Verb)}/{Node.NodeId}",
        _ => $"{Namespace}/{Node.GroupId}/{NameOf(Verb)}/{Node.NodeId}/{Device}",
    };

    private static string NameOf(MessageVerb verb) => verb switch
    {
        MessageVerb.NBirth => "NBIRTH",
        MessageVerb.NDeath => "NDEATH",
        MessageVerb.NData => "NDATA",
        MessageVerb.NCmd => "NCMD",
        MessageVerb.DBirth => "DBIRTH",
        MessageVerb.DDeath => "DDEATH",
        MessageVerb.DData => "DDATA",
        MessageVerb.DCmd => "DCMD",
        _ => "STATE",
    };

    private static MessageVerb? VerbOf(string level) => level switch
    {
        "NBIRTH" => MessageVerb.NBirth,
        "NDEATH" => MessageVerb.NDeath,
        "NDATA" => MessageVerb.NData,
        "NCMD" => MessageVerb.NCmd,
        "DBIRTH" => MessageVerb.DBirth,
        "DDEATH" => MessageVerb.DDeath,
        "DDATA" => MessageVerb.DData,
        "DCMD" => MessageVerb.DCmd,
        _ => null,
    };

    private static EdgeNodeId Checked(EdgeNodeId node)
    {
        Check(node.GroupId, "group id");
        Check(node.NodeId, "edge node id");
        return node;
    }

    private static void Check(string id, string what)
    {
        if (Fault(id) is { } fault)
        {
            throw new ArgumentException($"The {what} {fault}", nameof(id));
        }
    }
}
