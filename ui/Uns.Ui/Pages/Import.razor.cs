using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Forms;
using Uns.Connectors;
using Uns.Connectors.TagFiles;
using Uns.Ui.Changes;
using Uns.Ui.Import;

namespace Uns.Ui.Pages;

/// <summary>A tag file into a device: recognised, tried out row by row, applied in one step, taken back in one.</summary>
public sealed partial class Import
{
    /// <summary>Largest file that is read.</summary>
    private const long MostBytes = 100L << 20;

    private static readonly (ImportMode Mode, string Words)[] Modes =
    [
        (ImportMode.MergeSafe, "add new tags, leave the others"), (ImportMode.MergeOverwrite, "add new tags, change those that differ"),
        (ImportMode.Overwrite, "make the device's tags those of the file"), (ImportMode.Create, "add new tags, none may be there yet"), (ImportMode.Delete, "take away the tags of the file"),
    ];

    private readonly CancellationTokenSource _gone = new();
    private CancellationTokenSource? _reading;
    private DeviceOptions? _device;
    private ImportPlan? _plan;
    private IReadOnlyList<TagRow> _read = [];
    private List<ImportRow> _rows = [];
    private ImportMode _mode = ImportMode.MergeSafe;
    private ImportOutcome? _shown;
    private string _file = "";
    private string _format = "";
    private double? _progress;
    private string? _said;
    private bool _saidWell;
    private bool _busy;
    private string? _opened;

    // The draft's device before the last import into it and after it, while this page is open.
    private (DeviceOptions Before, DeviceOptions After)? _drafted;

    /// <summary>The device.</summary>
    [Parameter]
    public string Name { get; set; } = "";

    /// <summary>The draft into which it is imported; none: the plant.</summary>
    [SupplyParameterFromQuery(Name = "draft")]
    public string? Draft { get; set; }

    [Inject]
    private ChangeTarget Target { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    [Inject]
    private PageAuthor Author { get; set; } = null!;

    [Inject]
    private IImportDesk Desk { get; set; } = null!;

    private int Changes => _plan is null ? 0 : _plan.Count(ImportOutcome.New) + _plan.Count(ImportOutcome.Changed) + _plan.Count(ImportOutcome.Removed);

    /// <inheritdoc/>
    public void Dispose()
    {
        _gone.Cancel();
        _gone.Dispose();
    }

    private bool CanUndo => ChangeTarget.IsDraft(Draft) ? _drafted is not null : Desk.CanUndo(Name);

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        if (_opened == Key(Draft))
        {
            return; // The same device: what was read stays.
        }

        (_opened, _drafted, _said) = (Key(Draft), null, null);
        _device = Target.Shown(Draft).Device(Name);
        if (_plan is not null)
        {
            await PlanAsync();
        }
    }

    private string Key(string? draft) => $"{Name}\n{draft}";

    private static string Look(ImportOutcome outcome) => outcome switch
    {
        ImportOutcome.New => "good",
        ImportOutcome.Changed or ImportOutcome.Removed => "stale",
        ImportOutcome.Same => "off",
        _ => "bad",
    };

    private async Task Read(InputFileChangeEventArgs chosen)
    {
        (_file, _plan, _said, _rows, _shown) = (chosen.File.Name, null, null, [], null);
        if (chosen.File.Size > MostBytes)
        {
            Say(T($"{_file} has {chosen.File.Size >> 20} MiB. A tag file has at most {MostBytes >> 20} MiB: is it the right one? Else split it."));
            return;
        }

        (_busy, _progress) = (true, 0);
        _reading = CancellationTokenSource.CreateLinkedTokenSource(_gone.Token);
        try
        {
            var bytes = await FileReceiver.ReceiveAsync(chosen.File, Reached, _reading.Token);
            var reading = await Task.Run(() => TagFileReader.Read(bytes), _reading.Token);
            if (reading.Fault is { } fault)
            {
                Say($"{_file}: {fault}");
                return;
            }

            (_read, _format) = (reading.Rows, reading.Format);
            await PlanAsync();
        }
        catch (OperationCanceledException)
        {
            Say(T($"{_file} was not read to its end. Nothing was changed."));
        }
        catch (IOException broken)
        {
            Say(T($"{_file} did not arrive: {broken.Message} Nothing was changed."));
        }
        finally
        {
            (_busy, _progress) = (false, null);
            _reading.Dispose();
            _reading = null;
        }
    }

    private void Reached(double share)
    {
        _progress = share;
        StateHasChanged();
    }

    private async Task PlanAsync()
    {
        if ((_device = Target.Shown(Draft).Device(Name)) is { } device)
        {
            _plan = await Task.Run(() => Desk.Plan(device, _read, _mode), _gone.Token);
            Show(_shown is { } shown && _plan.Count(shown) > 0 ? shown : null);
        }
    }

