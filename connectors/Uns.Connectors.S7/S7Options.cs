using System.Globalization;
using Uns.Connectors.S7.Wire;

namespace Uns.Connectors.S7;

/// <summary>As what the CPU sees us; it keeps places for each kind.</summary>
public enum S7ConnectionType
{
    /// <summary>Programming device.</summary>
    PG = 1,

    /// <summary>Operator panel.</summary>
    OP = 2,

    /// <summary>S7 basic communication.</summary>
    Basic = 3,
}

/// <summary>One SIMATIC CPU, as the user writes it.</summary>
public sealed record S7Options
{
    /// <summary>Name or address of the CPU or its communication processor.</summary>
    [Setting("Host", "Name or IP address of the CPU or its communication processor.")]
    public string Host { get; init; } = "";

    /// <summary>TCP port, 1 to 65535.</summary>
    /// <value>102 unless set: the port registered for ISO-on-TCP.</value>
    [Setting("Port", "TCP port, 1 to 65535.")]
    public int Port { get; init; } = 102;

    /// <summary>Rack of the CPU, 0 to 7.</summary>
    /// <value>0 unless set.</value>
    [Setting("Rack", "Rack of the CPU, 0 to 7.")]
    public int Rack { get; init; }

    /// <summary>Slot of the CPU, 0 to 31.</summary>
    /// <value>1 unless set: S7-1200 and S7-1500.</value>
    [Setting("Slot", "Slot of the CPU, 0 to 31: 1 for S7-1200 and S7-1500, 2 for S7-300.")]
    public int Slot { get; init; } = 1;

    /// <summary>Which of the CPU's places is taken.</summary>
    /// <value>PG unless set.</value>
    [Setting("Connection type", "Which of the CPU's connections is taken: PG, OP or Basic.")]
    public S7ConnectionType ConnectionType { get; init; } = S7ConnectionType.PG;

    /// <summary>Our TSAP, four hexadecimal digits.</summary>
    /// <value>0100 when empty.</value>
    [Setting("Local TSAP", "Our TSAP in hexadecimal, e.g. 02.00; empty takes 01.00.")]
    public string LocalTsap { get; init; } = "";

    /// <summary>The CPU's TSAP, four hexadecimal digits.</summary>
    /// <value>Made from connection type, rack and slot when empty.</value>
    [Setting("Remote TSAP", "The device's TSAP in hexadecimal, e.g. 02.00 for a LOGO!; empty makes it from connection type, rack and slot.")]
    public string RemoteTsap { get; init; } = "";

    /// <summary>Opens a CPU that is protected against reading or writing; up to 8 characters.</summary>
    /// <value>None is sent when empty.</value>
    [Setting("Password", "Password of a protected S7-300 or 400, up to 8 characters. It travels readable for anyone on the network.", IsSecret = true)]
    public string Password { get; init; } = "";

    /// <summary>Largest message asked for, 240 to 960 bytes; the CPU may lower it.</summary>
    /// <value>960 unless set.</value>
    [Setting("PDU size", "Largest message asked for, 240 to 960 bytes; the CPU may lower it.")]
    public int PduBytes { get; init; } = 960;

    /// <summary>Longest wait for the connection, 100 ms to one minute.</summary>
    /// <value>Five seconds unless set.</value>
    [Setting("Connect timeout", "Longest wait for the connection, 100 ms to 1 min.")]
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest wait for one answer, 10 ms to one minute; after it the connection is renewed.</summary>
    /// <value>Two seconds unless set.</value>
    [Setting("Answer timeout", "Longest wait for one answer, 10 ms to 1 min; after it the connection is renewed.")]
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Failures in a row after which the CPU is tried only every <see cref="RecoveryPeriod"/>, 1 to 100.</summary>
    /// <value>7 unless set.</value>
    [Setting("Failures before rest", "Failures in a row after which the CPU is tried only every recovery period, 1 to 100.")]
    public int FailuresBeforeRest { get; init; } = BackOff.UsualFailures;

