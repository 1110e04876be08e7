namespace Uns.Connectors;

/// <summary>Where a worker stands.</summary>
public enum ConnectorState
{
    /// <summary>Not started, or ended.</summary>
    Stopped = 0,

    /// <summary>The first attempt to reach the device.</summary>
    Connecting = 1,

    /// <summary>Connected; reads or listens.</summary>
    Running = 2,

    /// <summary>The device is gone; tried again with back-off.</summary>
    Reconnecting = 3,

    /// <summary>The connector's own logic failed, which is a fault of this software; it is started anew after the longest back-off.</summary>
    Faulted = 4,
}

/// <summary>What one worker has to say about its device, at one moment.</summary>
/// <param name="Device">The device's name.</param>
/// <param name="State">Where the worker stands.</param>
/// <param name="Since">When it came to that state. UTC.</param>
/// <param name="LastError">The last failure in one sentence; null when there was none. Stays after recovery.</param>
/// <param name="Reads">Reads of a poll group that ended well.</param>
/// <param name="Failures">Connection attempts, reads and writes that broke the connection.</param>
/// <param name="MissedCycles">Poll cycles left out because the one before was still running.</param>
/// <param name="LastRead">When a read last ended well; null when none did. UTC.</param>
/// <param name="RoundTrip">How long the last good read of a poll group took; null when there was none.</param>
public sealed record ConnectorStatus(
    string Device,
    ConnectorState State,
    DateTimeOffset Since,
    string? LastError,
    long Reads,
    long Failures,
    long MissedCycles,
    DateTimeOffset? LastRead,
    TimeSpan? RoundTrip);
