using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;

namespace Uns.Sparkplug;

/// <summary>
/// What one version of the standard says about topics, sequence numbers, clocks and bytes: all that the drafts of the next
/// version change. Sessions ask here; nothing else names the namespace, a width or a unit.
/// </summary>
internal interface ISparkplugVersion
{
    /// <summary>The first level of every topic.</summary>
    string Namespace { get; }

    /// <summary>How many sequence numbers there are: the number after the last one is 0.</summary>
    int SequenceCount { get; }

    /// <summary>Takes a topic name apart.</summary>
    /// <returns>False when it is no topic of this version.</returns>
    bool TryParseTopic(string topic, out SparkplugTopic parsed);

    /// <summary>Finds in whose name a message goes whose topic is none of this version.</summary>
    /// <param name="topic">The topic's name.</param>
    /// <param name="node">Whose it seems to be.</param>
    /// <param name="verb">What it is for; STATE for a verb that does not exist.</param>
    /// <returns>False when no node can be told, and for commands.</returns>
    bool TryOwner(string topic, out EdgeNodeId node, out MessageVerb verb);

    /// <summary>The topic name as it goes on the wire.</summary>
    string Write(in SparkplugTopic topic);

    /// <summary>The time of a number on the wire, in ticks of 100 ns since the year 1, UTC.</summary>
    /// <returns>False for a number that is no time .NET can hold.</returns>
    bool TryTicks(ulong clock, out long ticks);

    /// <summary>A codec of its own for one caller; it keeps its table between payloads.</summary>
    IPayloadScanner Scanner();

    /// <summary>The bytes of a payload.</summary>
    byte[] Write(SparkplugPayload payload);

    /// <summary>A payload as records, for those who take few.</summary>
    /// <exception cref="SparkplugFormatException">The bytes are no payload of this version.</exception>
    SparkplugPayload Read(ReadOnlySpan<byte> wire);
}

/// <summary>Finds the metrics of payloads in their bytes. One caller at a time.</summary>
internal interface IPayloadScanner
{
    /// <summary>Scans one payload as it was received.</summary>
    /// <param name="wire">The PUBLISH's bytes; the frame points into them.</param>
    /// <param name="limits">How much the payload may ask for.</param>
    /// <param name="frame">What was found, when no fault is returned; valid until the next call.</param>
    PayloadFault Scan(ReadOnlySpan<byte> wire, PayloadLimits limits, out PayloadFrame frame);
}

/// <summary>Sparkplug 3.0: <c>spBv1.0</c>, 256 sequence numbers, milliseconds since 1970, the protobuf schema of payload B.</summary>
internal sealed class SparkplugB3 : ISparkplugVersion
{
    private const ulong LastMillisecond = 253_402_300_799_999;

    private SparkplugB3()
    {
    }

    /// <summary>The one there is.</summary>
    public static SparkplugB3 Instance { get; } = new();

    /// <inheritdoc/>
    public string Namespace => SparkplugTopic.Namespace;

    /// <inheritdoc/>
    public int SequenceCount => 256; // [tck-id-payloads-sequence-num-incrementing]

    /// <inheritdoc/>
    public bool TryParseTopic(string topic, out SparkplugTopic parsed) => SparkplugTopic.TryParse(topic, out parsed);

    /// <inheritdoc/>
    public bool TryOwner(string topic, out EdgeNodeId node, out MessageVerb verb) => SparkplugTopic.TryOwner(topic, out node, out verb);

    /// <inheritdoc/>
    public string Write(in SparkplugTopic topic) => topic.ToString();

    /// <inheritdoc/>
    public bool TryTicks(ulong clock, out long ticks)
    {
        ticks = clock <= LastMillisecond ? DateTime.UnixEpoch.Ticks + ((long)clock * TimeSpan.TicksPerMillisecond) : 0;
        return clock <= LastMillisecond; // [tck-id-payloads-timestamp-in-UTC]
    }

    /// <inheritdoc/>
    public IPayloadScanner Scanner() => new PayloadScanner();

    /// <inheritdoc/>
    public byte[] Write(SparkplugPayload payload) => PayloadWriter.Write(payload);

    /// <inheritdoc/>
    public SparkplugPayload Read(ReadOnlySpan<byte> wire) => PayloadReader.Read(wire);
}
