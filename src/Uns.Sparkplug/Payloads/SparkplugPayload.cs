namespace Uns.Sparkplug.Payloads;

/// <summary>One Sparkplug B payload. What is null was not there.</summary>
/// <remarks>Sparkplug 3.0, chapter 6, Payload.</remarks>
public sealed record SparkplugPayload
{
    /// <summary>When the message was sent, UTC to the millisecond. Null also for a number outside .NET's range.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>The edge node's message number, 0 to 255.</summary>
    public int? Seq { get; init; }

    /// <summary>In wire order.</summary>
    public IReadOnlyList<Metric> Metrics { get; init; } = [];

    /// <summary>Names a schema or a convention for <see cref="Body"/>.</summary>
    public string? Uuid { get; init; }

    /// <summary>Custom binary data.</summary>
    public byte[]? Body { get; init; }

    /// <summary>Fields that this version does not know, as they came; they are written again.</summary>
    public ReadOnlyMemory<byte> Unknown { get; init; }
}
