using Uns.Store;

namespace Uns.Mqtt.Broker.Persistence;

/// <summary>The broker's tables in the hub's store. Give <see cref="Steps"/> to <see cref="HubStore.Open"/>.</summary>
public static class BrokerSchema
{
    /// <summary>All steps, in order.</summary>
    public static IReadOnlyList<SchemaStep> Steps { get; } =
    [
        new("mqtt", 1, """
            CREATE TABLE mqtt_retained (
                topic TEXT NOT NULL PRIMARY KEY, payload BLOB NOT NULL, properties BLOB NOT NULL,
                qos INTEGER NOT NULL, expiry INTEGER, arrived_at INTEGER NOT NULL) WITHOUT ROWID;
            CREATE TABLE mqtt_session (
                client_id TEXT NOT NULL PRIMARY KEY, principal TEXT NOT NULL, expiry INTEGER NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
            CREATE TABLE mqtt_subscription (
                client_id TEXT NOT NULL, filter TEXT NOT NULL, options INTEGER NOT NULL, identifier INTEGER NOT NULL,
                PRIMARY KEY (client_id, filter)) WITHOUT ROWID;
            CREATE TABLE mqtt_message (
                id INTEGER PRIMARY KEY, topic TEXT NOT NULL, payload BLOB NOT NULL, properties BLOB NOT NULL,
                qos INTEGER NOT NULL, retain INTEGER NOT NULL, expiry INTEGER, arrived_at INTEGER NOT NULL);
            CREATE TABLE mqtt_queue (
                client_id TEXT NOT NULL, sequence INTEGER NOT NULL, message_id INTEGER NOT NULL, qos INTEGER NOT NULL,
                retain INTEGER NOT NULL, subscription_ids TEXT NOT NULL, packet_id INTEGER NOT NULL, awaits INTEGER NOT NULL,
                PRIMARY KEY (client_id, sequence)) WITHOUT ROWID;
            CREATE TABLE mqtt_incoming (
                client_id TEXT NOT NULL, packet_id INTEGER NOT NULL, PRIMARY KEY (client_id, packet_id)) WITHOUT ROWID;
            """),
        new("mqtt", 2, """
            ALTER TABLE mqtt_queue ADD COLUMN share TEXT;
            CREATE TABLE mqtt_will (
                client_id TEXT NOT NULL PRIMARY KEY, principal TEXT NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL, properties BLOB NOT NULL,
                qos INTEGER NOT NULL, retain INTEGER NOT NULL, expiry INTEGER, delay INTEGER NOT NULL, due_at INTEGER NOT NULL) WITHOUT ROWID;
            """),
        new("mqtt", 3, """
            ALTER TABLE mqtt_retained ADD COLUMN checksum INTEGER;
            ALTER TABLE mqtt_message ADD COLUMN checksum INTEGER;
            ALTER TABLE mqtt_will ADD COLUMN checksum INTEGER;
            """),
    ];
}
