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

    /// <summary>The device.</summary>
    [Parameter]
    public string Name { get; set; } = "";

    [Inject]
    private IDeviceBook Book { get; set; } = null!;

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

    /// <inheritdoc/>
    protected override void OnParametersSet() => _device = Book.Find(Name);

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
        if ((_device = Book.Find(Name)) is { } device)
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

    private async Task Apply()
    {
        _busy = true;
        try
        {
            // What was shown is what is done: a device that changed meanwhile is shown anew first.
            if (!ReferenceEquals(Book.Find(Name), _device))
            {
                await PlanAsync();
                Say(T("The device was changed in the meantime. This is what the file would do now: look again."));
                return;
            }

            var plan = _plan!;
            await Desk.ApplyAsync(plan, Author.Name, _file, _gone.Token);
            var said = string.Join(", ", new[] { ImportOutcome.New, ImportOutcome.Changed, ImportOutcome.Removed }.Where(o => plan.Count(o) > 0).Select(o => $"{plan.Count(o):N0} {Named(o.ToString().ToLowerInvariant())}"));
            var left = plan.Count(ImportOutcome.Clashing) + plan.Count(ImportOutcome.Unreadable);
            await PlanAsync();
            (_said, _saidWell) = (left switch
            {
                0 => T($"Done: {said}. It can be taken back until the device is changed again."),
                1 => T($"Done: {said}. 1 row was left out. It can be taken back until the device is changed again."),
                _ => T($"Done: {said}. {left:N0} rows were left out. It can be taken back until the device is changed again."),
            }, true);
        }
        catch (ArgumentException faulty)
        {
            Say(T($"Nothing was changed: {faulty.Message}"));
        }
        finally
        {
            _busy = false;
        }
    }

    private async Task Undo()
    {
        _busy = true;
        var fault = await Desk.UndoAsync(Name, Author.Name, _gone.Token);
        _device = Book.Find(Name);
        if (_plan is not null)
        {
            await PlanAsync();
        }

        (_said, _saidWell, _busy) = (fault ?? T("The last import was taken back: the device is as it was."), fault is null, false);
    }

    private void Cancel() => _reading?.Cancel();

    private void Say(string fault) => (_said, _saidWell) = (fault, false);
}
