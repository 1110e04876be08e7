using System.Globalization;
using System.Net;

namespace Uns.Hub.Settings;

/// <summary>Where a server of the hub listens, as the user writes it: <c>127.0.0.1:1883</c>, <c>[::1]:1883</c>, <c>0.0.0.0:0</c>.</summary>
public static class ListenAddress
{
    /// <summary>Reads an address and port.</summary>
    /// <param name="setting">The setting's own name, for the error, e.g. <c>--mqtt</c>.</param>
    /// <param name="written">What the user wrote. <c>localhost</c> is the IPv4 loopback; port 0 takes any free one.</param>
    /// <exception cref="SettingException">It is no address and port; the message says what was found and what is wanted.</exception>
    public static IPEndPoint Parse(string setting, string written)
    {
        var colon = written.LastIndexOf(':');
        if (colon <= 0)
        {
            throw new SettingException($"{setting} is '{written}': give ADDRESS:PORT, e.g. 127.0.0.1:1883.");
        }

        var host = written[..colon];
        var address = host == "localhost" ? IPAddress.Loopback : IPAddress.TryParse(host, out var parsed) ? parsed : null;
        if (address is null || (host.Contains(':', StringComparison.Ordinal) && !host.StartsWith('[')))
        {
            throw new SettingException($"{setting} has the address '{host}': give an IP address of this machine (IPv6 in brackets), or 0.0.0.0 for all.");
        }

        if (!ushort.TryParse(written.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            throw new SettingException($"{setting} has the port '{written[(colon + 1)..]}': give 0 to 65535.");
        }

        return new IPEndPoint(address, port);
    }
}

/// <summary>A setting is wrong. The message is the whole sentence for the user; nothing was started or saved.</summary>
public sealed class SettingException(string message, Exception? innerException = null) : Exception(message, innerException);
