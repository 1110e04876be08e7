using Uns.Connectors;
using Uns.Connectors.TagFiles;
using Uns.Hub.Changes;
using Uns.Ui.Changes;
using Uns.Ui.Import;

namespace Uns.Hub.Wiring;

/// <summary>Brings tag files into devices: all of a file or nothing. The last one can be taken back as long as the device was not changed again.</summary>
internal sealed class ImportDesk(DeviceBook book, SettingsBook settings) : IImportDesk
{
    /// <inheritdoc/>
    public ImportPlan Plan(DeviceOptions device, IReadOnlyList<TagRow> rows, ImportMode mode)
    {
        var own = rows.Any(r => r.Device.Equals(device.Name, StringComparison.OrdinalIgnoreCase))
            ? [.. rows.Where(r => r.Device.Length == 0 || r.Device.Equals(device.Name, StringComparison.OrdinalIgnoreCase))]
            : rows;
        return TagImport.Plan(device, own, mode, book.Check);
    }

    /// <inheritdoc/>
    public async Task ApplyAsync(ImportPlan plan, string author, string file, CancellationToken cancellationToken)
    {
        if (book.Find(plan.Device.Name) is null)
        {
            throw new ArgumentException($"There is no device '{plan.Device.Name}'.", nameof(plan));
        }

        await settings.ChangeAsync(
            new PlantChange { Devices = [plan.Device] }, new ChangeNote(author, file.Length > 0 ? $"import of {file}" : "import", ChangeWay.Import), opened: null, cancellationToken);
    }

    /// <inheritdoc/>
    public bool CanUndo(string name) => settings.LastChange(PlantDiff.DeviceKey(name)) is { Way: ChangeWay.Import };

    /// <inheritdoc/>
    public async Task<string?> UndoAsync(string name, string author, CancellationToken cancellationToken) => settings.LastChange(PlantDiff.DeviceKey(name)) switch
    {
        null => $"There is no device '{name}'.",
        { Way: ChangeWay.Import } last => await settings.UndoAsync(last.Number, author, cancellationToken),
        { Way: ChangeWay.Undo } => $"Nothing is left to take back: the last change of '{name}' took one back.",
        var last => $"'{name}' was changed by {last.Author}, and not by an import, at {last.Time.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC: the log at /log takes that back.",
    };
}
