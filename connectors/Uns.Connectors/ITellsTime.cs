namespace Uns.Connectors;

/// <summary>A protocol whose devices tell their time.</summary>
public interface ITellsTime
{
    /// <summary>What the device's clock shows.</summary>
    /// <param name="connector">One of this kind, connected.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Null when the device does not tell. Devices do not say in which zone their clock goes.</returns>
    /// <exception cref="ConnectorException">The device is gone.</exception>
    Task<DateTime?> ReadClockAsync(IConnector connector, CancellationToken cancellationToken);
}
