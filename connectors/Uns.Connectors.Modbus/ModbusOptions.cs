namespace Uns.Connectors.Modbus;

/// <summary>What the first address of a table is called.</summary>
public enum FirstAddress
{
    /// <summary>40001 is the first holding register: the convention of most handbooks.</summary>
    One,

    /// <summary>40000 is the first holding register: the number is the offset sent on the wire.</summary>
    Zero,
}

/// <summary>How a request is wrapped.</summary>
public enum ModbusFramingKind
{
    /// <summary>Modbus TCP: a header with a transaction id, which tells a late answer from the awaited one.</summary>
    Tcp,

    /// <summary>RTU: bytes with a CRC, on a serial line or tunnelled through a socket.</summary>
    Rtu,

    /// <summary>ASCII: hexadecimal digits with an LRC, on a serial line or tunnelled through a socket.</summary>
    Ascii,
}

/// <summary>How the device is reached.</summary>
public enum ModbusLineKind
{
    /// <summary>The hub dials the device or gateway.</summary>
    Connect,

    /// <summary>The device dials the hub, as cellular modems do.</summary>
    Listen,

    /// <summary>A serial port of this machine.</summary>
    Serial,
}

/// <summary>The bit that a serial line adds to each character.</summary>
public enum SerialParity
{
    /// <summary>None.</summary>
    None,

    /// <summary>Even: what the standard asks for.</summary>
    Even,

    /// <summary>Odd.</summary>
    Odd,
}

/// <summary>One Modbus device, or a gateway or serial line with many units, as the user writes it.</summary>
public sealed record ModbusOptions
{
    /// <summary>Name or address of the device or gateway.</summary>
    [Setting("Host", "Name or IP address of the device or gateway; with Line Listen the address of this machine that it dials.")]
    public string Host { get; init; } = "";

    /// <summary>TCP port, 1 to 65535.</summary>
    /// <value>502 unless set: the port registered for Modbus.</value>
    [Setting("Port", "TCP port, 1 to 65535.")]
    public int Port { get; init; } = 502;

    /// <summary>How requests are wrapped.</summary>
    /// <value>Modbus TCP unless set.</value>
    [Setting("Framing", "Tcp: Modbus TCP. Rtu or Ascii: the forms of serial lines, also through a socket.")]
    public ModbusFramingKind Framing { get; init; } = ModbusFramingKind.Tcp;

    /// <summary>How the device is reached.</summary>
    /// <value>The hub dials unless set.</value>
    [Setting("Line", "Connect: the hub dials the device. Listen: the device dials the hub. Serial: a serial port of this machine.")]
    public ModbusLineKind Line { get; init; } = ModbusLineKind.Connect;

    /// <summary>Path of the serial port; for <see cref="ModbusLineKind.Serial"/> alone.</summary>
    [Setting("Serial port", "Path of the serial port, e.g. /dev/ttyUSB0; with Line Serial.")]
    public string SerialPort { get; init; } = "";

    /// <summary>Speed of the serial port in baud, 300 to 4,000,000.</summary>
    /// <value>19200 unless set: the standard's own.</value>
    [Setting("Baud rate", "Speed of the serial port, 300 to 4000000 baud.")]
    public int BaudRate { get; init; } = 19200;

    /// <summary>Parity of the serial port.</summary>
    /// <value>Even unless set: the standard's own.</value>
    [Setting("Parity", "Parity of the serial port.")]
    public SerialParity Parity { get; init; } = SerialParity.Even;

    /// <summary>Stop bits of the serial port, 1 or 2.</summary>
    /// <value>1 unless set; without parity the standard asks for 2.</value>
    [Setting("Stop bits", "Stop bits of the serial port, 1 or 2.")]
    public int StopBits { get; init; } = 1;

    /// <summary>Unit of the addresses that name none, 0 to 255.</summary>
    /// <value>1 unless set.</value>
    [Setting("Unit", "Unit id of addresses that name none, 0 to 255; an address names its own by 5!40001.")]
    public int Unit { get; init; } = 1;

