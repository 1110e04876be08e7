using System.IO.Compression;
using System.Text;
using Uns.Tags;

namespace Uns.Sparkplug.Payloads;

/// <summary>How a compressed payload is packed.</summary>
public enum CompressionAlgorithm
{
    /// <summary>The zlib format of RFC 1950; what no name means.</summary>
    Deflate,

    /// <summary>The gzip format of RFC 1952.</summary>
    Gzip,
}

/// <summary>Compressed payloads by the convention of Eclipse Tahu: an outer payload carries the inner one as its body.</summary>
/// <remarks>Not part of Sparkplug 3.0; met in plants. Read everywhere; this hub's own edge node never sends it. Safe to call from many threads.</remarks>
public static class PayloadCompression
{
    /// <summary>The outer payload's uuid.</summary>
    public const string Marker = "SPBV1.0_COMPRESSED";

    private const string AlgorithmName = "algorithm";
    private const int FreeExpansion = 64 * 1024; // Small messages may expand to this; above it the ratio rules.

    /// <summary>Packs a payload; seq and timestamp stand outside too.</summary>
    public static SparkplugPayload Compress(SparkplugPayload payload, CompressionAlgorithm algorithm = CompressionAlgorithm.Deflate)
    {
        using var packed = new MemoryStream();
        using (Stream packer = algorithm == CompressionAlgorithm.Gzip
            ? new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true)
            : new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            packer.Write(PayloadWriter.Write(payload));
        }

        return new SparkplugPayload
        {
            Timestamp = payload.Timestamp,
            Seq = payload.Seq,
            Uuid = Marker,
            Body = packed.ToArray(),
            Metrics = [Metric.Of(AlgorithmName, TagValue.Of(algorithm == CompressionAlgorithm.Gzip ? "GZIP" : "DEFLATE"))],
        };
    }

    /// <summary>The inner payload, with the outer one's seq and timestamp where it has them.</summary>
    internal static bool TryExpand(SparkplugPayload outer, PayloadLimits limits, out SparkplugPayload inner, out PayloadFault fault)
    {
        inner = new SparkplugPayload();
        var algorithm = outer.Metrics.FirstOrDefault(m => m.Name == AlgorithmName)?.Value.Object as string;
        if (!TryInflate(outer.Body, algorithm, limits, out var plain, out fault) || !PayloadReader.TryReadPlain(plain, limits, out inner, out fault))
        {
            return false;
        }

        if (inner.Uuid == Marker)
        {
            fault = Nested;
            return false;
        }

        inner = inner with { Seq = outer.Seq ?? inner.Seq, Timestamp = outer.Timestamp ?? inner.Timestamp };
        return true;
    }

    /// <summary>A compressed payload within a compressed one.</summary>
    internal static PayloadFault Nested { get; } = new(PayloadFaultKind.Compression, -1, "A compressed payload holds another compressed payload.");

    /// <summary>The bytes of the inner payload.</summary>
    /// <param name="body">The outer payload's body; null when it has none.</param>
    /// <param name="algorithm">What its metric <c>algorithm</c> says, in any case; null when it says nothing.</param>
    /// <param name="limits">How far it may expand.</param>
    /// <param name="plain">The bytes, when true is returned.</param>
    /// <param name="fault">What is wrong, when false is returned.</param>
    internal static bool TryInflate(byte[]? body, string? algorithm, PayloadLimits limits, out byte[] plain, out PayloadFault fault)
    {
        plain = [];
        fault = default;
        var isGzip = string.Equals(algorithm, "GZIP", StringComparison.OrdinalIgnoreCase);
        if (body is null)
        {
            fault = new(PayloadFaultKind.Compression, -1, "A compressed payload has no body.");
        }
        else if (algorithm is not null && !isGzip && !string.Equals(algorithm, "DEFLATE", StringComparison.OrdinalIgnoreCase))
        {
            fault = new(PayloadFaultKind.Compression, -1, $"The compression '{Shown(algorithm)}' is not known: GZIP and DEFLATE are.");
        }
        else
        {
            return TryInflate(body, isGzip, limits, out plain, out fault);
        }

        return false;
    }

    private static bool TryInflate(byte[] body, bool isGzip, PayloadLimits limits, out byte[] plain, out PayloadFault fault)
    {
        plain = [];
        fault = default;
        using var packed = new MemoryStream(body, writable: false);

        // Tahu's DEFLATE is the zlib format of RFC 1950, not the bare stream.
        using Stream inflater = isGzip ? new GZipStream(packed, CompressionMode.Decompress) : new ZLibStream(packed, CompressionMode.Decompress);
        var most = (int)Math.Min(limits.ExpandedBytes, Math.Max(FreeExpansion, (long)body.Length * limits.ExpansionRatio));
        using var expanded = new MemoryStream();
        var chunk = new byte[16 * 1024];
        try
        {
            for (int count; (count = inflater.Read(chunk)) > 0;)
            {
                if (expanded.Length + count > most)
                {
                    fault = new(PayloadFaultKind.Compression, -1, $"A compressed payload of {body.Length} bytes expands beyond {most} bytes.");
                    return false;
                }

                expanded.Write(chunk, 0, count);
            }
        }
        catch (Exception damaged) when (damaged is InvalidDataException or IOException)
        {
            fault = new(PayloadFaultKind.Compression, -1, $"A compressed payload cannot be expanded: {damaged.Message}");
            return false;
        }

        plain = expanded.ToArray();
        return true;
    }

    private static string Shown(string text) => text.Length <= 32 ? text : new StringBuilder(text, 0, 32, 33).Append('…').ToString();
}
