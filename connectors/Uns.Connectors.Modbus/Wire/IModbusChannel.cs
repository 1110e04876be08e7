namespace Uns.Connectors.Modbus.Wire;

/// <summary>How one request ended.</summary>
internal enum ModbusOutcome
{
    /// <summary>The device did it.</summary>
    Done,

    /// <summary>The device refused, with an exception code.</summary>
    Refused,

    /// <summary>No answer within the time.</summary>
    Silent,
}

/// <summary>The answer to one request.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Exception">The code of a refusal.</param>
/// <param name="Data">The data bytes of a read; valid until the next request.</param>
internal readonly record struct ModbusAnswer(ModbusOutcome Outcome, byte Exception, ReadOnlyMemory<byte> Data);

/// <summary>Carries requests to a device, one at a time, and brings back each one's own answer and no other.</summary>
internal interface IModbusChannel
{
    /// <summary>Opens the connection.</summary>
    /// <exception cref="ConnectorException">It cannot be opened.</exception>
    Task OpenAsync(CancellationToken cancellationToken);

    /// <summary>True when a request may be given up before its time without harm to the next one.</summary>
    bool MayBeLeftEarly { get; }

    /// <summary>Sends one request and waits for its answer.</summary>
    /// <param name="unit">The unit asked.</param>
    /// <param name="pdu">The request.</param>
    /// <param name="patience">How long to wait for the answer; at most the answer timeout.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ConnectorException">The connection is gone, or the device broke the protocol.</exception>
    Task<ModbusAnswer> SendAsync(byte unit, ReadOnlyMemory<byte> pdu, TimeSpan patience, CancellationToken cancellationToken);

    /// <summary>Closes the connection; it can be opened again. Never throws.</summary>
    void Close();
}
