namespace Uns.Connectors;

/// <summary>A protocol whose devices tell which blocks their program has.</summary>
public interface ITellsBlocks
{
    /// <summary>All blocks, by kind.</summary>
    /// <param name="connector">One of this kind, connected.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Empty when the device does not tell.</returns>
    /// <exception cref="ConnectorException">The device is gone.</exception>
    Task<IReadOnlyList<DeviceBlock>> ListBlocksAsync(IConnector connector, CancellationToken cancellationToken);

    /// <summary>One block in detail.</summary>
    /// <param name="connector">One of this kind, connected.</param>
    /// <param name="kind">Such as <c>DB</c>.</param>
    /// <param name="number">0 to 65535.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Null when there is no such block, or the device does not tell.</returns>
    /// <exception cref="ConnectorException">The device is gone.</exception>
    Task<DeviceBlockFacts?> DescribeBlockAsync(IConnector connector, string kind, int number, CancellationToken cancellationToken);
}

/// <summary>One block of a device's program.</summary>
/// <param name="Kind">Such as <c>OB</c>, <c>FB</c>, <c>FC</c>, <c>DB</c>.</param>
/// <param name="Number">Its number among its kind.</param>
/// <param name="Language">What it was written in, such as <c>SCL</c>; <c>DB</c> for a data block.</param>
public sealed record DeviceBlock(string Kind, int Number, string Language);

/// <summary>One block in detail.</summary>
/// <param name="Block">Kind, number and language.</param>
/// <param name="Bytes">What it holds: of a data block the bytes that can be read.</param>
/// <param name="LoadBytes">What it takes in load memory.</param>
/// <param name="Version">As its author numbered it.</param>
/// <param name="Author">Empty when not given.</param>
/// <param name="Family">Empty when not given.</param>
/// <param name="Name">Empty when not given.</param>
/// <param name="CodeChanged">When its code last changed, by the clock of the one who wrote it.</param>
/// <param name="InterfaceChanged">When its interface last changed, by the same clock.</param>
/// <param name="Checksum">Changes with its content.</param>
public sealed record DeviceBlockFacts(
    DeviceBlock Block, int Bytes, long LoadBytes, string Version, string Author, string Family, string Name, DateTime CodeChanged, DateTime InterfaceChanged, int Checksum);
