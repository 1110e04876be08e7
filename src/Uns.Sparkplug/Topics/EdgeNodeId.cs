namespace Uns.Sparkplug.Topics;

/// <summary>The edge node descriptor: group and node together name one node in the whole infrastructure.</summary>
/// <param name="GroupId">UTF-8, not empty, without <c>/ + #</c>; case matters.</param>
/// <param name="NodeId">The same rules.</param>
public readonly record struct EdgeNodeId(string GroupId, string NodeId)
{
    /// <summary>The descriptor as people write it: <c>group/node</c>.</summary>
    public override string ToString() => $"{GroupId}/{NodeId}";
}
