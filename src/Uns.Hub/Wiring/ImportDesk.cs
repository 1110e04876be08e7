using Uns.Connectors;
using Uns.Connectors.TagFiles;
using Uns.Ui.Import;

namespace Uns.Hub.Wiring;

/// <summary>Brings tag files into devices: all of a file or nothing, and the last one of each device can be taken back.</summary>
/// <remarks>What can be taken back is kept in memory: a restart forgets it.</remarks>
internal sealed class ImportDesk(IDeviceBook book) : IImportDesk
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (DeviceOptions Before, DeviceOptions After)> _last = new(StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public ImportPlan Plan(DeviceOptions device, IReadOnlyList<TagRow> rows, ImportMode mode)
    {
        var own = rows.Any(r => r.Device.Equals(device.Name, StringComparison.OrdinalIgnoreCase))
            ? [.. rows.Where(r => r.Device.Length == 0 || r.Device.Equals(device.Name, StringComparison.OrdinalIgnoreCase))]
            : rows;
        return TagImport.Plan(device, own, mode, book.Check);
    }

    /// <inheritdoc/>
    public async Task ApplyAsync(ImportPlan plan, CancellationToken cancellationToken)
    {
        var before = book.Find(plan.Device.Name) ?? throw new ArgumentException($"There is no device '{plan.Device.Name}'.", nameof(plan));
        await book.SaveAsync(plan.Device, cancellationToken);
        if (book.Find(plan.Device.Name) is { } after)
        {
            lock (_gate)
            {
                _last[after.Name] = (before, after);
            }
        }
    }

    /// <inheritdoc/>
    public bool CanUndo(string name)
    {
        lock (_gate)
        {
            return _last.TryGetValue(name, out var last) && ReferenceEquals(book.Find(name), last.After);
        }
    }

    /// <inheritdoc/>
    public async Task<string?> UndoAsync(string name, CancellationToken cancellationToken)
    {
        (DeviceOptions Before, DeviceOptions After) last;
        lock (_gate)
        {
            if (!_last.TryGetValue(name, out last))
            {
                return $"Nothing was imported into '{name}' since the hub started.";
            }
        }

        if (!ReferenceEquals(book.Find(name), last.After))
        {
            return $"'{name}' was changed after the import: taking it back would undo that too.";
        }

        await book.SaveAsync(last.Before, cancellationToken);
        lock (_gate)
        {
            _last.Remove(name);
        }

        return null;
    }
}
