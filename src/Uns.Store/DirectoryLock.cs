namespace Uns.Store;

/// <summary>Holds a data directory for one process. The operating system lets go of it when the process ends, however it ends.</summary>
internal sealed class DirectoryLock : IDisposable
{
    private readonly FileStream _file;

    private DirectoryLock(FileStream file) => _file = file;

    /// <exception cref="StoreInUseException">Another process, or another store of this one, holds the directory.</exception>
    public static DirectoryLock Take(string directory, TimeProvider clock)
    {
        var ownerFile = Path.Combine(directory, "hub.owner");
        FileStream file;
        try
        {
            file = new FileStream(Path.Combine(directory, "hub.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            var owner = File.Exists(ownerFile) ? File.ReadAllText(ownerFile).Trim() : "unknown";
            throw new StoreInUseException($"The data directory {directory} is in use by another hub (process {owner}): stop it or give another directory.", e);
        }

        File.WriteAllText(ownerFile, $"{Environment.ProcessId}, since {clock.GetUtcNow():O}\n");
        return new DirectoryLock(file);
    }

    public void Dispose() => _file.Dispose();
}
