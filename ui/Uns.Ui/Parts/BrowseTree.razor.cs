using Microsoft.AspNetCore.Components;
using Uns.Connectors;
using Uns.Connectors.TagFiles;
using Uns.Ui.Browsing;

namespace Uns.Ui.Parts;

/// <summary>What a device offers, as a tree with boxes: a value, a row of neighbours or all below a place is ticked, and all that is ticked becomes tags in one step.</summary>
public sealed partial class BrowseTree
{
    private const int MostNotes = 200;

    // A large device on a slow line: it is shown how far it is, and it can be ended at any time.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(250);

    private readonly CancellationTokenSource _gone = new();
    private CancellationTokenSource _asking = new();
    private DeviceVisit _visit = null!; // One connection for all that is asked here.
    private BrowseSpace _space = null!;
    private List<BrowseRow> _rows = [];
    private BrowseNode? _last;
    private string _filter = "";
    private int _matching;
    private Walk? _walk;
    private CancellationTokenSource? _walking;
    private PickNaming _naming;
    private string _period = "1s";
    private bool _writable;
    private string? _said;
    private bool _saidWell;
    private IReadOnlyList<TagOptions>? _made;
    private List<(string Name, string Why)> _notes = [];

    /// <summary>The device's protocol.</summary>
    [Parameter, EditorRequired]
    public IConnectorKind Kind { get; set; } = null!;

    /// <summary>The device as it is written now, saved or not; asked before each look.</summary>
    [Parameter, EditorRequired]
    public Func<DeviceOptions> Device { get; set; } = null!;

    /// <summary>The tags that are there.</summary>
    [Parameter, EditorRequired]
    public Func<IEnumerable<(string Name, string Address)>> Tags { get; set; } = null!;

    /// <summary>Someone makes tags of what is ticked.</summary>
    [Parameter]
    public EventCallback<IReadOnlyList<TagOptions>> OnMake { get; set; }

    /// <summary>Someone takes those made last out again.</summary>
    [Parameter]
    public EventCallback<IReadOnlyList<TagOptions>> OnTakeOut { get; set; }

    [Inject]
    private TimeProvider Clock { get; set; } = null!;

    private string? Example => PickNames.First(_space.Ticked, _naming);