    /// <summary>How addresses are counted.</summary>
    /// <value>From one unless set.</value>
    [Setting("First address", "One: 40001 is the first holding register. Zero: 40000 is.")]
    public FirstAddress FirstAddress { get; init; } = FirstAddress.One;

    /// <summary>Order of the bytes of values that take several registers, where their address names none.</summary>
    /// <value>ABCD unless set.</value>
    [Setting("Byte order", "Order of values over several registers; try CDAB when numbers look wrong.")]
    public ByteOrder ByteOrder { get; init; } = ByteOrder.ABCD;

    /// <summary>Longest wait for the connection, 100 ms to one minute.</summary>
    /// <value>Five seconds unless set.</value>
    [Setting("Connect timeout", "Longest wait for the connection, 100 ms to 1 min.")]
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest wait for one answer, 10 ms to one minute.</summary>
    /// <value>One second unless set.</value>
    [Setting("Answer timeout", "Longest wait for one answer, 10 ms to 1 min.")]
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often a read without an answer is asked again, 0 to 5. Writes are never sent twice.</summary>
    /// <value>1 unless set.</value>
    [Setting("Retries", "How often a read without an answer is asked again, 0 to 5. Writes are never sent twice.")]
    public int Retries { get; init; } = 1;

    /// <summary>Connections to a gateway, 1 to 8, each reading its share of the units at the same time as the others.</summary>
    /// <value>1 unless set: many devices take no second one.</value>
    [Setting("Connections", "TCP connections to a gateway, 1 to 8; its units are shared out among them, so that a slow one holds up fewer others.")]
    public int Connections { get; init; } = 1;

    /// <summary>Missing answers in a row after which a unit is asked only every <see cref="RecoveryPeriod"/>, 1 to 100.</summary>
    /// <value>3 unless set.</value>
    [Setting("Failures before rest", "Missing answers in a row after which a unit is asked only every recovery period, 1 to 100.")]
    public int FailuresBeforeRest { get; init; } = 3;

