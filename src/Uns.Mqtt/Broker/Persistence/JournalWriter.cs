using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using Uns.Mqtt.Broker.Sessions;
using Uns.Mqtt.Broker.Subscriptions;

namespace Uns.Mqtt.Broker.Persistence;

/// <summary>The broker's statements within one write to the store; each is prepared once per write.</summary>
/// <param name="connection">The open connection of the write.</param>
/// <param name="wallAhead">Added to the broker's own times, in milliseconds, so that the store has the time of day.</param>
internal sealed class JournalWriter(SqliteConnection connection, long wallAhead) : IDisposable
{
    private readonly Dictionary<string, SqliteCommand> _commands = [];

    public void PutRetained(Message message) => Run(
        "INSERT OR REPLACE INTO mqtt_retained (topic, payload, properties, qos, expiry, arrived_at, checksum) VALUES ($0, $1, $2, $3, $4, $5, $6)",
        message.TopicText, Bytes(message), message.Properties, (int)message.Qos, message.Expiry is { } e ? (long)e : DBNull.Value, OnWall(message.ArrivedAt), MessageChecksum.Of(message));

    public void DeleteRetained(string topic) => Run("DELETE FROM mqtt_retained WHERE topic = $0", topic);

    public void PutSession(string clientId, string principal, uint expirySeconds, long expiresAt) => Run(
        "INSERT OR REPLACE INTO mqtt_session (client_id, principal, expiry, expires_at) VALUES ($0, $1, $2, $3)",
        clientId, principal, (long)expirySeconds, OnWall(expiresAt));

    public void DeleteSession(string clientId)
    {
        Run("DELETE FROM mqtt_session WHERE client_id = $0", clientId);
        Run("DELETE FROM mqtt_subscription WHERE client_id = $0", clientId);
        Run("DELETE FROM mqtt_queue WHERE client_id = $0", clientId);
        Run("DELETE FROM mqtt_incoming WHERE client_id = $0", clientId);
    }

    public void PutSubscription(string clientId, Subscription subscription) => Run(
        "INSERT OR REPLACE INTO mqtt_subscription (client_id, filter, options, identifier) VALUES ($0, $1, $2, $3)",
        clientId, subscription.Filter, (int)subscription.Request.Options, subscription.Identifier);

    public void DeleteSubscription(string clientId, string filter) =>
        Run("DELETE FROM mqtt_subscription WHERE client_id = $0 AND filter = $1", clientId, filter);

    public void PutMessage(long id, Message message) => Run(
        "INSERT OR REPLACE INTO mqtt_message (id, topic, payload, properties, qos, retain, expiry, arrived_at, checksum) VALUES ($0, $1, $2, $3, $4, $5, $6, $7, $8)",
        id, message.TopicText, Bytes(message), message.Properties, (int)message.Qos, message.Retain ? 1 : 0, message.Expiry is { } e ? (long)e : DBNull.Value, OnWall(message.ArrivedAt), MessageChecksum.Of(message));

    /// <summary>Takes out a message and every place in a queue that it has.</summary>
    public void DeleteEverywhere(long id)
    {
        DeleteMessage(id);
        Run("DELETE FROM mqtt_queue WHERE message_id = $0", id);
    }

    public void DeleteMessage(long id) => Run("DELETE FROM mqtt_message WHERE id = $0", id);

    public void PutQueued(string clientId, long sequence, long messageId, int qos, bool retain, int[] subscriptionIds, ushort packetId, Awaited awaits, string? share) => Run(
        "INSERT OR REPLACE INTO mqtt_queue (client_id, sequence, message_id, qos, retain, subscription_ids, packet_id, awaits, share) VALUES ($0, $1, $2, $3, $4, $5, $6, $7, $8)",
        clientId, sequence, messageId, qos, retain ? 1 : 0, string.Join(' ', subscriptionIds), (int)packetId, (int)awaits, share ?? (object)DBNull.Value);

    public void DeleteQueued(string clientId, long sequence) =>
        Run("DELETE FROM mqtt_queue WHERE client_id = $0 AND sequence = $1", clientId, sequence);

    public void PutIncoming(string clientId, ushort packetId) =>
        Run("INSERT OR REPLACE INTO mqtt_incoming (client_id, packet_id) VALUES ($0, $1)", clientId, (int)packetId);

    public void DeleteIncoming(string clientId, ushort packetId) =>
        Run("DELETE FROM mqtt_incoming WHERE client_id = $0 AND packet_id = $1", clientId, (int)packetId);

    public void PutWill(string clientId, string principal, Message will, uint delaySeconds, long dueAt) => Run(
        "INSERT OR REPLACE INTO mqtt_will (client_id, principal, topic, payload, properties, qos, retain, expiry, delay, due_at, checksum) VALUES ($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        clientId, principal, will.TopicText, Bytes(will), will.Properties, (int)will.Qos, will.Retain ? 1 : 0, will.Expiry is { } e ? (long)e : DBNull.Value, (long)delaySeconds, OnWall(dueAt), MessageChecksum.Of(will));

    public void DeleteWill(string clientId) => Run("DELETE FROM mqtt_will WHERE client_id = $0", clientId);

    public void DeleteAll()
    {
        Run("DELETE FROM mqtt_retained");
        Run("DELETE FROM mqtt_session");
        Run("DELETE FROM mqtt_subscription");
        Run("DELETE FROM mqtt_queue");
        Run("DELETE FROM mqtt_incoming");
        Run("DELETE FROM mqtt_message");
        Run("DELETE FROM mqtt_will");
    }

    public void Dispose()
    {
        foreach (var command in _commands.Values)
        {
            command.Dispose();
        }
    }

    private long OnWall(long time) => time == 0 ? 0 : time + wallAhead; // 0: not counted yet.

    private static byte[] Bytes(Message message) =>
        MemoryMarshal.TryGetArray(message.Payload, out var whole) && whole.Count == whole.Array!.Length ? whole.Array : message.Payload.ToArray();

    private void Run(string sql, params ReadOnlySpan<object> values)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = connection.CreateCommand();
#pragma warning disable CA2100 // The constant statements above.
            command.CommandText = sql;
#pragma warning restore CA2100
            for (var i = 0; i < values.Length; i++)
            {
                command.Parameters.Add(new SqliteParameter($"${i}", null));
            }

            _commands.Add(sql, command);
        }

        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i];
        }

        command.ExecuteNonQuery();
    }
}