    /// <summary>Longest wait between two attempts to reach the CPU, 1 s to 1 h.</summary>
    /// <value>30 seconds unless set.</value>
    [Setting("Recovery period", "Longest wait between two attempts to reach a CPU that does not answer, 1 s to 1 h.")]
    public TimeSpan RecoveryPeriod { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes nobody asked for that are read along to join two reads into one, 0 to 200.</summary>
    /// <value>16 unless set: what a second item costs.</value>
    [Setting("Maximum gap", "Unused bytes read along to join two reads, 0 to 200.")]
    public int MaximumGap { get; init; } = 16;

    /// <summary>Our TSAP as sent.</summary>
    internal ushort LocalTsapNumber => ParseTsap(LocalTsap) ?? 0x0100;

    /// <summary>The CPU's TSAP as sent: kind in the upper byte, rack and slot in the lower.</summary>
    internal ushort RemoteTsapNumber => ParseTsap(RemoteTsap) ?? (ushort)(((int)ConnectionType << 8) | (Rack << 5) | Slot);

    /// <summary>Finds every fault at once, so that the user mends the settings in one go.</summary>
    public IEnumerable<SettingFault> Check()
    {
        if (string.IsNullOrWhiteSpace(Host) || Uri.CheckHostName(Host) == UriHostNameType.Unknown)
        {
            yield return new("Settings.Host", $"is '{Host}': give the name or IP address of the CPU, without port.");
        }

        if (Port is < 1 or > 65535)
        {
            yield return new("Settings.Port", $"is {Port}: give 1 to 65535.");
        }

        if (Rack is < 0 or > 7)
        {
            yield return new("Settings.Rack", $"is {Rack}: give 0 to 7.");
        }

        if (Slot is < 0 or > 31)
        {
            yield return new("Settings.Slot", $"is {Slot}: give 0 to 31.");
        }

        if (LocalTsap.Length > 0 && ParseTsap(LocalTsap) is null)
        {
            yield return new("Settings.LocalTsap", $"is '{LocalTsap}': give four hexadecimal digits such as 01.00, or leave it empty.");
        }

        if (RemoteTsap.Length > 0 && ParseTsap(RemoteTsap) is null)
        {
            yield return new("Settings.RemoteTsap", $"is '{RemoteTsap}': give four hexadecimal digits such as 03.01, or leave it empty.");
        }

        if (Password.Length > S7Password.Bytes || Password.Any(c => c is < ' ' or > 'ÿ'))
        {
            yield return new("Settings.Password", "is too long or has characters a CPU does not know: give at most 8 of Latin-1.");
        }

        if (PduBytes is < 240 or > 960)
        {
            yield return new("Settings.PduBytes", $"is {PduBytes}: give 240 to 960.");
        }

        if (ConnectTimeout < TimeSpan.FromMilliseconds(100) || ConnectTimeout > TimeSpan.FromMinutes(1))
        {
            yield return new("Settings.ConnectTimeout", $"is {ConnectTimeout:c}: give 100 ms to 1 min.");
        }

        if (AnswerTimeout < TimeSpan.FromMilliseconds(10) || AnswerTimeout > TimeSpan.FromMinutes(1))
        {
            yield return new("Settings.AnswerTimeout", $"is {AnswerTimeout:c}: give 10 ms to 1 min.");
        }

        if (FailuresBeforeRest is < 1 or > 100)
        {
            yield return new("Settings.FailuresBeforeRest", $"is {FailuresBeforeRest}: give 1 to 100.");
        }

        if (RecoveryPeriod < TimeSpan.FromSeconds(1) || RecoveryPeriod > TimeSpan.FromHours(1))
        {
            yield return new("Settings.RecoveryPeriod", $"is {RecoveryPeriod:c}: give 1 s to 1 h.");
        }

        if (MaximumGap is < 0 or > 200)
        {
            yield return new("Settings.MaximumGap", $"is {MaximumGap}: give 0 to 200.");
        }
    }

    private static ushort? ParseTsap(string text)
    {
        var digits = text.Replace(".", "", StringComparison.Ordinal);
        return digits.Length == 4 && ushort.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
