using Microsoft.AspNetCore.Components;
using Radzen;
using Uns.Connectors;
using Uns.Tree;
using Uns.Ui.Parts;

namespace Uns.Ui.Pages;

/// <summary>Adds or changes one device: settings, place in the plant, tags; tests it before anything is saved.</summary>
public sealed partial class DeviceEdit
{
    private DeviceForm? _form;
    private string? _shown = "";
    private IReadOnlyList<TestStep> _steps = [];
    private HashSet<string> _wrong = new(StringComparer.OrdinalIgnoreCase);
    private PollBudget? _budget;
    private string? _said;
    private bool _saidWell;
    private bool _busy;
    private bool _testing;
    private bool _browsing;

    /// <summary>The device's name; null for a new one.</summary>
    [Parameter]
    public string? Name { get; set; }

    [Inject]
    private IDeviceBook Book { get; set; } = null!;

    [Inject]
    private IEquipmentMapBook Mapping { get; set; } = null!;

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

    private IConnectorKind Kind => Kinds.First(k => k.Protocol == _form!.Protocol);

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        if (_shown == (Name ?? "new/"))
        {
            return; // The same device: what was typed stays.
        }

        _shown = Name ?? "new/";
        _steps = [];
        _budget = null;
        if (Name is null)
        {
            _form = DeviceForm.New(Kinds.First());
        }
        else if (Book.Find(Name) is { } device && Kinds.FirstOrDefault(k => k.Protocol == device.Protocol) is { } kind)
        {
            _form = DeviceForm.Of(Book.Conceal(device), kind, Rule(Name)?.Path ?? "");
        }
        else
        {
            _form = null;
        }
    }

    private EquipmentRule? Rule(string device) =>
        Mapping.Rules.FirstOrDefault(r => r.Group == Options.GroupId && r.Node == Options.NodeId && r.Device == device && r.Metric == "*");

    private string Wrong(string setting) => _wrong.Contains(setting) ? "wrong" : "";

    private void ChangeProtocol(ChangeEventArgs picked)
    {
        _form!.Adopt(Kinds.First(k => k.Protocol == (string)picked.Value!), []);
        _browsing = false;
        _steps = [];
    }

    private async Task Test()
    {
        (_busy, _testing, _steps) = (true, true, []);
        Say(null, well: true);
        try
        {
            var (device, faults) = _form!.Read(Kind);
            if (!Complain([.. faults, .. Kind.Check(device)]))
            {
                _steps = await new ConnectionTest(Clock).RunAsync(Kind, Book.Complete(device), CancellationToken.None);
            }
        }
        finally
        {
            (_busy, _testing) = (false, false);
        }
    }

    private void Reckon()
    {
        Say(null, well: true);
        var (device, faults) = _form!.Read(Kind);
        device = Book.Complete(device);
        _budget = Complain([.. faults, .. Kind.Check(device)]) ? null : PollBudget.DryRun(Kind, device, Name is null ? null : Book.DiagnosticsOf(Name), Clock);
    }

    private async Task Save()
    {
        _busy = true;
        try
        {
            var (device, faults) = _form!.Read(Kind);
            if (Name is null && Book.Find(device.Name) is not null)
            {
                faults.Add(new(nameof(device.Name), $"is '{device.Name}', which another device has: give another name."));
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

            await SavePlaceAsync(device.Name, place);
            await Book.SaveAsync(device, CancellationToken.None);
            Say($"Saved: {device.Name} with {device.Tags.Count} tags.", well: true);
            if (Name is null)
            {
                _shown = device.Name;
                Navigation.NavigateTo("/devices/" + Uri.EscapeDataString(device.Name));
            }
        }
        catch (Exception unsaved) when (unsaved is ArgumentException or IOException or InvalidOperationException)
        {
            Say($"Nothing was saved: {unsaved.Message}", well: false);
        }
        finally
        {
            _busy = false;
        }
    }

    private async Task SavePlaceAsync(string device, string place)
    {
        var old = Rule(device);
        if ((old?.Path ?? "") == place)
        {
            return;
        }

        var rest = Mapping.Rules.Where(r => r != old);
        IReadOnlyList<EquipmentRule> rules = place.Length == 0
            ? [.. rest]
            : [new EquipmentRule { Group = Options.GroupId, Node = Options.NodeId, Device = device, Path = place }, .. rest];
        await Mapping.SaveAsync(rules, CancellationToken.None);
    }

    private async Task Remove()
    {
        var sure = await Dialogs.Confirm(
            $"{Name} and its {_form!.Tags.Count} tags are forgotten; its values become stale. The device itself is not touched.", $"Remove {Name}?",
            new ConfirmOptions { OkButtonText = "Remove", CancelButtonText = "Keep" });
        if (sure != true)
        {
            return;
        }

        _busy = true;
        await Book.RemoveAsync(Name!, CancellationToken.None);
        Navigation.NavigateTo("/devices");
    }

    private bool Complain(List<SettingFault> faults)
    {
        var distinct = faults.Distinct().ToList();
        _wrong = [.. distinct.Select(f => f.Path)];
        if (distinct.Count > 0)
        {
            Say(string.Join(" ", distinct.Take(5)) + (distinct.Count > 5 ? $" And {distinct.Count - 5} more." : ""), well: false);
        }

        return distinct.Count > 0;
    }

    private void Say(string? sentence, bool well) => (_said, _saidWell) = (sentence, well);

    private void ToggleBrowse() => _browsing = !_browsing;

    private Task<IReadOnlyList<BrowseEntry>> Look(string? below) =>
        new DeviceBrowser(Clock).BrowseAsync(Kind, Book.Complete(_form!.Read(Kind).Device) with { Name = "browse" }, below, CancellationToken.None);

    private void Pick(BrowsePick pick)
    {
        if (_form!.Tags.TrueForAll(t => t.Address != pick.Entry.Id))
        {
            var name = string.Join('/', pick.Path.Skip(Math.Max(0, pick.Path.Count - 2)));
            _form.Tags.Add(new()
            {
                Name = name,
                Address = pick.Entry.Id,
                DataType = pick.Entry.DataType ?? default,
                Writable = pick.Entry.Writable,
                BrowsePath = pick.Way,
            });
        }
    }
}
