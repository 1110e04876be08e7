using Microsoft.AspNetCore.Components;
using Uns.Connectors;
using Uns.Tree;
using Uns.Ui.Changes;

namespace Uns.Ui.Pages;

/// <summary>Many tags at once: filtered, ticked, given the same period or scaling, placed by a pattern; the topics are shown before anything is saved.</summary>
public sealed partial class ManyTags
{
    private readonly HashSet<(string Device, string Tag)> _ticked = [];
    private TagBatch _batch = new();
    private PlantSettings _opened = PlantSettings.Empty;
    private PlantSettings _working = PlantSettings.Empty;
    private List<Row> _all = [];
    private List<Row> _rows = [];
    private List<Move> _moves = [];
    private (string Device, string Tag)? _last;
    private string _pattern = "";
    private string? _patternFault;
    private string? _shown;
    private string? _said;
    private int _troubles;
    private bool _saidWell;
    private bool _busy;

    /// <summary>The device; null for all.</summary>
    [Parameter]
    public string? Name { get; set; }

    /// <summary>Words that a row must hold.</summary>
    [SupplyParameterFromQuery(Name = "filter")]
    public string? Filter { get; set; }

    /// <summary>The draft in which it is edited; none: the plant.</summary>
    [SupplyParameterFromQuery(Name = "draft")]
    public string? Draft { get; set; }

    [Inject]
    private ChangeTarget Target { get; set; } = null!;

    [Inject]
    private ISettingsBook Settings { get; set; } = null!;

    [Inject]
    private UiOptions Options { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    private bool IsChanged => !ReferenceEquals(_working, _opened);

    private string Pending => IsChanged ? T($"Not saved: {string.Join(", ", Settings.Compare(_opened, _working).Take(3).Select(c => c.Name))}") : "";

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        if (_shown != $"{Name}\n{Draft}")
        {
            _shown = $"{Name}\n{Draft}";
            Open();
        }

        Show();
    }

    private void Open()
    {
        _opened = _working = Target.Shown(Draft);
        (_moves, _patternFault, _said) = ([], null, null);
        Read();
    }

    private void Read()
    {
        var map = new EquipmentMap(_working.Mapping);
        _all = [.. _working.Devices.Where(d => Name is null || d.Name.Equals(Name, StringComparison.OrdinalIgnoreCase)).SelectMany(device =>
        {
            var before = ReferenceEquals(_opened.Device(device.Name), device) ? null : _opened.Device(device.Name)?.Tags.DistinctBy(t => t.Name).ToDictionary(t => t.Name, StringComparer.Ordinal);
            return device.Tags.Select(tag => new Row(
                device.Name, tag, map.PathOf(Options.GroupId, Options.NodeOf(device.Name), device.Name, tag.Name) ?? "",
                before is not null && (!before.TryGetValue(tag.Name, out var was) || was != tag)));
        })];
        _ticked.IntersectWith(_all.Select(r => r.Key));
        Show();
    }