    /// <summary>Longest time for which a silent unit, or a device that cannot be reached, is left alone, 1 s to 1 h.</summary>
    /// <value>30 seconds unless set.</value>
    [Setting("Recovery period", "Longest time for which a silent unit or an unreachable device is left alone, 1 s to 1 h.")]
    public TimeSpan RecoveryPeriod { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Pause before each request, 0 to one second, for devices that drop fast ones.</summary>
    /// <value>None unless set.</value>
    [Setting("Pause", "Pause before each request, 0 to 1 s, for devices that drop fast ones.")]
    public TimeSpan Pause { get; init; } = TimeSpan.Zero;

    /// <summary>Most registers in one read, 1 to 125.</summary>
    /// <value>125 unless set: the standard's limit.</value>
    [Setting("Maximum registers", "Most registers in one read, 1 to 125; some meters take fewer.")]
    public int MaximumRegisters { get; init; } = 125;

    /// <summary>Most bits in one read, 1 to 2000.</summary>
    /// <value>2000 unless set: the standard's limit.</value>
    [Setting("Maximum bits", "Most coils or discrete inputs in one read, 1 to 2000.")]
    public int MaximumBits { get; init; } = 2000;

    /// <summary>Registers nobody asked for that are read along to join two reads into one, 0 to 124; for bits sixteen times as many.</summary>
    /// <value>8 unless set: cheaper than a second request.</value>
    [Setting("Maximum gap", "Unused registers read along to join two reads, 0 to 124; 0 for devices that refuse reads across gaps.")]
    public int MaximumGap { get; init; } = 8;

    /// <summary>Writes also a single register by function 16, for devices without function 6.</summary>
    [Setting("Always write multiple", "Write also a single register by function 16, for devices without function 6.")]
    public bool AlwaysWriteMultiple { get; init; }

    /// <summary>Reads written registers back, by function 23 where the device has it, and refuses the write when they hold something else.</summary>
    [Setting("Verify writes", "Read written registers back in the same request (function 23) and refuse the write when the device holds something else.")]
    public bool VerifyWrites { get; init; }

    /// <summary>Finds every fault at once, so that the user mends the settings in one go.</summary>
    public IEnumerable<SettingFault> Check()
    {
        foreach (var fault in CheckLine())
        {
            yield return fault;
        }

        if (Port is < 1 or > 65535)
        {
            yield return new("Settings.Port", $"is {Port}: give 1 to 65535.");
        }

        if (Unit is < 0 or > 255)
        {
            yield return new("Settings.Unit", $"is {Unit}: give 0 to 255.");
        }

        if (ConnectTimeout < TimeSpan.FromMilliseconds(100) || ConnectTimeout > TimeSpan.FromMinutes(1))
        {
            yield return new("Settings.ConnectTimeout", $"is {ConnectTimeout:c}: give 100 ms to 1 min.");
        }

        if (AnswerTimeout < TimeSpan.FromMilliseconds(10) || AnswerTimeout > TimeSpan.FromMinutes(1))
        {
            yield return new("Settings.AnswerTimeout", $"is {AnswerTimeout:c}: give 10 ms to 1 min.");
        }

        if (Retries is < 0 or > 5)
        {
            yield return new("Settings.Retries", $"is {Retries}: give 0 to 5.");
        }

        if (Connections is < 1 or > 8)
        {
            yield return new("Settings.Connections", $"is {Connections}: give 1 to 8.");
        }
        else if (Connections > 1 && Line != ModbusLineKind.Connect)
        {
            yield return new("Settings.Connections", $"is {Connections}: only a device that the hub dials takes more than one.");
        }

        if (FailuresBeforeRest is < 1 or > 100)
        {
            yield return new("Settings.FailuresBeforeRest", $"is {FailuresBeforeRest}: give 1 to 100.");
        }

        if (RecoveryPeriod < TimeSpan.FromSeconds(1) || RecoveryPeriod > TimeSpan.FromHours(1))
        {
            yield return new("Settings.RecoveryPeriod", $"is {RecoveryPeriod:c}: give 1 s to 1 h.");
        }

        if (Pause < TimeSpan.Zero || Pause > TimeSpan.FromSeconds(1))
        {
            yield return new("Settings.Pause", $"is {Pause:c}: give 0 to 1 s.");
        }

        if (MaximumRegisters is < 1 or > 125)
        {
            yield return new("Settings.MaximumRegisters", $"is {MaximumRegisters}: give 1 to 125.");
        }

        if (MaximumBits is < 1 or > 2000)
        {
            yield return new("Settings.MaximumBits", $"is {MaximumBits}: give 1 to 2000.");
        }

        if (MaximumGap is < 0 or > 124)
        {
            yield return new("Settings.MaximumGap", $"is {MaximumGap}: give 0 to 124.");
        }
    }

    private IEnumerable<SettingFault> CheckLine()
    {
        switch (Line)
        {
            case ModbusLineKind.Connect when string.IsNullOrWhiteSpace(Host) || Uri.CheckHostName(Host) == UriHostNameType.Unknown:
                yield return new("Settings.Host", $"is '{Host}': give the name or IP address of the device, without port.");
                break;
            case ModbusLineKind.Listen when !System.Net.IPAddress.TryParse(Host, out _):
                yield return new("Settings.Host", $"is '{Host}': give the IP address of this machine that the device dials, such as 0.0.0.0 for all.");
                break;
            case ModbusLineKind.Serial when !SerialPort.StartsWith("/dev/", StringComparison.Ordinal):
                yield return new("Settings.SerialPort", $"is '{SerialPort}': give the path of a serial port, such as /dev/ttyUSB0.");
                break;
        }

        if (Line == ModbusLineKind.Serial && Framing == ModbusFramingKind.Tcp)
        {
            yield return new("Settings.Framing", "is Tcp: a serial line speaks Rtu or Ascii.");
        }

        if (BaudRate is < 300 or > 4_000_000)
        {
            yield return new("Settings.BaudRate", $"is {BaudRate}: give 300 to 4000000.");
        }

        if (StopBits is < 1 or > 2)
        {
            yield return new("Settings.StopBits", $"is {StopBits}: give 1 or 2.");
        }
    }
}
