using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Uns.Connectors.OpcUa.Security;

/// <summary>The revocation lists of authorities, one of each: the newest. A list that is over is still kept to: what was taken back stays so.</summary>
/// <remarks>One caller at a time.</remarks>
internal sealed class RevocationLists
{
    /// <summary>Most lists.</summary>
    public const int Most = 100;

    /// <summary>Most bytes of one list.</summary>
    public const int MostBytes = 4 * 1024 * 1024;

    private readonly string? _folder;
    private readonly Dictionary<string, RevocationList> _lists = new(StringComparer.Ordinal);
    private readonly List<string> _unreadable = [];

    /// <param name="folder">Where they lie as *.crl in DER or PEM; null keeps them in memory.</param>
    public RevocationLists(string? folder)
    {
        _folder = folder;
        if (folder is null)
        {
            return;
        }

        Directory.CreateDirectory(folder);
        foreach (var file in Directory.GetFiles(folder, "*.crl").Order(StringComparer.Ordinal).Take(Most))
        {
            try
            {
                Take(RevocationList.Read(File.ReadAllBytes(file)));
            }
            catch (Exception broken) when (broken is CryptographicException or IOException or FormatException)
            {
                _unreadable.Add($"{Path.GetFileName(file)} cannot be read: {broken.Message}");
            }
        }
    }

    /// <summary>The lists.</summary>
    public IReadOnlyCollection<RevocationList> All => _lists.Values;

    /// <summary>Files that are no lists, each in one sentence.</summary>
    public IReadOnlyList<string> Unreadable => _unreadable;

    /// <summary>Takes a list in; an older one of the same authority goes.</summary>
    /// <returns>Null when it was taken; else why not.</returns>
    public string? Add(byte[] bytes, Func<RevocationList, bool> isSignedByTrusted)
    {
        RevocationList list;
        try
        {
            list = bytes.Length <= MostBytes ? RevocationList.Read(bytes) : throw new CryptographicException($"The list has more than {MostBytes} bytes.");
        }
        catch (Exception broken) when (broken is CryptographicException or FormatException)
        {
            return broken.Message;
        }

        if (!isSignedByTrusted(list))
        {
            return $"The list of {list.Issuer.Name} is not signed by an accepted authority: accept the authority's certificate first.";
        }

        if (!_lists.ContainsKey(Key(list)) && _lists.Count >= Most)
        {
            return $"There are {Most} lists already.";
        }

        if (!Take(list))
        {
            return $"A newer list of {list.Issuer.Name} is there, of {_lists[Key(list)].From:yyyy-MM-dd}.";
        }

        if (_folder is not null)
        {
            File.WriteAllBytes(Path.Combine(_folder, $"{Convert.ToHexString(SHA256.HashData(list.Issuer.RawData))[..32]}.crl"), list.Bytes);
        }

        return null;
    }

    /// <summary>True when the authority has taken this certificate back.</summary>
    /// <param name="certificate">One that the authority issued.</param>
    /// <param name="authority">Whose signature the list must have.</param>
    public bool IsRevoked(X509Certificate2 certificate, X509Certificate2 authority) =>
        _lists.GetValueOrDefault(Convert.ToHexString(authority.SubjectName.RawData)) is { } list && list.IsSignedBy(authority) && list.Lists(certificate);

    private bool Take(RevocationList list)
    {
        if (_lists.TryGetValue(Key(list), out var known) && known.From > list.From)
        {
            return false;
        }

        _lists[Key(list)] = list;
        return true;
    }

    private static string Key(RevocationList list) => Convert.ToHexString(list.Issuer.RawData);
}
