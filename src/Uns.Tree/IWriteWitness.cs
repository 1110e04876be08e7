namespace Uns.Tree;

/// <summary>Sees every write that passes <see cref="TreeWriter"/>: who, from what, to what, and what came of it.</summary>
public interface IWriteWitness
{
    /// <summary>A write is about to be sent. The command leaves when this has returned.</summary>
    /// <returns>The write's number, for <see cref="Ended"/>.</returns>
    Task<long> SendingAsync(string path, string before, string given, string who);

    /// <summary>A write was sent, and this came of it.</summary>
    void Ended(long id, string before, string given, WriteResult result);

    /// <summary>A write was refused; nothing was sent.</summary>
    void Refused(string path, string before, string given, string who, WriteResult result);
}