    private void Show()
    {
        var words = (Filter ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        _rows = words.Length == 0 ? _all : [.. _all.Where(row => Array.TrueForAll(words, row.Holds))];
    }

    private void Go(string? filter)
    {
        var address = Name is null ? "/tags" : $"/devices/{Uri.EscapeDataString(Name)}/tags";
        Navigation.NavigateTo(ChangeTarget.Link(string.IsNullOrWhiteSpace(filter) ? address : $"{address}?filter={Uri.EscapeDataString(filter.Trim())}", Draft));
    }

    private void TickAll(bool tick)
    {
        foreach (var row in _rows)
        {
            Set(row, tick);
        }

        _moves = [];
    }

    // With shift, all between the last one and this one become as this one.
    private void Tick(Row row, bool toHere)
    {
        var tick = !_ticked.Contains(row.Key);
        var (from, to) = (_last is { } last ? _rows.FindIndex(r => r.Key == last) : -1, _rows.IndexOf(row));
        for (var at = Math.Min(from, to); toHere && from >= 0 && at <= Math.Max(from, to); at++)
        {
            Set(_rows[at], tick);
        }

        Set(row, tick);
        _last = row.Key;
        _moves = [];
    }

    private void Set(Row row, bool tick)
    {
        if (tick)
        {
            _ticked.Add(row.Key);
        }
        else
        {
            _ticked.Remove(row.Key);
        }
    }

    private void ApplyBatch()
    {
        var faults = new List<SettingFault>();
        var change = _batch.Read(faults);
        if (faults.Count > 0)
        {
            Say(string.Join(" ", faults), well: false);
            return;
        }

        var devices = _working.Devices.Where(d => _ticked.Any(t => t.Device == d.Name))
            .Select(d => d with { Tags = [.. d.Tags.Select(t => _ticked.Contains((d.Name, t.Name)) ? change(t) : t)] }).ToList();
        var wanted = new PlantChange { Devices = devices };
        if (Settings.Check(wanted) is { Count: > 0 } wrong)
        {
            Say(T($"Nothing was applied. {string.Join(" ", wrong.Take(5))}"), well: false);
            return;
        }

        _working = _working.With(wanted);
        _batch = new TagBatch();
        Say(_ticked.Count == 1 ? T("Applied to 1 tag, not saved yet.") : T($"Applied to {_ticked.Count:N0} tags, not saved yet."), well: true);
        Read();
    }

    private IReadOnlyList<EquipmentRule> Placed() => PlacePattern.Place(
        _working, _ticked.GroupBy(t => t.Device).ToDictionary(g => g.Key, g => (IReadOnlySet<string>)g.Select(t => t.Tag).ToHashSet(StringComparer.Ordinal)), _pattern.Trim().Trim('/'), Options);

    private void Preview()
    {
        (_moves, _troubles) = ([], 0);
        _patternFault = string.IsNullOrWhiteSpace(_pattern) || _ticked.Count == 0 ? null : new EquipmentRule { Path = _pattern.Trim().Trim('/') }.Fault();
        if (_patternFault is not null || string.IsNullOrWhiteSpace(_pattern) || _ticked.Count == 0)
        {
            return;
        }

        var plan = TopicPlan.Of(_working with { Mapping = Placed(), Devices = [.. _working.Devices.Select(d => d with { Enabled = true })] }, Options).ToList();
        var wanting = plan.GroupBy(t => t.Path, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.ToList(), StringComparer.Ordinal);
        var now = _all.ToDictionary(r => r.Key, r => r.Path);
        _moves = [.. plan.Where(t => _ticked.Contains((t.Device.Name, t.Tag.Name))).Select(topic => new Move(
            Name is null ? topic.Source : topic.Tag.Name, Topic(now[(topic.Device.Name, topic.Tag.Name)]), Topic(topic.Path), Trouble(topic, wanting[topic.Path])))];
        _troubles = _moves.Count(m => m.Trouble.Length > 0);
    }

    private static string Trouble(PlannedTopic topic, List<PlannedTopic> wanting)
    {
        var words = new List<string>();
        if (wanting.Count > 1)
        {
            words.Add(T($"clash: {string.Join(", ", wanting.Where(w => w != topic).Take(3).Select(w => w.Source))} would stand there too"));
        }

        if (TopicPlan.Renamed(topic.Tag) is { } renamed)
        {
            words.Add(renamed);
        }

        return string.Join("; ", words);
    }

    private string Topic(string path) => path.Length > 0 ? $"{Options.TopicPrefix}/{path}" : "";

    private void TakePattern()
    {
        _working = _working with { Mapping = Placed() };
        var said = _moves.Count == 1 ? T("1 tag has another place, not saved yet.") : T($"{_moves.Count:N0} tags have another place, not saved yet.");
        Say(_troubles > 0 ? said + " " + T($"{_troubles:N0} of them should be looked at.") : said, well: true);
        _moves = [];
        Read();
    }

    private async Task Save(string? into)
    {
        _busy = true;
        try
        {
            var said = await Target.SaveAsync(into, _opened.To(_working), into == Draft ? _opened : null);
            _opened = _working = Target.Shown(into);
            Say(said, well: true);
            Read();
            if (into != Draft)
            {
                _shown = $"{Name}\n{into}";
                Navigation.NavigateTo(ChangeTarget.Link(Name is null ? "/tags" : $"/devices/{Uri.EscapeDataString(Name)}/tags", into));
            }
        }
        catch (SettingsClashException clash)
        {
            Merge(clash.Message, into);
        }
        catch (ArgumentException faulty)
        {
            Say(T($"Nothing was saved: {faulty.Message}"), well: false);
        }
        finally
        {
            _busy = false;
        }
    }

    // Their changes and ours are laid together; the reader saves when it is right.
    private void Merge(string message, string? into)
    {
        var shown = Target.Shown(into);
        var (change, clashes) = DraftMerge.Onto(shown, new DraftContent(_opened.To(_working), _opened), mineWins: true);
        (_opened, _working) = (shown, shown.With(change));
        Read();
        Say(
            clashes.Count > 0
                ? T($"Nothing was saved: {message} Their changes stand here beside yours now, yours where both changed the same ({string.Join("; ", clashes.Take(3))}): look, and save again.")
                : T($"Nothing was saved: {message} Their changes stand here beside yours now: look, and save again."),
            well: false);
    }

    private void Say(string sentence, bool well) => (_said, _saidWell) = (sentence, well);

    private sealed record Row(string Device, TagOptions Tag, string Path, bool IsChanged)
    {
        public (string Device, string Tag) Key => (Device, Tag.Name);

        public bool Holds(string word) => Tag.Name.Contains(word, StringComparison.OrdinalIgnoreCase) || Tag.Address.Contains(word, StringComparison.OrdinalIgnoreCase)
            || Tag.Unit.Contains(word, StringComparison.OrdinalIgnoreCase) || Tag.Description.Contains(word, StringComparison.OrdinalIgnoreCase) || Device.Contains(word, StringComparison.OrdinalIgnoreCase);
    }

    private sealed record Move(string Tag, string From, string To, string Trouble);
}
