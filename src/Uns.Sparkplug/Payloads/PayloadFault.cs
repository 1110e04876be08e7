namespace Uns.Sparkplug.Payloads;

/// <summary>Why bytes are not taken as a payload.</summary>
public enum PayloadFaultKind
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>A field or number ends early: the payload is cut or damaged.</summary>
    Cut,

    /// <summary>A number has more than 10 bytes.</summary>
    LongNumber,

    /// <summary>A field number is 0 or above 2^29 - 1, or a wire type does not exist in Sparkplug.</summary>
    BadField,

    /// <summary>The payload has more bytes than <see cref="PayloadLimits.Bytes"/>.</summary>
    TooLong,

    /// <summary>The payload has more parts than <see cref="PayloadLimits.Elements"/>, or would need more memory than its length allows.</summary>
    TooManyParts,

    /// <summary>Templates and property sets nest deeper than <see cref="PayloadLimits.Depth"/>.</summary>
    TooDeep,

    /// <summary>The seq is above 255. [tck-id-payloads-sequence-num-incrementing]</summary>
    SeqOutOfRange,

    /// <summary>A compressed payload has no body, an unknown algorithm, a damaged body, grows beyond the limits, or holds another one.</summary>
    Compression,
}

/// <summary>What is wrong with a payload and where.</summary>
/// <param name="Kind">None when nothing is.</param>
/// <param name="Offset">The byte at which reading stopped, counted from 0; -1 when it is not known.</param>
/// <param name="Detail">What was found, where the kind alone does not say it; null otherwise.</param>
public readonly record struct PayloadFault(PayloadFaultKind Kind, int Offset = -1, string? Detail = null)
{
    /// <summary>One sentence: what was found and what is wanted.</summary>
    public override string ToString() => (Detail ?? Kind switch
    {
        PayloadFaultKind.None => "Nothing is wrong.",
        PayloadFaultKind.Cut => "A field ends early: the payload is cut or damaged.",
        PayloadFaultKind.LongNumber => "A number has more than 10 bytes.",
        PayloadFaultKind.BadField => "A field number or wire type does not exist.",
        PayloadFaultKind.TooLong => "The payload is longer than is read.",
        PayloadFaultKind.TooManyParts => "The payload holds more parts than its length allows.",
        PayloadFaultKind.TooDeep => "The payload nests deeper than is read.",
        PayloadFaultKind.SeqOutOfRange => "seq is above 255: 0 to 255 is wanted.",
        _ => "The compressed payload cannot be expanded.",
    }) + (Offset < 0 ? "" : $" (at byte {Offset})");
}
