using System.Diagnostics.Metrics;
using Uns.Connectors;
using Uns.Historian;
using Uns.Hub.Republish;
using Uns.Mqtt.Broker;
using Uns.Sparkplug.Aware;
using Uns.Sparkplug.Host;
using Uns.Tree;

namespace Uns.Hub.Wiring;

/// <summary>The figures that an operator watches, read only when someone asks for <c>/metrics</c>.</summary>
internal sealed class HubMeters : IDisposable
{
    private readonly Meter _meter = new("Uns.Hub");

    public HubMeters(MqttBroker broker, EdgeNodes edges, SparkplugWatch watch, HostApplication host, UnsTree tree, UnsRepublisher topics, DeviceBook devices, HistoryRecorder history)
    {
        _meter.CreateObservableGauge("uns.mqtt.connections", () => broker.Statistics.Connections, description: "MQTT connections that are open.");
        _meter.CreateObservableGauge("uns.mqtt.sessions", () => broker.Statistics.Sessions, description: "MQTT sessions, connected or not.");
        _meter.CreateObservableGauge("uns.mqtt.subscriptions", () => broker.Statistics.Subscriptions, description: "Subscriptions of all sessions.");
        _meter.CreateObservableGauge("uns.mqtt.retained", () => broker.Statistics.Retained, description: "Retained messages.");
        _meter.CreateObservableGauge("uns.mqtt.retained.bytes", () => broker.Statistics.RetainedBytes, description: "Bytes of the retained messages.");
        _meter.CreateObservableGauge("uns.mqtt.queued", () => broker.Statistics.Queued, description: "QoS 1 and 2 messages that wait in sessions.");
        _meter.CreateObservableGauge("uns.mqtt.queued.bytes", () => broker.Statistics.QueuedBytes, description: "Bytes of the messages that wait in sessions.");
        _meter.CreateObservableCounter("uns.mqtt.bytes.in", () => broker.Statistics.BytesIn, description: "Bytes from clients.");
        _meter.CreateObservableCounter("uns.mqtt.bytes.out", () => broker.Statistics.BytesOut, description: "Bytes to clients.");
        _meter.CreateObservableCounter("uns.mqtt.accepted", () => broker.Statistics.Accepted, description: "CONNECTs accepted.");
        _meter.CreateObservableCounter("uns.mqtt.protocol.faults", () => broker.Statistics.ProtocolFaults, description: "Connections ended because of malformed bytes or broken protocol.");
        _meter.CreateObservableCounter("uns.mqtt.publishers.held", () => broker.Statistics.PublishersHeld, description: "How often a publisher was not read because the disk was behind.");
        _meter.CreateObservableCounter("uns.mqtt.store.faults", () => broker.Statistics.StoreFaults, description: "Writes to the store that failed.");
        _meter.CreateObservableCounter("uns.mqtt.messages.in", () => broker.Statistics.MessagesIn, description: "PUBLISH packets taken from clients.");
        _meter.CreateObservableCounter("uns.mqtt.messages.out", () => broker.Statistics.MessagesOut, description: "PUBLISH packets sent to clients.");
        _meter.CreateObservableCounter("uns.mqtt.dropped", () => Dropped(broker.Statistics), description: "Messages dropped, by reason.");
        _meter.CreateObservableGauge("uns.tree.values", () => tree.Count, description: "Metrics that have a place in the tree.");
        _meter.CreateObservableGauge("uns.tree.conflicts", () => tree.Conflicts().Count, description: "Metrics refused a place that another one holds.");
        _meter.CreateObservableGauge("uns.tree.readers", () => tree.Feed.Readers, description: "Pages and streams that follow the tree.");
        _meter.CreateObservableCounter("uns.topics.published", () => topics.Published, description: "JSON messages written.");
        _meter.CreateObservableGauge("uns.sparkplug.nodes", () => Nodes(host), description: "Edge nodes the host follows, by state.");
        _meter.CreateObservableCounter("uns.sparkplug.gaps", () => host.Nodes().Sum(n => n.Gaps), description: "Gaps in the order of edge nodes' messages.");
        _meter.CreateObservableCounter("uns.sparkplug.rebirths.asked", () => host.Nodes().Sum(n => n.RebirthsAsked), description: "Rebirths that the host asked for.");
        _meter.CreateObservableCounter("uns.sparkplug.decode.errors", () => host.Nodes().Sum(n => n.DecodeErrors), description: "Payloads that were no Sparkplug.");
        _meter.CreateObservableCounter("uns.edge.samples.merged", () => edges.All.Sum(e => e.Status.SamplesMerged), description: "Samples replaced by a newer one of the same tag before they were sent.");
        _meter.CreateObservableCounter("uns.edge.samples.kept", () => edges.All.Sum(e => e.Status.SamplesKept), description: "Samples kept because they could not be sent, or may have been lost on the line.");
        _meter.CreateObservableCounter("uns.edge.samples.forwarded", () => edges.All.Sum(e => e.Status.SamplesForwarded), description: "Kept samples sent as history.");
        _meter.CreateObservableCounter("uns.edge.samples.lost", () => edges.All.Sum(e => e.Status.SamplesLost), description: "Samples lost for good.");
        _meter.CreateObservableCounter("uns.sparkplug.aware", () => Judged(watch), description: "Messages that broke a rule of the Sparkplug-aware broker, by what became of them.");
        _meter.CreateObservableGauge("uns.device.running", () => Running(devices), description: "1 when the device is read, else 0.");
        _meter.CreateObservableCounter("uns.device.reads", () => PerDevice(devices, s => s.Reads), description: "Reads that went well.");
        _meter.CreateObservableCounter("uns.device.failures", () => PerDevice(devices, s => s.Failures), description: "Connections lost or not made.");
        _meter.CreateObservableCounter("uns.device.missed.cycles", () => PerDevice(devices, s => s.MissedCycles), description: "Poll cycles that were left out because the one before took too long.");
        _meter.CreateObservableCounter("uns.history.recorded", () => history.Status.Recorded, description: "Changes handed to the history.");
        _meter.CreateObservableCounter("uns.history.lost", () => history.Status.Lost, description: "Changes that history lost: the queue was full, or the disk took none.");
        _meter.CreateObservableGauge("uns.history.failing", () => history.Status.Fault is null ? 0 : 1, description: "1 while nothing reaches the history's file.");
        _meter.CreateObservableGauge("uns.history.bytes", () => history.Status.Bytes, description: "Bytes of history on disk.");
        _meter.CreateObservableGauge("uns.process.memory.bytes", () => Environment.WorkingSet, description: "Resident memory of the hub.");
    }

    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<long>> Dropped(BrokerStatistics statistics) =>
    [
        Because("slow_receiver", statistics.DroppedSlowReceiver), Because("queue_full", statistics.DroppedQueueFull), Because("expired", statistics.DroppedExpired),
        Because("too_large", statistics.DroppedTooLarge), Because("not_authorized", statistics.DroppedNotAuthorized),
        Because("retained_full", statistics.DroppedRetainedFull), Because("damaged", statistics.DroppedDamaged),
    ];

