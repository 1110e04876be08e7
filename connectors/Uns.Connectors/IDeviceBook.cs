namespace Uns.Connectors;

/// <summary>The devices the hub knows: looked up and checked. They are changed elsewhere, together with all else that is set.</summary>
public interface IDeviceBook
{
    /// <summary>All devices, by name.</summary>
    IReadOnlyList<DeviceOptions> All();

    /// <summary>One device by its exact name; null when there is none.</summary>
    DeviceOptions? Find(string name);

    /// <summary>A device without its secrets, to be shown: each stands as <see cref="DeviceSecrets.Mark"/>.</summary>
    DeviceOptions Conceal(DeviceOptions device);

    /// <summary>A device that came back from where it was shown: a mark becomes the saved secret again.</summary>
    DeviceOptions Complete(DeviceOptions device);

    /// <summary>The same with the secrets of a device that is not in force, such as one of a draft.</summary>
    /// <param name="device">The device, perhaps with marks.</param>
    /// <param name="saved">Where the secrets are; null: nowhere, and marks are left out.</param>
    DeviceOptions Complete(DeviceOptions device, DeviceOptions? saved);

    /// <summary>Finds every fault of one device; empty when it can be saved and run.</summary>
    IReadOnlyList<SettingFault> Check(DeviceOptions device);

    /// <summary>How one device's worker stands; null when none runs.</summary>
    ConnectorStatus? StatusOf(string name);

    /// <summary>Why one device is as it is; null when none runs.</summary>
    DeviceDiagnostics? DiagnosticsOf(string name);

    /// <summary>The last raw frames of one device, the oldest first; empty when none runs or its connector keeps none.</summary>
    IReadOnlyList<TrafficFrame> FramesOf(string name);

    /// <summary>Makes one look at a device: over the worker's connection where there is one, else over a short one of its own.</summary>
    /// <param name="device">Saved or not; without faults.</param>
    /// <param name="look">Reads and changes nothing.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <exception cref="ConnectorException">The device cannot be reached.</exception>
    Task LookAsync(DeviceOptions device, Func<IConnector, CancellationToken, Task> look, CancellationToken cancellationToken);

    /// <summary>Makes one call that changes something at a running device, over the worker's connection alone. It is sent once.</summary>
    /// <param name="name">The device.</param>
    /// <param name="what">What it is, as the beginning of a sentence.</param>
    /// <param name="act">Makes the call.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="WriteRefusedException">The device does not run, or refused.</exception>
    /// <exception cref="ConnectorException">Not connected, or lost meanwhile: the message says whether it may have been carried out.</exception>
    Task ActAsync(string name, string what, Func<IConnector, CancellationToken, Task> act, CancellationToken cancellationToken);

    /// <summary>A device was saved or removed, or a worker's state changed.</summary>
    event Action Changed;
}
