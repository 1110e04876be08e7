using System.Text;
using Uns.Mqtt.Broker.SysTopics;

namespace Uns.Mqtt.Broker;

/// <content>The broker's own topics.</content>
internal sealed partial class BrokerCore
{
    private readonly SysReport _sys = new();
    private long _sysDue;

    /// <summary>Tells the figures when they are due. They pass the same gate as every message when they are delivered.</summary>
    public void TellSys(long commits, string durability)
    {
        if (Options.SysInterval == TimeSpan.Zero || Now < _sysDue)
        {
            return;
        }

        _sysDue = Now + (long)Options.SysInterval.TotalMilliseconds;
        _sys.Report(Now, Counters.Snapshot(), commits, durability, (topic, payload) => Route(new Message
        {
            TopicText = topic,
            Topic = Encoding.UTF8.GetBytes(topic),
            Payload = payload,
            Retain = true,
            ArrivedAt = Now,
        }));
        CountRetained();
    }

    private void CountRetained() => (Counters.Retained, Counters.RetainedBytes) = (Math.Max(0, Retained.Count - _sys.Count), Retained.Bytes);
}
