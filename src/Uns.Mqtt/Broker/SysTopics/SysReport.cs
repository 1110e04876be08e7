using System.Globalization;
using System.Reflection;
using System.Text;

namespace Uns.Mqtt.Broker.SysTopics;

/// <summary>
/// The broker's figures under <c>$SYS/broker/</c>, by the names that mosquitto gave them. Retained, never in the store, told
/// only when they changed. Pure: figures and time go in, topics and texts come out.
/// </summary>
internal sealed class SysReport
{
    /// <summary>Beginning of all topics that only the broker writes.</summary>
    public const string Prefix = "$SYS/broker/";

    private static readonly (string Name, int Minutes)[] Spans = [("1min", 1), ("5min", 5), ("15min", 15)];
    private static readonly string Version = typeof(SysReport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    private readonly Dictionary<string, string> _told = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> _loads = new(StringComparer.Ordinal);
    private BrokerStatistics _last = new();
    private long _startedAt;
    private long _lastAt;
    private long _mostClients;

    /// <summary>Topics told so far.</summary>
    public int Count => _told.Count;

    /// <summary>True for a topic that clients may not write.</summary>
    public static bool Owns(string topic) => topic.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Tells what changed since the last report.</summary>
    /// <param name="now">Milliseconds of Unix time.</param>
    /// <param name="s">The broker's figures.</param>
    /// <param name="commits">Commits of the store since it was opened.</param>
    /// <param name="durability">What an acknowledgement outlives, in a word.</param>
    /// <param name="tell">Takes topic and payload.</param>
    public void Report(long now, BrokerStatistics s, long commits, string durability, Action<string, byte[]> tell)
    {
        _startedAt = _startedAt == 0 ? now : _startedAt;
        _mostClients = Math.Max(_mostClients, s.Connections);
        Say("version", $"uns version {Version}", tell);
        Say("uptime", $"{(now - _startedAt) / 1000} seconds", tell);
        Say("clients/connected", s.Connections, tell);
        Say("clients/total", s.Sessions, tell);
        Say("clients/maximum", _mostClients, tell);
        Say("clients/disconnected", s.Sessions - s.Connections, tell);
        Say("clients/active", s.Connections, tell);
        Say("clients/inactive", s.Sessions - s.Connections, tell);
        Say("clients/expired", s.Expired, tell);
        Say("messages/received", s.PacketsIn, tell);
        Say("messages/sent", s.PacketsOut, tell);
        Say("publish/messages/received", s.MessagesIn, tell);
        Say("publish/messages/sent", s.MessagesOut, tell);
        Say("publish/messages/dropped", Dropped(s), tell);
        Say("messages/stored", s.Retained + s.Queued, tell);
        Say("bytes/received", s.BytesIn, tell);
        Say("bytes/sent", s.BytesOut, tell);
        Say("retained messages/count", s.Retained, tell);
        Say("subscriptions/count", s.Subscriptions, tell);
        Say("store/messages/count", s.Retained + s.Queued, tell);
        Say("store/messages/bytes", s.RetainedBytes + s.QueuedBytes, tell);
        Say("shared_subscriptions/count", s.SharedSubscriptions, tell);
        Say("heap/current", GC.GetTotalMemory(forceFullCollection: false), tell);
        Say("store/durability", durability, tell);
        Say("store/commits", commits, tell);
        Say("store/faults", s.StoreFaults, tell);
        if (_lastAt > 0 && now > _lastAt)
        {
            var minutes = (now - _lastAt) / 60_000.0;
            Load("messages/received", s.PacketsIn - _last.PacketsIn, minutes, tell);
            Load("messages/sent", s.PacketsOut - _last.PacketsOut, minutes, tell);
            Load("publish/received", s.MessagesIn - _last.MessagesIn, minutes, tell);
            Load("publish/sent", s.MessagesOut - _last.MessagesOut, minutes, tell);
            Load("publish/dropped", Dropped(s) - Dropped(_last), minutes, tell);
            Load("bytes/received", s.BytesIn - _last.BytesIn, minutes, tell);
            Load("bytes/sent", s.BytesOut - _last.BytesOut, minutes, tell);
            Load("connections", s.Accepted - _last.Accepted, minutes, tell);
            Load("sockets", s.Opened - _last.Opened, minutes, tell);
        }

        (_last, _lastAt) = (s, now);
    }

    private static long Dropped(BrokerStatistics s) => s.DroppedSlowReceiver + s.DroppedQueueFull + s.DroppedExpired + s.DroppedTooLarge + s.DroppedNotAuthorized;

    /// <summary>Per minute, as a mean that forgets: of a change, 63 % is seen after its span.</summary>
    private void Load(string name, long change, double minutes, Action<string, byte[]> tell)
    {
        foreach (var (span, length) in Spans)
        {
            var topic = $"load/{name}/{span}";
            var rate = change / minutes;
            var load = rate + (Math.Exp(-minutes / length) * (_loads.GetValueOrDefault(topic) - rate));
            _loads[topic] = load;
            Say(topic, load.ToString("0.00", CultureInfo.InvariantCulture), tell);
        }
    }

    private void Say(string name, long value, Action<string, byte[]> tell) => Say(name, value.ToString(CultureInfo.InvariantCulture), tell);

    private void Say(string name, string text, Action<string, byte[]> tell)
    {
        var topic = Prefix + name;
        if (!_told.TryGetValue(topic, out var before) || before != text)
        {
            _told[topic] = text;
            tell(topic, Encoding.UTF8.GetBytes(text));
        }
    }
}
