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

/// <summary>All that the broker kept when it last ran.</summary>
internal sealed record StoredBroker(List<Message> Retained, List<StoredSession> Sessions, List<StoredWill> Wills, long LastMessageId)
{
    public static StoredBroker Read(SqliteConnection connection)
    {
        var retained = new List<Message>();
        ForEach(connection, "SELECT topic, payload, properties, qos, expiry, arrived_at FROM mqtt_retained", row =>
            retained.Add(ReadMessage(row, 0, retain: true)));

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

        var messages = new Dictionary<long, Message>();
        ForEach(connection, "SELECT topic, payload, properties, qos, expiry, arrived_at, retain, id FROM mqtt_message", row =>
        {
            var message = ReadMessage(row, 0, row.GetInt32(6) != 0);
            message.StoreId = row.GetInt64(7);
            messages.Add(message.StoreId, message);
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
        ForEach(connection, "SELECT topic, payload, properties, qos, expiry, 0, retain, client_id, principal, delay, due_at FROM mqtt_will", row =>
            wills.Add(new StoredWill(row.GetString(7), row.GetString(8), ReadMessage(row, 0, row.GetInt32(6) != 0), (uint)row.GetInt64(9), row.GetInt64(10))));

        return new StoredBroker(retained, [.. sessions.Values], wills, messages.Count == 0 ? 0 : messages.Keys.Max());
    }

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
