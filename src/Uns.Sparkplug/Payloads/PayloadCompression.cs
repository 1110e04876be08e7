using System.IO.Compression;
using System.Text;

namespace Uns.Sparkplug.Payloads;

/// <summary>Expands payloads that were compressed by the convention of Eclipse Tahu: an outer payload carries the inner one as its body.</summary>
/// <remarks>Not part of Sparkplug 3.0; met in plants. Read only: this hub never sends it.</remarks>
internal static class PayloadCompression
{
    /// <summary>The outer payload's uuid.</summary>
    public const string Marker = "SPBV1.0_COMPRESSED";

    /// <summary>The inner payload, with the outer one's seq.</summary>
    /// <exception cref="SparkplugFormatException">The body cannot be expanded, grows beyond the limits, or is compressed once more.</exception>
    public static SparkplugPayload Expand(SparkplugPayload outer, PayloadLimits limits)
    {
        var body = outer.Body ?? throw new SparkplugFormatException("A compressed payload has no body.");
        var inner = PayloadReader.ReadPlain(Inflate(body, Algorithm(outer), limits), limits);
        if (inner.Uuid == Marker)
        {
            throw new SparkplugFormatException("A compressed payload holds another compressed payload.");
        }

        return inner with { Seq = outer.Seq ?? inner.Seq, Timestamp = outer.Timestamp ?? inner.Timestamp };
    }

    private static string Algorithm(SparkplugPayload outer) =>
        outer.Metrics.FirstOrDefault(m => m.Name == "algorithm")?.Value.Object as string ?? "DEFLATE";

    private static byte[] Inflate(byte[] body, string algorithm, PayloadLimits limits)
    {
        using var packed = new MemoryStream(body, writable: false);
        using Stream inflater = algorithm.ToUpperInvariant() switch
        {
            "GZIP" => new GZipStream(packed, CompressionMode.Decompress),

            // Tahu's DEFLATE is the zlib format of RFC 1950, not the bare stream.
            "DEFLATE" => new ZLibStream(packed, CompressionMode.Decompress),
            _ => throw new SparkplugFormatException($"The compression '{Shown(algorithm)}' is not known: GZIP and DEFLATE are."),
        };

        // Small messages may expand freely up to 64 KiB; above that the ratio rules.
        var most = (int)Math.Min(limits.ExpandedBytes, Math.Max(64 * 1024, (long)body.Length * limits.ExpansionRatio));
        using var plain = new MemoryStream();
        var chunk = new byte[16 * 1024];
        try
        {
            for (int count; (count = inflater.Read(chunk)) > 0;)
            {
                if (plain.Length + count > most)
                {
                    throw new SparkplugFormatException($"A compressed payload of {body.Length} bytes expands beyond {most} bytes.");
                }

                plain.Write(chunk, 0, count);
            }
        }
        catch (Exception fault) when (fault is InvalidDataException or IOException)
        {
            throw new SparkplugFormatException($"A compressed payload cannot be expanded: {fault.Message}", inner: fault);
        }

        return plain.ToArray();
    }

    private static string Shown(string text) => text.Length <= 32 ? text : new StringBuilder(text, 0, 32, 33).Append('…').ToString();
}
