using System.Globalization;
using Microsoft.AspNetCore.Components;
using Uns.Connectors;
using Uns.Tags;
using Uns.Ui.Changes;

namespace Uns.Ui.Pages;

/// <summary>Registers of one device under every type and byte order, read once a second; a click makes a tag. What is looked at stands in the address.</summary>
public sealed partial class Decoder
{
    private readonly CancellationTokenSource _stop = new();
    private IDecodes? _kind;
    private DeviceOptions? _device;
    private ElementReference _nameField;
    private bool _isNameDue;
    private DecodedRange? _range;
    private List<(DataType Type, string Order)> _columns = [];
    private DecodedReading? _picked;
    private string _name = "";
    private string? _said;
    private bool _saidWell;
    private bool _isOfReading;
    private bool _busy;

    /// <summary>The device's name.</summary>
    [Parameter]
    public string Name { get; set; } = "";

    /// <summary>The table's letters.</summary>
    [SupplyParameterFromQuery]
    public string? Table { get; set; }

    /// <summary>The first place.</summary>
    [SupplyParameterFromQuery]
    public string? First { get; set; }

    /// <summary>How many places.</summary>
    [SupplyParameterFromQuery]
    public string? Count { get; set; }

    /// <summary>The unit; null for the device's own.</summary>
    [SupplyParameterFromQuery]
    public string? Unit { get; set; }

    /// <summary>16, 32, 64, 0 for texts, or all.</summary>
    [SupplyParameterFromQuery]
    public string? Width { get; set; }

    /// <summary>The draft into which tags are made; none: the plant.</summary>
    [SupplyParameterFromQuery(Name = "draft")]
    public string? Draft { get; set; }

    [Inject]
    private ChangeTarget Target { get; set; } = null!;

    [Inject]
    private IDeviceBook Book { get; set; } = null!;

    [Inject]
    private IEnumerable<IConnectorKind> Kinds { get; set; } = null!;

    [Inject]
    private TimeProvider Clock { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    private DecodeRequest Request => new() { Table = Table ?? "HR", First = Number(First) ?? 1, Count = Number(Count) ?? 24, Unit = Number(Unit) };

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        _device = Target.Shown(Draft).Device(Name);
        _kind = Kinds.FirstOrDefault(k => k.Protocol.Equals(_device?.Protocol, StringComparison.OrdinalIgnoreCase)) as IDecodes;
        Table ??= _kind?.Tables[0];
        (First, Count, Unit) = (Shown(Number(First) ?? 1), Shown(Number(Count) ?? 24), Shown(Number(Unit))); // Whatever stands in the address.
        Width ??= "32";
        Arrange();
    }

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (firstRender && _kind is not null)
        {
            _ = FollowAsync(_stop.Token);
        }

        if (_isNameDue)
        {
            // The click may have been far below: the name comes into view, ready to be typed.
            _isNameDue = false;
            await _nameField.FocusAsync();
        }
    }

    private static int? Number(string? text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string? Shown(int? number) => number?.ToString(CultureInfo.InvariantCulture);

    private void Choose(string what, string value) => Navigation.NavigateTo(
        Navigation.GetUriWithQueryParameter(what.ToLowerInvariant(), value.Trim().Length == 0 ? null : value.Trim()), replace: true);

    private void Pick(DecodedReading reading)
    {
        _picked = reading;
        _name = reading.Address.Split('#', ':', '.')[0].Replace('!', '_');
        _said = null;
        _isNameDue = true;
    }

    private async Task Make(string? into)
    {
        var shown = Target.Shown(into);
        if (_picked is not { } picked || shown.Device(Name) is not { } device)
        {
            Say(T($"Nothing was saved: there is no device {Name} any more."), well: false);
            return;
        }

        _busy = true;
        try
        {
            var name = _name.Trim();
            if (device.Tags.Any(t => t.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
            {
                Say(T($"{Name} has a tag {name} already: give another name."), well: false);
                return;
            }

            var more = device with { Tags = [.. device.Tags, new TagOptions { Name = name, Address = picked.Address, DataType = picked.DataType }] };
            if (Book.Check(more) is { Count: > 0 } faults)
            {
                Say(string.Join(" ", faults.Take(3).Select(f => f.ToString().Replace($"Tags[{device.Tags.Count}].", "", StringComparison.Ordinal))), well: false);
                return;
            }

            var said = await Target.SaveAsync(into, new PlantChange { Devices = [more] }, shown);
            Say(ChangeTarget.IsDraft(into) ? $"{name}: {said}" : T($"{name} is a tag of {Name} now."), well: true);
            _picked = null;
            if (into != Draft)
            {
                Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("draft", into));
            }
        }
        catch (Exception unsaved) when (unsaved is ArgumentException or IOException or InvalidOperationException or SettingsClashException)
        {
            Say(T($"Nothing was saved: {unsaved.Message}"), well: false);
        }
        finally
        {
            _busy = false;
        }
    }

    private async Task FollowAsync(CancellationToken stop)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1), Clock);
        try
        {
            do
            {
                await InvokeAsync(() => ReadAsync(stop));
            }
            while (await pace.WaitForNextTickAsync(stop));
        }
        catch (Exception gone) when (gone is OperationCanceledException or ObjectDisposedException)
        {
            // The page is gone.
        }
    }

    private async Task ReadAsync(CancellationToken stop)
    {
        if (_busy || Read() is not { } device || _kind is not { } kind)
        {
            return;
        }

        var request = Request;
        try
        {
            if (kind.Fault(device, request) is { } fault)
            {
                Say(fault, well: false, ofReading: true);
            }
            else
            {
                DecodedRange? found = null;
                await Book.LookAsync(device, async (connector, token) => found = await kind.DecodeAsync(connector, device, request, token), stop);
                _range = found;
                _said = _isOfReading ? null : _said; // What was said of a click stays until the next one.
                Arrange();
            }
        }
        catch (ConnectorException lost)
        {
            Say(Reported(lost.Message), well: false, ofReading: true);
        }

        StateHasChanged();
    }

    // A draft's device that is reached as the plant's is goes over the connection that stands.
    private DeviceOptions? Read() =>
        Book.Find(Name) is { } now && (!ChangeTarget.IsDraft(Draft) || (_device is { } drafted && drafted.Protocol == now.Protocol && System.Text.Json.Nodes.JsonNode.DeepEquals(drafted.Settings, now.Settings))) ? now : _device;

    // The columns of the width that was chosen, in the order in which the readings come.
    private void Arrange() => _columns = [.. (_range?.Places ?? [])
        .SelectMany(p => p.Readings)
        .Where(r => Width == "all" || r.Bits is 1 || r.Bits.ToString(CultureInfo.InvariantCulture) == Width)
        .Select(r => (r.DataType, r.Order)).Distinct()];

    private void Say(string sentence, bool well, bool ofReading = false) => (_said, _saidWell, _isOfReading) = (sentence, well, ofReading);
}
