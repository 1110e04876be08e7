using Uns.Hub.Republish;
using Uns.Hub.Settings;
using Uns.Mqtt.Broker;
using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Host;
using Uns.Store;
using Uns.Ui.Texts;
using static Uns.Ui.Texts.Wording;

namespace Uns.Hub.Wiring;

/// <summary>Says which part of the road does not stand.</summary>
internal sealed class RoadHealth(HubOptions options, HubStore store, MqttBroker broker, EdgeNodes edges, HostApplication host, UnsRepublisher topics)
{
    /// <summary>True when the hub's edge nodes speak to brokers of others alone: without those the hub still does its own part, and keeps what it reads.</summary>
    private bool IsOutside => options.EdgeBrokers is [_, ..] && !options.EdgeBrokers.Contains("own");

    /// <summary>One sentence for each edge node that reaches none of the brokers of others it was given.</summary>
    public IReadOnlyList<Sentence> OutsideFaults() => !IsOutside ? [] :
    [
        .. edges.All.Where(e => IsCutOff(e.Status)).Select(e =>
            Later($"The hub's own edge node {e.Id} reaches no broker of {string.Join(", ", options.EdgeBrokers)}; {e.Status.SamplesKept} samples were kept on disk.")),
    ];

    /// <summary>One sentence for each part that is down; empty when all stand.</summary>
    public IReadOnlyList<Sentence> Faults()
    {
        var faults = new List<Sentence>();
        if (store.Failure is { } failure)
        {
            faults.Add(Later($"The store cannot write: {failure}"));
        }

        else if (broker.StoreFault is { } fault)
        {
            faults.Add(Later($"The broker takes nothing that must survive, because the store did not take a write: {fault}"));
        }

        foreach (var edge in edges.All)
        {
            var status = edge.Status;
            if (!IsOutside && IsCutOff(status))
            {
                faults.Add(Later($"The hub's own edge node {edge.Id} is not connected to the broker."));
            }

            faults.AddRange(status.DeviceFaults.Select(fault => Later($"The device {fault.Key} is not told to anybody: {fault.Value}")));
        }

        if (!host.IsConnected)
        {
            faults.Add(Later("The host application is not connected to the broker."));
        }

        if (!topics.IsConnected)
        {
            faults.Add(Later("The writer of the JSON topics is not connected to the broker."));
        }

        return faults;
    }

    // Waiting for the primary host is what it was told to do.
    private static bool IsCutOff(EdgeNodeStatus status) => !status.IsConnected && status.IsHostOnline != false;
}
