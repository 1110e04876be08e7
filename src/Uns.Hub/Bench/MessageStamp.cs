using System.Buffers.Binary;

namespace Uns.Hub.Bench;

/// <summary>The head of a payload under test: which stream, which number, when it was due.</summary>
internal static class MessageStamp
{
    /// <summary>Bytes of the stamp; no payload is smaller.</summary>
    public const int Bytes = 20;

    /// <summary>Writes a stamp at the payload's beginning.</summary>
    public static void Write(Span<byte> payload, int stream, long number, long timestamp)
    {
        BinaryPrimitives.WriteInt32LittleEndian(payload, stream);
        BinaryPrimitives.WriteInt64LittleEndian(payload[4..], number);
        BinaryPrimitives.WriteInt64LittleEndian(payload[12..], timestamp);
    }

    /// <summary>Reads the stamp of a payload.</summary>
    /// <exception cref="BenchException">The payload is too short to be ours.</exception>
    public static (int Stream, long Number, long Timestamp) Read(ReadOnlySpan<byte> payload) => payload.Length >= Bytes
        ? (BinaryPrimitives.ReadInt32LittleEndian(payload), BinaryPrimitives.ReadInt64LittleEndian(payload[4..]), BinaryPrimitives.ReadInt64LittleEndian(payload[12..]))
        : throw new BenchException($"A message of {payload.Length} bytes came that this run did not send: let nobody else publish on the broker meanwhile.");
}
