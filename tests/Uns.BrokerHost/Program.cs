using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Mqtt.Broker;
using Uns.Mqtt.Broker.Persistence;
using Uns.Store;

// The broker with its store in a process of its own, for tests that kill it or measure it.
//   Uns.BrokerHost DIRECTORY PORT [MESSAGES-PER-QUEUE [WEAKNESS]]
// A weakness is a fault on purpose, by which a checker proves that it would see it: answers-early, forgets-incoming, forgets-wills or none.
// Says READY and its port; answers 'measure' with what the process holds after a full collection; ends with its input.
var store = HubStore.Open(args[0], BrokerSchema.Steps, TimeProvider.System);
var options = new MqttBrokerOptions
{
    Address = IPAddress.Loopback,
    Port = int.Parse(args[1]),
    OutboundBytes = 512 * 1024,
    QueuedMessages = args.Length > 2 ? int.Parse(args[2]) : 100_000,
    QueuedBytes = 64 * 1024 * 1024,
    WillGrace = TimeSpan.FromSeconds(1), // Deaths come faster than the usual ten seconds.
};
var weakness = args.Length > 3 ? args[3] : "none";
if (weakness.StartsWith("forgets-", StringComparison.Ordinal))
{
    await store.WriteAsync(connection =>
    {
        using var command = connection.CreateCommand();
        command.CommandText = weakness == "forgets-incoming" ? "DELETE FROM mqtt_incoming" : "DELETE FROM mqtt_will";
        command.ExecuteNonQuery();
    });
}

var broker = new MqttBroker(options, store, TimeProvider.System, NullLogger<MqttBroker>.Instance) { AnswersEarly = weakness == "answers-early" };
await broker.StartAsync();
Console.WriteLine($"READY {broker.EndPoint.Port}");
while (Console.ReadLine() is { } line)
{
    Console.WriteLine(line switch
    {
        "measure" => $"> {Measure(broker)}",
        "handles" => $"> {string.Join(", ", Handles())}",
        _ => $"> error: '{line}' is not known, give 'measure' or 'handles'",
    });
}

await broker.DisposeAsync();
await store.DisposeAsync();

static string Measure(MqttBroker broker)
{
    for (var i = 0; i < 3; i++)
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
    }

    using var self = Process.GetCurrentProcess();
    var handles = Handles();
    var sockets = handles.Count(h => h.StartsWith("socket:", StringComparison.Ordinal));
    var s = broker.Statistics;
    return string.Join(
        ' ', GC.GetTotalMemory(forceFullCollection: false), self.WorkingSet64, handles.Count, sockets, self.Threads.Count,
        s.Connections, s.Sessions, s.Subscriptions, s.Retained,
        s.MessagesIn, s.MessagesOut, s.DroppedSlowReceiver, s.DroppedQueueFull, s.StoreFaults, s.ProtocolFaults);
}

// What the broker holds open; the runtime opens assemblies and timers of its own when it pleases, and the listing itself is one handle.
static List<string> Handles() =>
    [.. Directory.GetFileSystemEntries("/proc/self/fd").Select(f => new FileInfo(f).LinkTarget).OfType<string>().Where(t => !t.EndsWith(".dll", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
