namespace Uns.Connectors;

/// <summary>Looks at what a device offers without saving it, over one short connection of its own.</summary>
public sealed class DeviceBrowser(TimeProvider clock)
{
    /// <summary>Longest time for one look, connection included.</summary>
    public static TimeSpan Limit { get; } = TimeSpan.FromSeconds(15);

    /// <summary>One level of what the device offers.</summary>
    /// <param name="kind">The device's protocol.</param>
    /// <param name="device">The device; its tags are left out of account.</param>
    /// <param name="below">A <see cref="BrowseEntry.Id"/> from an earlier look, or null for the root.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <exception cref="ConnectorException">A setting is wrong, or the device cannot be reached; the message says what to change.</exception>
    public async Task<IReadOnlyList<BrowseEntry>> BrowseAsync(IConnectorKind kind, DeviceOptions device, string? below, CancellationToken cancellationToken)
    {
        IReadOnlyList<BrowseEntry> found = [];
        await LookAsync(kind, device, async (connector, token) => found = await connector.BrowseAsync(below, token), cancellationToken);
        return found;
    }

    /// <summary>Any look at a device.</summary>
    /// <param name="kind">The device's protocol.</param>
    /// <param name="device">The device; its tags are left out of account.</param>
    /// <param name="look">Gets the connected connector.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <exception cref="ConnectorException">A setting is wrong, or the device cannot be reached; the message says what to change.</exception>
    public Task LookAsync(IConnectorKind kind, DeviceOptions device, Func<IConnector, CancellationToken, Task> look, CancellationToken cancellationToken) =>
        LookAsync(kind, device, look, Limit, cancellationToken);

    /// <summary>A look that may take longer, such as a walk through a large device: whoever asks for it shows how far it is, and can end it.</summary>
    /// <param name="kind">The device's protocol.</param>
    /// <param name="device">The device; its tags are left out of account.</param>
    /// <param name="look">Gets the connected connector.</param>
    /// <param name="limit">Longest time, connection included; above zero.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <exception cref="ConnectorException">A setting is wrong, or the device cannot be reached; the message says what to change.</exception>
    public async Task LookAsync(IConnectorKind kind, DeviceOptions device, Func<IConnector, CancellationToken, Task> look, TimeSpan limit, CancellationToken cancellationToken)
    {
        await using var visit = new DeviceVisit(clock);
        await visit.LookAsync(kind, device, look, limit, cancellationToken);
    }
}
