using System.Security.Cryptography;
using Uns.Hub.Wiring;

namespace Uns.Hub.Changes;

/// <summary>The file with the key that seals the passwords of devices: 32 random bytes in Base64, which only its owner reads.</summary>
internal static class SecretKeyFile
{
    private const int KeyBytes = 32;

    /// <summary>Reads the key, or makes one where there is none. A new key is on stable storage before this returns.</summary>
    /// <exception cref="StartException">The file cannot be read or made, or holds no key; the message is for the user.</exception>
    public static byte[] Open(string path)
    {
        try
        {
            return File.Exists(path) ? Read(path) : Make(path);
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"The key of the devices' passwords, {path}, cannot be used: {unusable.Message}", unusable);
        }
    }

    private static byte[] Read(string path)
    {
        var bytes = new byte[KeyBytes];
        return Convert.TryFromBase64String(File.ReadAllText(path).Trim(), bytes, out var length) && length == KeyBytes
            ? bytes
            : throw new StartException($"{path} holds no key of the devices' passwords: put the right file there, or move this one away. With a new key the passwords must be given anew.");
    }

    // Written aside and moved: a power cut leaves no half of a key.
    private static byte[] Make(string path)
    {
        var key = RandomNumberGenerator.GetBytes(KeyBytes);
        var creation = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            creation.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        File.Delete(path + ".new"); // One that is left over keeps the rights it has.
        using (var file = new FileStream(path + ".new", creation))
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(key) + "\n"));
            file.Flush(flushToDisk: true);
        }

        File.Move(path + ".new", path);
        using var moved = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.FlushToDisk(moved); // And its name: the first password may be sealed in the next moment.
        return key;
    }
}
