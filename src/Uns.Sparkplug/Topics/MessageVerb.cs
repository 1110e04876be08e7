namespace Uns.Sparkplug.Topics;

/// <summary>What a Sparkplug message is for: the third level of its topic, or the second for STATE.</summary>
/// <remarks>Sparkplug 3.0, chapter 4.</remarks>
public enum MessageVerb
{
    /// <summary>Birth certificate of an edge node.</summary>
    NBirth,

    /// <summary>Death certificate of an edge node; also its will.</summary>
    NDeath,

    /// <summary>Data of an edge node.</summary>
    NData,

    /// <summary>Command to an edge node.</summary>
    NCmd,

    /// <summary>Birth certificate of a device.</summary>
    DBirth,

    /// <summary>Death certificate of a device.</summary>
    DDeath,

    /// <summary>Data of a device.</summary>
    DData,

    /// <summary>Command to a device.</summary>
    DCmd,

    /// <summary>Birth or death of a host application.</summary>
    State,
}
