using Uns.Connectors;
using Uns.Connectors.TagFiles;

namespace Uns.Ui.Import;

/// <summary>Brings tag files into devices: all of a file or nothing. The last one can be taken back as long as the device was not changed again.</summary>
public interface IImportDesk
{
    /// <summary>What an import would do. Nothing is changed.</summary>
    /// <param name="device">The device as it is.</param>
    /// <param name="rows">The file's rows; those that name another device are left out when some name this one.</param>
    /// <param name="mode">What to do where file and device differ.</param>
    ImportPlan Plan(DeviceOptions device, IReadOnlyList<TagRow> rows, ImportMode mode);

    /// <summary>Saves the device of a plan in one step and restarts it.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="author">Who imports.</param>
    /// <param name="file">The file's name, for the log; may be empty.</param>
    /// <param name="cancellationToken">Ends the wait for one's turn.</param>
    /// <exception cref="ArgumentException">The device as a whole has a fault, such as too many tags; the message says which.</exception>
    Task ApplyAsync(ImportPlan plan, string author, string file, CancellationToken cancellationToken);

    /// <summary>True while the last import into a device can be taken back.</summary>
    bool CanUndo(string name);

    /// <summary>Takes the last import into a device back.</summary>
    /// <returns>Null when it was taken back; else why not.</returns>
    Task<string?> UndoAsync(string name, string author, CancellationToken cancellationToken);
}