    private static Measurement<long> Because(string reason, long count) => new(count, new KeyValuePair<string, object?>("reason", reason));

    private static IEnumerable<Measurement<long>> Judged(SparkplugWatch watch) =>
        [new(watch.Refused, new KeyValuePair<string, object?>("fate", "refused")), new(watch.Warnings, new KeyValuePair<string, object?>("fate", "let_through"))];

    private static IEnumerable<Measurement<int>> Nodes(HostApplication host)
    {
        var nodes = host.Nodes();
        var online = nodes.Count(n => n.IsOnline);
        return [new(online, new KeyValuePair<string, object?>("state", "online")), new(nodes.Count - online, new KeyValuePair<string, object?>("state", "offline"))];
    }

    private static IEnumerable<Measurement<int>> Running(DeviceBook devices) =>
        devices.All().Select(d => new Measurement<int>(devices.StatusOf(d.Name)?.State == ConnectorState.Running ? 1 : 0, new KeyValuePair<string, object?>("device", d.Name)));

    private static IEnumerable<Measurement<long>> PerDevice(DeviceBook devices, Func<ConnectorStatus, long> figure) =>
        devices.All().Select(d => (d.Name, Status: devices.StatusOf(d.Name))).Where(d => d.Status is not null)
            .Select(d => new Measurement<long>(figure(d.Status!), new KeyValuePair<string, object?>("device", d.Name)));
}
