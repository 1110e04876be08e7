using Microsoft.AspNetCore.Components;
using Radzen;
using Uns.Connectors;
using Uns.Tree;
using Uns.Ui.Access;
using Uns.Ui.Changes;

namespace Uns.Ui.Pages;

/// <summary>Adds or changes one device: settings, place in the plant, tags; tests it before anything is saved.</summary>
public sealed partial class DeviceEdit
{
    private DeviceForm? _form;
    private PlantSettings _opened = PlantSettings.Empty;
    private string _openedPlace = "";
    private Clash? _clash;
    private string? _shown = "";
    private List<TestStep> _steps = [];
    private HashSet<string> _wrong = new(StringComparer.OrdinalIgnoreCase);
    private PollBudget? _budget;
    private string? _said;
    private bool _saidWell;
    private bool _busy;
    private CancellationTokenSource? _testing;

    /// <summary>The device's name; null for a new one.</summary>
    [Parameter]
    public string? Name { get; set; }

    [Inject]
    private Visitor Who { get; set; } = null!;

    [Inject]
    private IDeviceBook Book { get; set; } = null!;

    /// <summary>The draft in which it is edited; none: the plant.</summary>
    [SupplyParameterFromQuery(Name = "draft")]
    public string? Draft { get; set; }

    [Inject]
    private ChangeTarget Target { get; set; } = null!;

    [Inject]
    private ISettingsBook Settings { get; set; } = null!;

    [Inject]
    private IEnumerable<IConnectorKind> Kinds { get; set; } = null!;

    [Inject]
    private UiOptions Options { get; set; } = null!;

    [Inject]
    private TimeProvider Clock { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    [Inject]
    private DialogService Dialogs { get; set; } = null!;

    private static string TheirsTaken => T("These are their settings. What you had typed is forgotten.");

    private IConnectorKind Kind => Kinds.First(k => k.Protocol == _form!.Protocol);

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        if (_shown == Key(Name, Draft))
        {
            return; // The same device: what was typed stays.
        }

        _shown = Key(Name, Draft);
        ShowTag(0);
        _steps = [];
        _budget = null;
        _clash = null;
        _opened = Target.Shown(Draft);
        if (Name is null)
        {
            _form = DeviceForm.New(Kinds.First());
        }
        else if (_opened.Device(Name) is { } device && Kinds.FirstOrDefault(k => k.Protocol == device.Protocol) is { } kind)
        {
            _openedPlace = PlaceIn(_opened, device.Name);
            _form = DeviceForm.Of(Book.Conceal(device), kind, _openedPlace);
        }
        else
        {
            _form = null;
        }

        Opened();
    }

    private static string Key(string? name, string? draft) => $"{name ?? "new/"}\n{draft}";

    private string Wrong(string setting) => _wrong.Contains(setting) ? "wrong" : "";

    private void ChangeProtocol(ChangeEventArgs picked)
    {
        _form!.Adopt(Kinds.First(k => k.Protocol == (string)picked.Value!), []);
        _browsing = false;
        _steps = [];
    }

    private async Task Test()
    {
        Who.Demand(Role.Engineer); // It knocks at whatever address is given.
        var stop = new CancellationTokenSource();
        (_busy, _testing, _steps) = (true, stop, []);
        Say(null, well: true);
        try
        {
            var (device, faults) = _form!.Read(Kind);
            if (!Complain([.. faults, .. Kind.Check(device)]))
            {
                _steps = [.. await new ConnectionTest(Clock, Passed).RunAsync(Kind, Book.Complete(device, Saved), stop.Token)];
            }
        }
        catch (OperationCanceledException)
        {
            Say(T("The test was cancelled. What it had found stands below."), well: false);
        }
        finally
        {
            (_busy, _testing) = (false, null);
            stop.Dispose();
        }
    }

    // Each step is shown as soon as it is done.
    private void Passed(TestStep step) => _ = InvokeAsync(() =>
    {
        if (_testing is not null)
        {
            _steps.Add(step);
            StateHasChanged();
        }
    });

    private void Reckon()
    {
        Say(null, well: true);
        var (device, faults) = _form!.Read(Kind);
        device = Book.Complete(device, Saved);
        _budget = Complain([.. faults, .. Kind.Check(device)]) ? null : PollBudget.DryRun(Kind, device, Name is null ? null : Book.DiagnosticsOf(Name), Clock);
    }