    private void Show(ImportOutcome? outcome)
    {
        _shown = outcome;
        _rows = [.. _plan!.Rows.Where(r => outcome is null || r.Outcome == outcome)];
    }

    private async Task SetMode(ChangeEventArgs chosen)
    {
        _mode = Enum.Parse<ImportMode>((string)chosen.Value!);
        _busy = true;
        await PlanAsync();
        _busy = false;
    }

    private async Task Apply(string? into)
    {
        _busy = true;
        try
        {
            var shown = Target.Shown(into);
            if (shown.Device(Name) is not { } there)
            {
                Say(T($"Nothing was changed: there is no device {Name} any more."));
                return;
            }

            // What was shown is what is done: a device that changed meanwhile, or is another one in the draft, is shown anew first.
            var plan = PlantJson.Same(there, _device) ? _plan! : await Task.Run(() => Desk.Plan(there, _read, _mode), _gone.Token);
            if (!plan.Rows.SequenceEqual(_plan!.Rows))
            {
                var entered = into != Draft;
                Enter(into);
                await PlanAsync();
                Say(entered
                    ? T($"In draft {into} the device is not as it is in the plant. This is what the file does there: look, and keep it.")
                    : T("The device was changed in the meantime. This is what the file would do now: look again."));
                return;
            }

            await Target.SaveAsync(into, new PlantChange { Devices = [plan.Device] }, shown, $"import of {_file}", ChangeWay.Import);
            Enter(into);
            await PlanAsync();
            _drafted = ChangeTarget.IsDraft(into) && _device is { } after ? (there, after) : null;
            (_said, _saidWell) = (Told(plan, into), true);
        }
        catch (Exception refused) when (refused is ArgumentException or SettingsClashException)
        {
            Say(T($"Nothing was changed: {refused.Message}"));
        }
        finally
        {
            _busy = false;
        }
    }

    // The page goes on in the draft, with the same file before it.
    private void Enter(string? into)
    {
        if (into != Draft)
        {
            (Draft, _opened, _drafted) = (into, Key(into), null);
            Navigation.NavigateTo(ChangeTarget.Link($"/devices/{Uri.EscapeDataString(Name)}/import", into));
        }
    }

    private static string Told(ImportPlan plan, string? into)
    {
        var done = string.Join(", ", new[] { ImportOutcome.New, ImportOutcome.Changed, ImportOutcome.Removed }.Where(o => plan.Count(o) > 0).Select(o => $"{plan.Count(o):N0} {Named(o.ToString().ToLowerInvariant())}"));
        var left = plan.Count(ImportOutcome.Clashing) + plan.Count(ImportOutcome.Unreadable);
        if (ChangeTarget.IsDraft(into))
        {
            return left switch
            {
                0 => T($"Kept in draft {into}: {done}. The plant is as it was."),
                1 => T($"Kept in draft {into}: {done}. 1 row was left out. The plant is as it was."),
                _ => T($"Kept in draft {into}: {done}. {left:N0} rows were left out. The plant is as it was."),
            };
        }

        return left switch
        {
            0 => T($"Done: {done}. It can be taken back until the device is changed again."),
            1 => T($"Done: {done}. 1 row was left out. It can be taken back until the device is changed again."),
            _ => T($"Done: {done}. {left:N0} rows were left out. It can be taken back until the device is changed again."),
        };
    }

    private async Task Undo()
    {
        _busy = true;
        try
        {
            var fault = ChangeTarget.IsDraft(Draft) ? await UndoInDraftAsync(Target.Shown(Draft)) : await Desk.UndoAsync(Name, Author.Name, _gone.Token);
            _device = Target.Shown(Draft).Device(Name);
            if (_plan is not null)
            {
                await PlanAsync();
            }

            (_said, _saidWell) = (fault ?? T("The last import was taken back: the device is as it was."), fault is null);
        }
        finally
        {
            _busy = false;
        }
    }

    private async Task<string?> UndoInDraftAsync(PlantSettings shown)
    {
        var (before, after) = _drafted!.Value;
        _drafted = null;
        if (shown.Device(Name) is not { } there || !PlantJson.Same(there, after))
        {
            return T($"{Name} was changed in the draft since: nothing was taken back.");
        }

        try
        {
            await Target.SaveAsync(Draft, new PlantChange { Devices = [before] }, shown);
            return null;
        }
        catch (SettingsClashException clash)
        {
            return clash.Message;
        }
    }

    private void Cancel() => _reading?.Cancel();

    private void Say(string fault) => (_said, _saidWell) = (fault, false);
}
