namespace Uns.Sparkplug.Payloads;

/// <summary>Bytes that are not a Sparkplug payload, or one beyond the limits. The message says what was found and what is wanted.</summary>
public sealed class SparkplugFormatException : Exception
{
    /// <summary>A fault at a known byte.</summary>
    /// <param name="message">What was found and what is wanted.</param>
    /// <param name="offset">The byte at which reading stopped, counted from 0; -1 when it is not known.</param>
    /// <param name="inner">What the codec below said, if anything.</param>
    public SparkplugFormatException(string message, int offset = -1, Exception? inner = null)
        : base(offset < 0 ? message : $"{message} (at byte {offset})", inner) => Offset = offset;

    /// <summary>A fault of a payload.</summary>
    /// <param name="fault">What is wrong and where.</param>
    public SparkplugFormatException(PayloadFault fault)
        : base(fault.ToString()) => (Offset, Kind) = (fault.Offset, fault.Kind);

    /// <summary>What is wrong.</summary>
    public PayloadFaultKind Kind { get; } = PayloadFaultKind.BadField;

    /// <summary>The byte at which reading stopped, counted from 0; -1 when it is not known.</summary>
    public int Offset { get; }
}
