using Uns.Tags;

namespace Uns.Connectors.S7.Wire;

/// <summary>Reads what a CPU's clock shows. Pure.</summary>
internal static class S7Clock
{
    public const byte ReadFunction = 1;

    /// <summary>Bytes of the answer: two that say the century, and a DATE_AND_TIME.</summary>
    public const int Bytes = 10;

    private static readonly S7Address Moment = new(S7Area.DataBlock, 0, 0, 0, S7Type.DateAndTime, 0);

    /// <summary>The moment in the answer; null when it is none.</summary>
    public static DateTime? Read(ReadOnlySpan<byte> content) =>
        content.Length >= Bytes && S7Value.Read(content[2..Bytes], Moment, out var value) is null
            ? DateTime.SpecifyKind(value.Time.UtcDateTime, DateTimeKind.Unspecified)
            : null;

    /// <summary>The answer that says a moment.</summary>
    public static byte[] Write(DateTimeOffset moment)
    {
        _ = S7Value.Write(TagValue.Of(moment), Moment, out var bytes);
        return [0, 0x20, .. bytes];
    }
}
