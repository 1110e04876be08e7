using Uns.TestKit;

namespace Uns.HubTests.Ui;

/// <summary>A hub and a browser, and the devices of a test before them; all are stopped in the other order.</summary>
public abstract class HubWithBrowser : IAsyncLifetime
{
    private readonly List<IAsyncDisposable> _devices = [];

    public HubProcess Hub { get; private set; } = null!;

    public Browser Browser { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await StartDevicesAsync();
        Hub = await HubProcess.StartAsync();
        Browser = await Browser.StartAsync();
        await PrepareAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Browser.DisposeAsync();
        await Hub.DisposeAsync();
        foreach (var device in _devices)
        {
            await device.DisposeAsync();
        }
    }

    /// <summary>Starts the devices, before the hub; each is handed to <see cref="Own"/>.</summary>
    protected virtual Task StartDevicesAsync() => Task.CompletedTask;

    /// <summary>What the tests find in the hub.</summary>
    protected virtual Task PrepareAsync() => Task.CompletedTask;

    /// <summary>Stops a device with the hub.</summary>
    protected void Own(params ReadOnlySpan<IAsyncDisposable> devices) => _devices.AddRange(devices);
}
