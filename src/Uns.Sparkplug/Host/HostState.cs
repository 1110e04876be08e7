using System.Text.Json;

namespace Uns.Sparkplug.Host;

/// <summary>What to do about a message on the host's own STATE topic.</summary>
public enum StateVerdict
{
    /// <summary>Nothing: it is our own word, or we are leaving.</summary>
    Leave,

    /// <summary>Say again that we are online, with the same timestamp.</summary>
    SayAgain,

    /// <summary>Someone used a newer timestamp: only a new connection gives us one that counts more.</summary>
    ConnectAgain,

    /// <summary>Another host says it is online under our id: a fault of the plant, to be told.</summary>
    Stranger,
}

/// <summary>The host's own STATE: its timestamp for one connection, its payloads, and its defence. Pure.</summary>
/// <remarks>Sparkplug 3.0, chapter 5, host application session.</remarks>
public sealed class HostState
{
    private DateTimeOffset _newestSeen = DateTimeOffset.MinValue;

    /// <summary>The time of this connection's CONNECT, to the millisecond; will and birth share it.</summary>
    public DateTimeOffset Timestamp { get; private set; }

    /// <summary>True from the birth to the planned end of the connection.</summary>
    public bool IsAnnounced { get; private set; }

    /// <summary>Starts a connection: a new timestamp, never older than one seen on our topic.</summary>
    /// <returns>The will's payload. [tck-id-host-topic-phid-death-payload-timestamp-connect]</returns>
    public byte[] Connect(DateTimeOffset now)
    {
        Timestamp = DateTimeOffset.FromUnixTimeMilliseconds(Math.Max(now.ToUnixTimeMilliseconds(), _newestSeen.ToUnixTimeMilliseconds() + 1));
        IsAnnounced = false;
        return Write(isOnline: false, Timestamp);
    }

    /// <summary>The birth's payload; from now on the topic is defended. [tck-id-host-topic-phid-birth-payload-timestamp]</summary>
    public byte[] Announce()
    {
        IsAnnounced = true;
        return Write(isOnline: true, Timestamp);
    }

    /// <summary>The payload of a planned end; the topic is defended no longer.</summary>
    /// <remarks>[tck-id-host-topic-phid-death-payload-timestamp-disconnect-clean]</remarks>
    public byte[] Leave(DateTimeOffset now)
    {
        IsAnnounced = false;
        return Write(isOnline: false, now < Timestamp ? Timestamp : now);
    }

    /// <summary>Judges a message on our own topic.</summary>
    /// <remarks>[tck-id-message-flow-hid-sparkplug-state-message-delivered]</remarks>
    public StateVerdict Judge(ReadOnlySpan<byte> payload)
    {
        var isState = TryRead(payload, out var isOnline, out var timestamp);
        if (isState && timestamp > _newestSeen)
        {
            _newestSeen = timestamp;
        }

        if (!IsAnnounced || (isState && isOnline && timestamp == Timestamp))
        {
            return StateVerdict.Leave;
        }

        if (isState && isOnline)
        {
            // Never answered with our own: two hosts of one name would answer each other for ever.
            return StateVerdict.Stranger;
        }

        return isState && timestamp > Timestamp ? StateVerdict.ConnectAgain : StateVerdict.SayAgain;
    }

    /// <summary>The payload of a STATE message. [tck-id-host-topic-phid-birth-payload]</summary>
    public static byte[] Write(bool isOnline, DateTimeOffset timestamp)
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            json.WriteBoolean("online", isOnline);
            json.WriteNumber("timestamp", timestamp.ToUnixTimeMilliseconds());
            json.WriteEndObject();
        }

        return text.ToArray();
    }

    /// <summary>Reads the payload of a STATE message.</summary>
    /// <returns>False when it is no JSON object with <c>online</c> and <c>timestamp</c>.</returns>
    public static bool TryRead(ReadOnlySpan<byte> payload, out bool isOnline, out DateTimeOffset timestamp)
    {
        (isOnline, timestamp) = (false, default);
        try
        {
            var reader = new Utf8JsonReader(payload);
            if (!JsonDocument.TryParseValue(ref reader, out var document))
            {
                return false;
            }

            using (document)
            {
                if (document.RootElement.ValueKind != JsonValueKind.Object
                    || !document.RootElement.TryGetProperty("online", out var online)
                    || online.ValueKind is not (JsonValueKind.True or JsonValueKind.False)
                    || !document.RootElement.TryGetProperty("timestamp", out var time)
                    || time.ValueKind != JsonValueKind.Number
                    || !time.TryGetInt64(out var milliseconds)
                    || milliseconds is < 0 or > 253_402_300_799_998)
                {
                    return false;
                }

                (isOnline, timestamp) = (online.GetBoolean(), DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));
                return true;
            }
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
