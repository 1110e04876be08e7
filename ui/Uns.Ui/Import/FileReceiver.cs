using Microsoft.AspNetCore.Components.Forms;

namespace Uns.Ui.Import;

/// <summary>Takes a file from the browser, piece by piece.</summary>
internal static class FileReceiver
{
    private const int Told = 1 << 20;

    /// <summary>The whole file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="progress">Hears after each MiB how far it is, 0 to 1.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="IOException">It did not arrive whole.</exception>
    public static async Task<byte[]> ReceiveAsync(IBrowserFile file, Action<double> progress, CancellationToken cancellationToken)
    {
        var bytes = new byte[file.Size];
        await using var stream = file.OpenReadStream(file.Size, cancellationToken);
        var told = 0;
        for (var at = 0; at < bytes.Length;)
        {
            var read = await stream.ReadAsync(bytes.AsMemory(at), cancellationToken);
            if (read == 0)
            {
                throw new IOException(T("it ended early."));
            }

            at += read;
            if (at - told > Told)
            {
                told = at;
                progress((double)at / bytes.Length);
            }
        }

        return bytes;
    }
}
