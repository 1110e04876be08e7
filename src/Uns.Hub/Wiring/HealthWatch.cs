using Uns.Alarms;
using Uns.Connectors;
using Uns.Connectors.OpcUa.Security;
using Uns.Historian;
using Uns.Hub.Settings;
using Uns.Mqtt.Broker;
using Uns.Store;
using Uns.Tags;
using Uns.Tree;
using Uns.Ui.Health;
using Uns.Ui.Live;
using Uns.Ui.Texts;
using static Uns.Ui.Texts.Wording;

namespace Uns.Hub.Wiring;

/// <summary>Looks at every part every few seconds and says in sentences how it stands, and since when what is wrong is so.</summary>
internal sealed class HealthWatch(
    HubOptions options, HubStore store, RoadHealth road, DeviceBook devices, SparkplugDoctor nodes, MqttBroker broker, HistoryRecorder history, CertificateStore trust, CertificateWatch terms, UnsTree tree, AlarmDesk alarms, TimeProvider clock)
    : IPlantHealth
{
    private const int MostOfAKind = 20; // A plant that lost its network shows that, not a thousand lines.
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(2);
    private readonly Dictionary<(string, string?, string), DateTimeOffset> _since = [];
    private volatile IReadOnlyList<HealthLine>? _lines;

    /// <inheritdoc/>
    public IReadOnlyList<HealthLine> Lines => _lines ?? Look();

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var pace = new PeriodicTimer(Pace, clock);
        try
        {
            do
            {
                _lines = Look();
            }
            while (await pace.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException)
        {
            // The hub stops.
        }
    }

    private List<HealthLine> Look()
    {
        var now = clock.GetUtcNow();
        List<HealthLine> lines =
            [.. Road(), .. Alarms(), .. Devices(now), .. Sparkplug(), .. Values(), .. Broker(), .. History(), .. Disk(), .. Certificates(now)];
        return [.. Dated(lines, now).OrderBy(l => l.State)];
    }

    // What carries no time of its own is so since the first look that saw it.
    private IEnumerable<HealthLine> Dated(List<HealthLine> lines, DateTimeOffset now)
    {
        lock (_since)
        {
            var wrong = lines.Where(l => l.State != HealthState.Well && l.Since is null).ToDictionary(Key, l => l, EqualityComparer<(string, string?, string)>.Default);
            foreach (var gone in _since.Keys.Where(k => !wrong.ContainsKey(k)).ToList())
            {
                _since.Remove(gone);
            }

            foreach (var key in wrong.Keys)
            {
                _since.TryAdd(key, now);
            }

            return [.. lines.Select(l => l.State != HealthState.Well && l.Since is null ? l with { Since = _since[Key(l)] } : l)];
        }
    }

    // Numbers change while the fault stays the same.
    private static (string, string?, string) Key(HealthLine line) => (line.Area, line.Link, string.Concat(line.Sentence.Where(c => !char.IsDigit(c) && c != '.' && c != ',')));

    private IEnumerable<HealthLine> Road()
    {
        foreach (var fault in road.Faults().Concat(road.OutsideFaults()).DistinctBy(f => f.ToString()))
        {
            yield return Line("Road", HealthState.Wrong, fault, "/sparkplug");
        }

        if (store.Damaged is { } damaged)
        {
            yield return Line("Road", HealthState.Watch, Later($"The data file was damaged at the last start ({damaged.Fault}). It was moved to {damaged.Path}; the hub began anew without it."), null);
        }
    }

    private IEnumerable<HealthLine> Alarms()
    {
        var all = alarms.All();
        var open = all.Where(a => a.Standing.IsOpen).ToList();
        foreach (var alarm in open.Take(MostOfAKind))
        {
            var (rule, standing) = alarm;
            var (priority, state) = (Word($"{rule.Priority.ToString().ToLowerInvariant()} priority"), Word(standing.Word.ToLowerInvariant()));
            yield return Line(
                "Alarms", rule.Priority >= AlarmPriority.High && standing.IsActive ? HealthState.Wrong : HealthState.Watch,
                standing.IsActive ? Later($"{rule.Name} ({priority}, {state}): {rule.Path} is {standing.Value}.") : Later($"{rule.Name} ({priority}, {state}): {rule.Path} was {standing.Value}."), "/alarms", standing.Since);
        }

        if (open.Count > MostOfAKind)
        {
            yield return Line("Alarms", HealthState.Wrong, Later($"And {open.Count - MostOfAKind} more alarms are open."), "/alarms");
        }

        if (alarms.Fault is { } fault)
        {
            yield return Line("Alarms", HealthState.Wrong, Later($"What happens to alarms is not kept: {fault}"), "/alarms");
        }

        foreach (var unreadable in alarms.Unreadable.Take(MostOfAKind))
        {
            yield return Line("Alarms", HealthState.Wrong, Later($"A saved alarm cannot be read: {unreadable}"), "/alarms");
        }

        if (all.Count > 0)
        {
            yield return Line("Alarms", HealthState.Well, all.Count(a => a.Rule.Enabled) is 1 ? Later("1 alarm watched.") : Later($"{all.Count(a => a.Rule.Enabled):N0} alarms watched."), "/alarms");
        }
    }

    private IEnumerable<HealthLine> Devices(DateTimeOffset now)
    {
        var all = devices.All().Select(d => (Device: d, Status: devices.StatusOf(d.Name))).ToList();
        var running = all.Count(d => d.Status?.State == ConnectorState.Running);
        var off = all.Count(d => !d.Device.Enabled);
        var down = all.Where(d => d.Device.Enabled && d.Status?.State != ConnectorState.Running).ToList();
        foreach (var (device, status) in down.Take(MostOfAKind))
        {
            var link = "/devices/" + Uri.EscapeDataString(device.Name);
            yield return status switch
            {
                null => Line("Devices", HealthState.Wrong, Later($"{device.Name} does not run: {string.Join(" ", devices.Check(device))}"), link),
                { State: ConnectorState.Connecting } when now - status.Since < TimeSpan.FromSeconds(15) => Line("Devices", HealthState.Watch, Later($"{device.Name} is being connected."), link, status.Since),
                _ => Line("Devices", HealthState.Wrong, Later($"{device.Name} is not read: {(status.LastError is { } error ? ReportedLater(error) : Word("no answer yet"))}"), link, status.Since),
            };
        }

        if (down.Count > MostOfAKind)
        {
            yield return Line("Devices", HealthState.Wrong, Later($"And {down.Count - MostOfAKind} more devices are not read."), "/devices");
        }

        yield return all.Count == 0
            ? Line("Devices", HealthState.Watch, Later("There is no device yet."), "/devices/new")
            : Line("Devices", HealthState.Well, DevicesRead(running, all.Count, off), "/devices");
    }

    private IEnumerable<HealthLine> Sparkplug()
    {
        var all = nodes.Nodes();
        var ill = all.Where(n => !n.IsWell).ToList();
        foreach (var node in ill.Take(MostOfAKind))
        {
            yield return Line(
                "Sparkplug", HealthState.Wrong, Later($"Edge node {node.Group}/{node.Node}: {Word(node.State.ToLowerInvariant())}."),
                NodePage(node), node.State == "Offline" ? node.LastMessage : null);
        }

        foreach (var node in all.Where(n => n is { IsWell: true, NotAsked: not null }).Take(MostOfAKind))
        {
            yield return Line("Sparkplug", HealthState.Watch, Later($"Edge node {node.Group}/{node.Node} misses a birth and is not asked for one, as its settings say."), NodePage(node));
        }

        foreach (var node in all.Where(n => n.ClockNote is not null).Take(MostOfAKind))
        {
            yield return Line("Sparkplug", HealthState.Watch, Later($"The clock of edge node {node.Group}/{node.Node} differs from the hub's: {SparkplugText.Clock(node.ClockSkew)}."), NodePage(node));
        }

        if (ill.Count > MostOfAKind)
        {
            yield return Line("Sparkplug", HealthState.Wrong, Later($"And {ill.Count - MostOfAKind} more edge nodes are not well."), "/sparkplug");
        }

        yield return Line("Sparkplug", HealthState.Well, NodesOnline(all.Count - ill.Count, all.Where(n => n.IsWell).Sum(n => (long)n.Metrics)), "/sparkplug");
    }

    private static string NodePage(NodeHealth node) => $"/sparkplug/{Uri.EscapeDataString(node.Group)}/{Uri.EscapeDataString(node.Node)}";

    private IEnumerable<HealthLine> Values()
    {
        var (all, stale, bad) = (0, 0, 0);
        foreach (var node in tree.Root.Values())
        {
            all++;
            stale += node.Current?.Quality == TagQuality.Stale ? 1 : 0;
            bad += node.Current?.Quality is TagQuality.Bad or TagQuality.Uncertain ? 1 : 0;
        }

        if (stale + bad > 0)
        {
            yield return Line("Values", HealthState.Watch, all == 1 ? Later($"The one value cannot be believed now: {stale:N0} stale, {bad:N0} bad or uncertain.") : Later($"{stale + bad:N0} of {all:N0} values cannot be believed now: {stale:N0} stale, {bad:N0} bad or uncertain."), "/namespace");
        }
        else
        {
            yield return Line("Values", HealthState.Well, all switch { 0 => Later("The namespace is empty."), 1 => Later("1 value, good."), _ => Later($"{all:N0} values, all good.") }, "/namespace");
        }

        if (tree.Conflicts().Count is > 0 and var refused)
        {
            yield return Line("Values", HealthState.Watch, refused == 1 ? Later("1 metric wanted a place that another one holds.") : Later($"{refused:N0} metrics wanted a place that another one holds."), "/mapping");
        }
    }

    private IEnumerable<HealthLine> Broker()
    {
        var figures = broker.Statistics;
        if (broker.StoreFault is { } fault)
        {
            yield return Line("Broker", HealthState.Wrong, Later($"The broker takes nothing that must survive: {fault}"), "/clients");
        }

        foreach (var dispute in broker.Disputes.Take(MostOfAKind))
        {
            yield return Line(
                "Broker", HealthState.Wrong,
                Later($"Two clients call themselves '{dispute.ClientId}', one at {dispute.Holder} and one at {dispute.Newcomer}, and drive one another out: give one of them another client identifier."), $"/clients?search={Uri.EscapeDataString(dispute.ClientId)}", dispute.Since);
        }

        var dropped = figures.DroppedSlowReceiver + figures.DroppedQueueFull;
        if (dropped > 0)
        {
            yield return Line("Broker", HealthState.Watch, Later($"{dropped:N0} messages were dropped since the start because a client reads too slowly."), "/clients");
        }

        yield return Line("Broker", HealthState.Well, figures.Connections == 1 ? Later($"The broker serves 1 client; what it acknowledges is {Word($"{broker.Durability} (durability)")}.") : Later($"The broker serves {figures.Connections:N0} clients; what it acknowledges is {Word($"{broker.Durability} (durability)")}."), "/clients");
    }

    private IEnumerable<HealthLine> History()
    {
        var status = history.Status;
        if (status.Fault is { } fault)
        {
            yield return Line("History", HealthState.Wrong, fault, null, status.FaultSince);
        }

        if (status.Damaged is { } damaged)
        {
            yield return Line("History", HealthState.Watch, damaged, null);
        }

        if (history.ClockApart is { } apart)
        {
            yield return Line(
                "History", HealthState.Watch,
                Later($"The clock jumped by {apart.TotalDays:N0} days. History gives nothing up by its age until that has stood for a week: look whether the time of this machine is right."), null);
        }

        if (status.Lost > 0)
        {
            yield return Line("History", HealthState.Watch, Later($"History lost {status.Lost:N0} changes since the start; they are marked as gaps."), "/trends");
        }

        if (status.Fault is null)
        {
            yield return Line("History", HealthState.Well, status.Series == 1 ? Later($"1 tag recorded, {Size(status.Bytes)} of {Size(status.MaximumBytes)} used.") : Later($"{status.Series:N0} tags recorded, {Size(status.Bytes)} of {Size(status.MaximumBytes)} used."), "/trends");
        }
    }

    // The ladder: 80 % watch, 95 % wrong.
    private IEnumerable<HealthLine> Disk()
    {
        DriveInfo disk;
        try
        {
            disk = new DriveInfo(Path.GetFullPath(options.Data));
            var share = 1 - ((double)disk.AvailableFreeSpace / Math.Max(1, disk.TotalSize));
            var state = share >= 0.95 ? HealthState.Wrong : share >= 0.8 ? HealthState.Watch : HealthState.Well;
            return [Line("Disk", state, state == HealthState.Well ? Later($"The disk of {options.Data} has {Size(disk.AvailableFreeSpace)} of {Size(disk.TotalSize)} left.") : Later($"The disk of {options.Data} has {Size(disk.AvailableFreeSpace)} of {Size(disk.TotalSize)} left: make room."), null)];
        }
        catch (Exception unknown) when (unknown is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return [Line("Disk", HealthState.Watch, Later($"Nobody can say how full the disk is: {unknown.Message}"), null)];
        }
    }

    private IEnumerable<HealthLine> Certificates(DateTimeOffset now)
    {
        var all = trust.All();
        if (all.Count(c => !c.IsTrusted) is > 0 and var waiting)
        {
            yield return Line("Certificates", HealthState.Watch, waiting == 1 ? Later("1 server certificate waits to be accepted.") : Later($"{waiting:N0} server certificates wait to be accepted."), "/certificates");
        }

        foreach (var ending in terms.Look(now).Take(MostOfAKind))
        {
            yield return Line("Certificates", ending.Stage <= 7 ? HealthState.Wrong : HealthState.Watch, ending.Said, "/certificates");
        }

        foreach (var fault in trust.RevocationFaults().Take(MostOfAKind))
        {
            yield return Line("Certificates", HealthState.Watch, Later($"A revocation list is not kept to: {fault}"), "/certificates");
        }

        foreach (var old in trust.Revocations().Where(r => r.Next < now).Take(MostOfAKind))
        {
            yield return Line("Certificates", HealthState.Watch, Later($"The revocation list of {old.Issuer} was to be replaced on {old.Next!.Value.UtcDateTime:yyyy-MM-dd}: get a new one."), "/certificates");
        }
    }

    private static Sentence DevicesRead(int running, int all, int off) => (all, off) switch
    {
        (1, 0) => Later($"{running} of 1 device is read."),
        (1, _) => Later($"{running} of 1 device is read, {off} is disabled."),
        (_, 0) => Later($"{running} of {all:N0} devices are read."),
        _ => Later($"{running} of {all:N0} devices are read, {off} are disabled."),
    };

    private static Sentence NodesOnline(int nodes, long metrics) =>
        nodes == 1 ? Later($"1 edge node online with {metrics:N0} metrics.") : Later($"{nodes:N0} edge nodes online with {metrics:N0} metrics.");

    private static HealthLine Line(string area, HealthState state, Sentence said, string? link, DateTimeOffset? since = null) => new(area, state, said.ToString(), link, since) { Said = said };

    private static string Size(long bytes) => bytes >= 1L << 30 ? $"{bytes / (double)(1L << 30):0.#} GiB" : bytes >= 1 << 20 ? $"{bytes / (double)(1 << 20):0.#} MiB" : $"{bytes >> 10} KiB";
}