    private async Task Save(string? into)
    {
        _busy = true;
        try
        {
            var (device, faults) = _form!.Read(Kind);
            var shown = Target.Shown(into);
            if (Name is null && shown.Device(device.Name) is not null)
            {
                faults.Add(new(nameof(device.Name), T($"is '{device.Name}', which another device has: give another name.")));
            }

            var place = _form.Place.Trim().Trim('/');
            if (place.Length > 0 && new EquipmentRule { Path = place }.Fault() is { } misplaced)
            {
                faults.Add(new("Place", misplaced));
            }

            faults.AddRange(Book.Check(device));
            if (Complain(faults))
            {
                return;
            }

            var rules = MappingRows.Place(shown.Mapping, Options.GroupId, Options.NodeOf(device.Name), device.Name, place);
            var change = new PlantChange { Devices = [device], Mapping = ReferenceEquals(rules, shown.Mapping) ? null : rules };
            // A draft that is entered now shows what it holds: what was opened here was the plant.
            var opened = (into == Draft ? _opened : Settings.Now) with { Mapping = shown.Mapping };
            var said = await Target.SaveAsync(into, change, into == Draft ? opened : opened with { Devices = shown.Devices });
            _clash = null;
            Reload(device.Tags.Count == 1 ? T($"{said} {device.Name} has 1 tag.") : T($"{said} {device.Name} has {device.Tags.Count} tags."), device.Name, into);
            if (Name is null || into != Draft)
            {
                _shown = Key(device.Name, into);
                Navigation.NavigateTo(ChangeTarget.Link("/devices/" + Uri.EscapeDataString(device.Name), into));
            }
        }
        catch (SettingsClashException clash)
        {
            Weigh(clash.Message, into);
        }
        catch (Exception unsaved) when (unsaved is ArgumentException or IOException or InvalidOperationException)
        {
            Say(T($"Nothing was saved: {unsaved.Message}"), well: false);
        }
        finally
        {
            _busy = false;
        }
    }

    // What the two changed is laid together here; the reader decides.
    private void Weigh(string message, string? into)
    {
        var mine = _form!.Read(Kind).Device;
        var shown = Target.Shown(into);
        if (shown.Device(mine.Name) is not { } theirs)
        {
            Say(T($"{message} The device is gone. Nothing was saved; give it another name and save it as a new one."), well: false);
            return;
        }

        var opened = _opened.Device(mine.Name) is { } was ? Book.Conceal(was) : null;
        var (merged, both) = DeviceMerge.Merge(opened, mine, Book.Conceal(theirs), mineWins: true);
        _clash = new(message, both, merged, DeviceMerge.Merge(opened, mine, Book.Conceal(theirs), mineWins: false).Device, into);
        Say(null, well: true);
    }

    private async Task Settle(Clash clash, DeviceOptions merged)
    {
        var shown = Target.Shown(clash.Into);
        var place = _form!.Place == _openedPlace ? PlaceIn(shown, merged.Name) : _form.Place;
        _form = DeviceForm.Of(merged, Kind, place);
        (_opened, _clash) = (shown, null);
        await Save(clash.Into);
    }

    private void Reload(string said) => Reload(said, Name ?? _form!.Name, Draft);

    private void Reload(string said, string name, string? draft)
    {
        _opened = Target.Shown(draft);
        _clash = null;
        if (_opened.Device(name) is { } device)
        {
            _openedPlace = PlaceIn(_opened, name);
            _form = DeviceForm.Of(Book.Conceal(device), Kinds.First(k => k.Protocol == device.Protocol), _openedPlace);
            Opened();
        }

        Say(said, well: true);
    }

    private string PlaceIn(PlantSettings settings, string device) => MappingRows.RowOf(settings.Mapping, Options.GroupId, Options.NodeOf(device), device)?.Path ?? "";

    private async Task Remove()
    {
        var sure = await Dialogs.Confirm(
            T($"{Name} and its {_form!.Tags.Count} tags are forgotten; its values become stale. The device itself is not touched."), T($"Remove {Name}?"),
            new ConfirmOptions { OkButtonText = T("Remove"), CancelButtonText = T("Keep") });
        if (sure != true)
        {
            return;
        }

        _busy = true;
        try
        {
            await Target.SaveAsync(Draft, new PlantChange { RemovedDevices = [Name!] }, _opened);
            Navigation.NavigateTo(ChangeTarget.IsDraft(Draft) ? "/drafts/" + Uri.EscapeDataString(Draft!) : "/devices");
        }
        catch (SettingsClashException clash)
        {
            _busy = false;
            Say(T($"Nothing was removed: {clash.Message} Load the page again to see it."), well: false);
        }
    }

    private bool Complain(List<SettingFault> faults)
    {
        var distinct = faults.Distinct().ToList();
        _wrong = [.. distinct.Select(f => f.Path)];
        ShowFirstWrong();
        if (distinct.Count > 0)
        {
            Say(string.Join(" ", distinct.Take(5)) + (distinct.Count > 5 ? " " + T($"And {distinct.Count - 5} more.") : ""), well: false);
        }

        return distinct.Count > 0;
    }

    private void Say(string? sentence, bool well) => (_said, _saidWell) = (sentence, well);

    // The passwords that are not shown here; in a draft they are the draft's.
    private DeviceOptions? Saved => Name is null ? null : _opened.Device(Name);

    /// <summary>Two people changed the device: what both made of it, with the word of the one or of the other.</summary>
    private sealed record Clash(string Message, IReadOnlyList<string> Both, DeviceOptions Mine, DeviceOptions Theirs, string? Into);
}
