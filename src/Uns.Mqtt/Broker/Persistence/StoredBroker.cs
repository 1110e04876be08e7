using System.Text;
using Microsoft.Data.Sqlite;
using Uns.Mqtt.Broker.Sessions;
using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker.Persistence;

/// <summary>One row of a session's queue, as the store has it.</summary>
internal sealed record StoredDelivery(Message Message, QualityOfService Qos, bool Retain, int[] SubscriptionIds, long Sequence, ushort PacketId, Awaited Awaits, string? Share);

/// <summary>One session, as the store has it.</summary>
internal sealed record StoredSession(string ClientId, string Principal, uint ExpirySeconds, long ExpiresAt)
{
    public List<(SubscriptionRequest Request, int Identifier)> Subscriptions { get; } = [];

    public List<StoredDelivery> Deliveries { get; } = [];

    public List<ushort> Incoming { get; } = [];
}

/// <summary>One client's will, as the store has it; due at 0 while the client was connected.</summary>
internal sealed record StoredWill(string ClientId, string Principal, Message Message, uint DelaySeconds, long DueAt);

/// <summary>A stored message that is not what was written: the disk changed it.</summary>
/// <param name="Topic">Its topic as it reads now.</param>
/// <param name="Id">Its row; 0: it was retained; -1: it was a will.</param>
/// <param name="ClientId">Whose will; else empty.</param>
internal readonly record struct DamagedMessage(string Topic, long Id, string ClientId = "");

/// <summary>All that the broker kept when it last ran.</summary>
internal sealed record StoredBroker(List<Message> Retained, List<StoredSession> Sessions, List<StoredWill> Wills, long LastMessageId, List<DamagedMessage> Damaged)
{
    public static StoredBroker Read(SqliteConnection connection)
    {
        var damaged = new List<DamagedMessage>();
        var retained = new List<Message>();
        ForEach(connection, "SELECT topic, payload, properties, qos, expiry, arrived_at, checksum FROM mqtt_retained", row =>
        {
            var message = ReadMessage(row, 0, retain: true);
            if (IsWhole(row, 6, message))
            {
                retained.Add(message);
            }
            else
            {
                damaged.Add(new(message.TopicText, 0));
            }
        });

        var sessions = new Dictionary<string, StoredSession>(StringComparer.Ordinal);
        ForEach(connection, "SELECT client_id, principal, expiry, expires_at FROM mqtt_session", row =>
            sessions.Add(row.GetString(0), new StoredSession(row.GetString(0), row.GetString(1), (uint)row.GetInt64(2), row.GetInt64(3))));

        ForEach(connection, "SELECT client_id, filter, options, identifier FROM mqtt_subscription", row =>
        {
            if (sessions.TryGetValue(row.GetString(0), out var session))
            {
                session.Subscriptions.Add((SubscriptionRequest.From(row.GetString(1), (byte)row.GetInt32(2)), row.GetInt32(3)));
            }
        });

        var (messages, lastId) = (new Dictionary<long, Message>(), 0L);
        ForEach(connection, "SELECT topic, payload, properties, qos, expiry, arrived_at, retain, id, checksum FROM mqtt_message ORDER BY id", row =>
        {
            var message = ReadMessage(row, 0, row.GetInt32(6) != 0);
            lastId = message.StoreId = row.GetInt64(7);
            if (IsWhole(row, 8, message))
            {
                messages.Add(message.StoreId, message);
            }
            else
            {
                damaged.Add(new(message.TopicText, message.StoreId));
            }
        });

        ForEach(connection, "SELECT client_id, sequence, message_id, qos, retain, subscription_ids, packet_id, awaits, share FROM mqtt_queue ORDER BY client_id, sequence", row =>
        {
            if (sessions.TryGetValue(row.GetString(0), out var session) && messages.TryGetValue(row.GetInt64(2), out var message))
            {
                message.StoreReferences++;
                int[] ids = [.. row.GetString(5).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
                session.Deliveries.Add(new StoredDelivery(
                    message, (QualityOfService)row.GetInt32(3), row.GetInt32(4) != 0, ids, row.GetInt64(1), (ushort)row.GetInt32(6), (Awaited)row.GetInt32(7),
                    row.IsDBNull(8) ? null : row.GetString(8)));
            }
        });

        ForEach(connection, "SELECT client_id, packet_id FROM mqtt_incoming", row =>
        {
            if (sessions.TryGetValue(row.GetString(0), out var session))
            {
                session.Incoming.Add((ushort)row.GetInt32(1));
            }
        });

        var wills = new List<StoredWill>();
        ForEach(connection, "SELECT topic, payload, properties, qos, expiry, 0, retain, client_id, principal, delay, due_at, checksum FROM mqtt_will", row =>
        {
            var message = ReadMessage(row, 0, row.GetInt32(6) != 0);
            if (IsWhole(row, 11, message))
            {
                wills.Add(new StoredWill(row.GetString(7), row.GetString(8), message, (uint)row.GetInt64(9), row.GetInt64(10)));
            }
            else
            {
                damaged.Add(new(message.TopicText, -1, row.GetString(7)));
            }
        });

        return new StoredBroker(retained, [.. sessions.Values], wills, lastId, damaged);
    }

    // Rows of an older broker have none.
    private static bool IsWhole(SqliteDataReader row, int checksum, Message message) => row.IsDBNull(checksum) || row.GetInt64(checksum) == MessageChecksum.Of(message);

    private static Message ReadMessage(SqliteDataReader row, int first, bool retain)
    {
        var topic = row.GetString(first);
        return new Message
        {
            TopicText = topic,
            Topic = Encoding.UTF8.GetBytes(topic),
            Payload = row.GetFieldValue<byte[]>(first + 1),
            Properties = row.GetFieldValue<byte[]>(first + 2),
            Qos = (QualityOfService)row.GetInt32(first + 3),
            Expiry = row.IsDBNull(first + 4) ? null : (uint)row.GetInt64(first + 4),
            ArrivedAt = row.GetInt64(first + 5),
            Retain = retain,
        };
    }

    private static void ForEach(SqliteConnection connection, string sql, Action<SqliteDataReader> take)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The constant statements above.
        command.CommandText = sql;
#pragma warning restore CA2100
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            take(reader);
        }
    }
}
