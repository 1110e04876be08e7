using System.Buffers.Binary;
using System.Text;

namespace Uns.Connectors.OpcUa.Wire;

/// <summary>
/// Frames as the diagnostics keep them: kind, size, channel, sequence number, request id and the body, unprotected, without what nobody may see: tokens of
/// channel and session, certificates, nonces, users and passwords.
/// </summary>
internal static class UaFrame
{
    /// <summary>Most bytes kept of one frame.</summary>
    public const int MostBytes = 1024;

    private const int HeaderBytes = 20;
    private const uint CreateSessionAnswer = 464;
    private const uint ActivateSession = 467;
    private const uint ServiceFault = 397;

    private static readonly Dictionary<uint, string> Services = new()
    {
        [422] = "FindServers",
        [428] = "GetEndpoints",
        [452] = "CloseSecureChannel",
        [461] = "CreateSession",
        [467] = "ActivateSession",
        [473] = "CloseSession",
        [527] = "Browse",
        [533] = "BrowseNext",
        [554] = "TranslateBrowsePathsToNodeIds",
        [631] = "Read",
        [664] = "HistoryRead",
        [673] = "Write",
        [712] = "Call",
        [751] = "CreateMonitoredItems",
        [781] = "DeleteMonitoredItems",
        [787] = "CreateSubscription",
        [826] = "Publish",
        [832] = "Republish",
        [841] = "TransferSubscriptions",
        [847] = "DeleteSubscriptions",
    };

    /// <summary>What is kept of a frame.</summary>
    /// <param name="kind">MSG, OPN or CLO.</param>
    /// <param name="final">F, C or A.</param>
    /// <param name="wireBytes">How many bytes it had on the wire.</param>
    /// <param name="channel">Number of the channel.</param>
    /// <param name="sequence">Its sequence number.</param>
    /// <param name="request">Number of the request.</param>
    /// <param name="body">Its part of the message, in the open.</param>
    /// <param name="isFirst">True for the first part: of the others, and of tokens, only the header is kept.</param>
    /// <param name="isAnswer">True for what the server sent.</param>
    public static byte[] Keep(string kind, char final, int wireBytes, uint channel, uint sequence, uint request, ReadOnlySpan<byte> body, bool isFirst, bool isAnswer)
    {
        var kept = isFirst && kind != "OPN" ? body[..Math.Min(body.Length, MostBytes - HeaderBytes)] : default;
        var frame = new byte[HeaderBytes + kept.Length];
        Encoding.ASCII.GetBytes(kind, frame);
        frame[3] = (byte)final;
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(4), wireBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(8), channel);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(12), sequence);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(16), request);
        kept.CopyTo(frame.AsSpan(HeaderBytes));
        if (kept.Length > 0)
        {
            Blank(frame.AsSpan(HeaderBytes), isAnswer);
        }

        return frame;
    }

    /// <summary>A kept frame in words; null when it is none of ours.</summary>
    public static string? Explain(TrafficFrame frame)
    {
        var bytes = frame.Bytes.Span;
        if (bytes.Length < 8)
        {
            return null;
        }

        var kind = Encoding.ASCII.GetString(bytes[..3]);
        try
        {
            return kind switch
            {
                "HEL" => "Hello",
                "ACK" => "Acknowledge",
                "ERR" => Error(bytes),
                "OPN" => $"OpenSecureChannel {(frame.Kind == FrameKind.Sent ? "request" : "answer")} {Number(bytes)}",
                "MSG" or "CLO" => Message(bytes, frame.Kind),
                _ => null,
            };
        }
        catch (UaFormatException)
        {
            return $"{kind} that cannot be read";
        }
    }

    private static string Error(ReadOnlySpan<byte> bytes)
    {
        var reader = new UaReader(bytes[8..]);
        return $"Error {StatusCode.Name(reader.UInt32())} {reader.String()}".TrimEnd();
    }

    private static string Message(ReadOnlySpan<byte> bytes, FrameKind kind)
    {
        if (bytes.Length <= HeaderBytes)
        {
            return $"{(bytes[3] == 'A' ? "Given up" : "A further part of")} {Number(bytes)}";
        }

        var reader = new UaReader(bytes[HeaderBytes..]);
        var type = reader.NodeId().Number;
        var part = bytes[3] == 'C' ? ", first part" : "";
        if (kind == FrameKind.Sent)
        {
            return $"{Services.GetValueOrDefault(type, $"Service i={type}")} request {Number(bytes)}{part}";
        }

        reader.DateTime();
        reader.UInt32();
        var status = reader.UInt32();
        var name = type == ServiceFault ? "Fault as" : Services.GetValueOrDefault(type - 3, $"Service i={type}"); // Every answer's id stands three behind its request's.
        return $"{name} answer {Number(bytes)}{part}{(status == 0 ? "" : $": {StatusCode.Name(status)}")}";
    }

    private static uint Number(ReadOnlySpan<byte> bytes) => bytes.Length >= HeaderBytes ? BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]) : 0;

    // The session's token is as good as a password; so are the parts of the two services that make a session.
    private static void Blank(Span<byte> body, bool isAnswer)
    {
        try
        {
            var reader = new UaReader(body);
            var type = reader.NodeId().Number;
            var start = body.Length - reader.Left;
            if (!isAnswer)
            {
                reader.NodeId();
                body[(start + 1)..^reader.Left].Clear();
            }

            if (type is ActivateSession or CreateSessionAnswer)
            {
                // A request's header goes on with time, handle and so on, an answer's begins with time, handle and result.
                body[(isAnswer ? start + 16 : body.Length - reader.Left)..].Clear();
            }
        }
        catch (UaFormatException)
        {
            body.Clear(); // What cannot be read is not shown.
        }
    }
}
