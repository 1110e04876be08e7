namespace Uns.Connectors.Modbus.Wire;

/// <summary>A line of bytes to a device: a socket that was dialled, one that the device dialled, or a serial port. One caller at a time.</summary>
internal interface IModbusLine : IDisposable
{
    /// <summary>How messages name it, e.g. <c>10.0.0.7:502</c>.</summary>
    string Name { get; }

    /// <summary>True when a line that may still bring a late answer is better closed and opened anew than waited out.</summary>
    bool IsCheapToRenew { get; }

    /// <summary>Opens the line.</summary>
    /// <exception cref="ConnectorException">It cannot be opened.</exception>
    Task OpenAsync(CancellationToken cancellationToken);

    /// <summary>Sends a part or all of the bytes.</summary>
    /// <returns>Bytes sent, at least one.</returns>
    /// <exception cref="ConnectorException">The line is broken or closed.</exception>
    ValueTask<int> SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Waits for bytes.</summary>
    /// <returns>How many came; 0 when the other side closed the line.</returns>
    /// <exception cref="ConnectorException">The line is broken or closed.</exception>
    ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Drops what came in and was not received yet.</summary>
    /// <returns>Bytes dropped, or 1 where the number is not known.</returns>
    int Drop();

    /// <summary>Closes the line; it can be opened again. Never throws.</summary>
    void Close();
}