    private (HashSet<string> Addresses, List<string> Names) _taken = ([], []);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _gone.CancelAsync();
        await _visit.DisposeAsync();
        _gone.Dispose();
        _asking.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        _visit = new DeviceVisit(Clock);
        _space = new BrowseSpace(address => _taken.Addresses.Contains(address));
        await Ask(null);
    }

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        var tags = Tags().ToList();
        _taken = (tags.Select(t => t.Address).ToHashSet(StringComparer.Ordinal), [.. tags.Select(t => t.Name)]);
    }

    private static string List(IEnumerable<MethodArgument> arguments) => string.Join(", ", arguments.Select(a => $"{a.Name}: {a.Type}"));

    private string Below(BrowseNode node) => !node.IsVariable && _space.CountBelow(node) is > 0 and var count ? count == 1 ? T("1 value below") : T($"{count:N0} values below") : "";

    private async Task Ask(BrowseNode? above)
    {
        if (above is not null)
        {
            (above.Fault, above.IsAsked) = (null, true);
        }

        _space.Fault = null;
        Drawn();
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(_asking.Token, _gone.Token);
            _space.Put(above, await _visit.BrowseAsync(Kind, Device(), above?.Entry.Id, either.Token));
        }
        catch (OperationCanceledException)
        {
            Fail(above, T("Not asked to the end."));
        }
        catch (ConnectorException fault)
        {
            Fail(above, Reported(fault.Message));
        }

        Drawn();
    }

    private void Fail(BrowseNode? above, string fault)
    {
        if (above is null)
        {
            _space.Fault = fault;
        }
        else
        {
            (above.Fault, above.IsAsked) = (fault, false);
        }
    }

    private void Stop()
    {
        _asking.Cancel();
        _asking.Dispose();
        _asking = new();
    }

    private void StopWalk()
    {
        _walk = _walk is null ? null : _walk with { IsEnding = true };
        _walking?.Cancel();
    }

    private async Task Fold(BrowseNode node)
    {
        node.IsOpen = !node.IsOpen;
        Drawn();
        if (node is { IsOpen: true, Below: null, IsAsked: false })
        {
            await Ask(node);
        }
    }

    private void More(BrowseNode? above)
    {
        if (above is null)
        {
            _space.Drawn += BrowseNode.Step;
        }
        else
        {
            above.Drawn += BrowseNode.Step;
        }

        Drawn();
    }

    // With shift, all between the last one and this one become as this one.
    private async Task Tick(BrowseNode node, bool toHere)
    {
        var on = _space.StateOf(node) != TickState.All;
        List<BrowseNode> meant = toHere && _last is not null ? [.. BrowseSpace.Between(_rows, _last, node).Where(n => !n.IsMethod)] : [node];
        (_last, _said, _made) = (node, null, null);
        var before = _space.Count;
        foreach (var one in meant.Where(n => !on || _space.Knows(n)))
        {
            _space.Tick(one, on);
        }

        var unknown = on ? meant.Where(n => !_space.Knows(n)).ToList() : [];
        if (unknown.Count > 0)
        {
            await TickAllBelow(unknown);
        }
        else if (_space.Count == before)
        {
            Say(on ? T($"Nothing below {node.Entry.Name} can be a tag.") : T($"All below {node.Entry.Name} are tags already."), well: false);
        }
    }

    private void TickShown()
    {
        foreach (var node in _space.Matching(_filter))
        {
            _space.Tick(node, on: true);
        }

        (_made, _said) = (null, null);
    }

    private void TickNone()
    {
        _space.TickNone();
        _said = null;
    }

    // What was answered before it was ended stays ticked.
    private async Task TickAllBelow(List<BrowseNode> places)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_gone.Token);
        var (found, left, told, at) = (0, 0, Clock.GetTimestamp(), 0);
        _walking = stop;
        Begin(0);
        try
        {
            var asks = places.Select(p => new OfferAsk(p.Entry.Id) { Patience = Patience, Told = Told }).ToList();
            await OfferAsync(asks, Take, stop.Token);
            if (_said is null)
            {
                Say(Done(places, found, left), well: found > 0);
            }
        }
        catch (OperationCanceledException)
        {
            Say(at == 0 ? T("Cancelled: nothing more was ticked.") : T($"Cancelled after {at} of {places.Count} places: what is below these is ticked."), well: false);
        }
        catch (ConnectorException fault)
        {
            Say(at == 0 ? Reported(fault.Message) : T($"Ended after {at} of {places.Count} places: {Reported(fault.Message)}"), well: false);
        }
        finally
        {
            (_walk, _walking) = (null, null);
        }

        void Begin(int place) => _walk = new(places[place].Entry.Name, place + 1, places.Count, default);

        void Told(OfferProgress progress)
        {
            if (Clock.GetElapsedTime(told) > Pace)
            {
                told = Clock.GetTimestamp();
                _ = InvokeAsync(() =>
                {
                    if (_walk is not null)
                    {
                        _walk = _walk with { Progress = progress };
                        StateHasChanged();
                    }
                });
            }
        }

        bool Take(int place, TagOffer offer)
        {
            if (!offer.IsWhole)
            {
                Say(
                    T($"{places[place].Entry.Name} holds more than is taken at once: {offer.Rows.Count:N0} values were found, at most {DeviceChecks.MaximumTags:N0} and what {Patience.TotalMinutes:0} minutes bring are taken. Nothing of it was ticked: unfold it and tick its parts."), well: false);
                return false;
            }

            left += _space.Learn(places[place], offer);
            _space.Tick(places[place], on: true);
            found += _space.CountBelow(places[place]);
            at = place + 1;
            if (at < places.Count)
            {
                Begin(at);
                _ = InvokeAsync(StateHasChanged);
            }

            return true;
        }
    }

    // All values below several places, one after the other; each answer is taken with its place in the list, until that says that it is enough.
    private Task OfferAsync(List<OfferAsk> asks, Func<int, TagOffer, bool> take, CancellationToken cancellationToken)
    {
        var (at, goesOn) = (0, true);
        return _visit.LookAsync(
            Kind, Device(),
            async (connector, token) =>
            {
                var giver = connector as IOffersTags ?? throw new ConnectorException(T("This protocol does not tell all values below a place at once."));
                for (; at < asks.Count && goesOn; at++)
                {
                    var offer = await giver.OfferAsync(asks[at], token);
                    await InvokeAsync(() => goesOn = take(at, offer));
                }
            },
            DeviceBrowser.Limit + TimeSpan.FromTicks(asks.Sum(a => a.Patience.Ticks)), cancellationToken);
    }

    private static string Done(List<BrowseNode> places, int found, int left)
    {
        var name = places.Count == 1 ? places[0].Entry.Name : T($"{places.Count} places");
        var said = found switch { 0 => T($"Nothing below {name} can be a tag."), 1 => T($"The 1 value below {name} is ticked."), _ => T($"All {found:N0} values below {name} are ticked.") };
        return left switch { 0 => said, 1 => said + " " + T("1 was left out: no tag can carry its type."), _ => said + " " + T($"{left:N0} were left out: no tag can carry their type.") };
    }

    private async Task Make()
    {
        var period = SettingsReader.ParseDuration(_period.Trim());
        if (period is null || period < DeviceChecks.ShortestPeriod || period > DeviceChecks.LongestPeriod)
        {
            Say(T($"The period is '{_period}': give 10ms to 1h, such as 500ms, 1s or 1m."), well: false);
            return;
        }

        if (_taken.Names.Count + _space.Count > DeviceChecks.MaximumTags)
        {
            Say(T($"The device would have {_taken.Names.Count + _space.Count:N0} tags; {DeviceChecks.MaximumTags:N0} are the most of one device. Tick less, and the rest at a second device."), well: false);
            return;
        }

        var named = PickNames.Of(_space.Ticked, _naming, _taken.Names);
        _notes = [.. named.Select(n => (n.Name, Why: string.Join("; ", new[] { n.Changed, n.Clash is null ? null : T($"{n.Clash} is another tag's name") }.OfType<string>()))).Where(n => n.Why.Length > 0)];
        _made = [.. named.Select(n => new TagOptions
        {
            Name = n.Name, Address = n.Picked.Address, BrowsePath = n.Picked.Way, DataType = n.Picked.DataType, Period = period.Value, Writable = _writable && n.Picked.IsWritable,
        })];
        _space.TickNone();
        _said = null;
        await OnMake.InvokeAsync(_made);
    }

    private async Task TakeOut()
    {
        var made = _made!;
        _made = null;
        await OnTakeOut.InvokeAsync(made);
    }

    // What is typed is the browser's alone: written back from here, a slow line would overwrite newer letters.
    private void Filtered(ChangeEventArgs typed)
    {
        _filter = typed.Value as string ?? "";
        Drawn();
    }

    private void Drawn()
    {
        _rows = _space.Rows(_filter);
        _matching = string.IsNullOrWhiteSpace(_filter) ? 0 : _space.Matching(_filter).Count();
    }

    private void Say(string sentence, bool well) => (_said, _saidWell) = (sentence, well);

    private sealed record Walk(string Name, int At, int Count, OfferProgress Progress, bool IsEnding = false);
}
