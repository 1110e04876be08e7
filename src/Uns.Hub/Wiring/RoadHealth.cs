using Uns.Hub.Republish;
using Uns.Mqtt.Broker;
using Uns.Sparkplug.Host;
using Uns.Store;

namespace Uns.Hub.Wiring;

/// <summary>Says which part of the road does not stand.</summary>
internal sealed class RoadHealth(HubStore store, MqttBroker broker, EdgeNodes edges, HostApplication host, UnsRepublisher topics)
{
    /// <summary>One sentence for each part that is down; empty when all stand.</summary>
    public IReadOnlyList<string> Faults()
    {
        var faults = new List<string>();
        if (store.Failure is { } failure)
        {
            faults.Add($"The store cannot write: {failure}");
        }

        else if (broker.StoreFault is { } fault)
        {
            faults.Add($"The broker takes nothing that must survive, because the store did not take a write: {fault}");
        }

        foreach (var edge in edges.All)
        {
            var status = edge.Status;
            if (!status.IsConnected && status.IsHostOnline != false) // Waiting for the primary host is what it was told to do.
            {
                faults.Add($"The hub's own edge node {edge.Id} is not connected to the broker.");
            }

            faults.AddRange(status.DeviceFaults.Select(fault => $"The device {fault.Key} is not told to anybody: {fault.Value}"));
        }

        if (!host.IsConnected)
        {
            faults.Add("The host application is not connected to the broker.");
        }

        if (!topics.IsConnected)
        {
            faults.Add("The writer of the JSON topics is not connected to the broker.");
        }

        return faults;
    }
}
