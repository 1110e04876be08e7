using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Uns.Connectors.OpcUa.Server;
using Uns.Historian;
using Uns.Hub.Access;
using Uns.Hub.Changes;
using Uns.Hub.Demo;
using Uns.Hub.Republish;
using Uns.Hub.Settings;
using Uns.Hub.Subscribers;
using Uns.Mqtt.Broker;
using Uns.Sparkplug.Host;
using Uns.Store;
using Uns.Tree;

namespace Uns.Hub.Wiring;

/// <summary>The whole hub in one process: store, broker, edge node, host application, tree, topics, devices, pages and API.</summary>
/// <remarks>Started from the sea to the source, so that nothing is born before someone can hear it; stopped the other way round.</remarks>
internal sealed class HubHost : IAsyncDisposable
{
    private static readonly TimeSpan LongestHearing = TimeSpan.FromSeconds(5);

    private readonly WebApplication _web;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _stopHistory = new();
    private Task _history = Task.CompletedTask;
    private readonly List<Task> _pumps = [];
    private OpcUaServer? _opcUa;
    private DemoPlant? _plant;
    private DeviceBook? _devices;
    private bool _disposed;

    private HubHost(HubOptions options, WebApplication web) => (Options, _web) = (options, web);

    /// <summary>What it was started with.</summary>
    public HubOptions Options { get; }

    /// <summary>Where the broker listens.</summary>
    public IPEndPoint MqttEndPoint => _web.Services.GetRequiredService<MqttBroker>().EndPoint;

    /// <summary>Where page and API listen.</summary>
    public IPEndPoint HttpEndPoint => Bound(Options.Http, "http:");

    /// <summary>Where the broker speaks TLS; null: nowhere.</summary>
    public IPEndPoint? MqttsEndPoint => _web.Services.GetRequiredService<MqttBroker>().TlsEndPoint;

    /// <summary>Where page and API speak TLS; null: nowhere.</summary>
    public IPEndPoint? HttpsEndPoint => Options.Tls.Https is { } asked ? Bound(asked, "https:") : null;

    /// <summary>The address of the OPC UA server; null: it listens nowhere.</summary>
    public string? OpcUaUrl => _opcUa?.EndpointUrl;

    /// <summary>What happened to a damaged data file at start, in a sentence; null when it was sound.</summary>
    public string? DamagedStore => Services.GetRequiredService<HubStore>().Damaged is { } damaged
        ? $"the data file was damaged ({damaged.Fault}). It was moved to {damaged.Path}; the hub began anew without it."
        : null;

    /// <summary>True while nobody has a password.</summary>
    public bool IsUnclaimed => Services.GetRequiredService<SignInDesk>().IsUnclaimed;

    /// <summary>What sets the first password from another machine; null when it is set.</summary>
    public SetupToken? SetupToken => Services.GetRequiredService<SetupToken>() is { Text: not null } token ? token : null;

    /// <summary>The hub's parts.</summary>
    public IServiceProvider Services => _web.Services;

    /// <summary>Starts everything, or nothing.</summary>
    /// <exception cref="StartException">A port is in use, the data cannot be opened; the message is for the user.</exception>
    public static async Task<HubHost> StartAsync(HubOptions options, TimeProvider clock, CancellationToken cancellationToken)
    {
        var web = HubServices.Build(options, clock);
        var hub = new HubHost(options, web);
        try
        {
            await hub.StartAsync(cancellationToken);
            return hub;
        }
        catch (Exception failure)
        {
            await hub.DisposeAsync();
            throw failure switch
            {
                ListenerException => new StartException($"{failure.Message.TrimEnd('.')}. Give another one with --mqtt ADDRESS:PORT; port 0 takes any free one.", failure),
                StoreException => new StartException(failure.Message, failure),
                IOException when failure.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException =>
                    new StartException($"The page cannot listen at {options.Http}: another program uses that port. Give another one with --http ADDRESS:PORT; port 0 takes any free one.", failure),
                System.Net.Sockets.SocketException or IOException =>
                    new StartException($"The page cannot listen at {options.Http}: {failure.Message}", failure),
                _ => failure,
            };
        }
    }

    /// <summary>Waits for Ctrl+C or SIGTERM.</summary>
    /// <exception cref="StartException">A part that must never end has ended; a supervisor starts the hub anew.</exception>
    public async Task WaitForShutdownAsync(CancellationToken cancellationToken)
    {
        var stopping = _web.WaitForShutdownAsync(cancellationToken);
        var ended = await Task.WhenAny([stopping, _web.Services.GetRequiredService<MqttBroker>().Ended, .. _pumps]);
        if (ended != stopping)
        {
            throw new StartException($"A part of the hub ended by itself: {ended.Exception?.GetBaseException().Message ?? "without a reason"}", ended.Exception);
        }

        await stopping;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _web.StopAsync();
        if (_opcUa is not null)
        {
            await _opcUa.DisposeAsync();
        }

        if (_devices is not null)
        {
            await _devices.DisposeAsync();
        }

        await _stop.CancelAsync();
        await Task.WhenAll(_pumps).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _stopHistory.CancelAsync(); // Last, so that it has heard all deaths.
        await _history.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_plant is not null)
        {
            await _plant.DisposeAsync();
        }

        await _web.DisposeAsync();
        _stop.Dispose();
        _stopHistory.Dispose();
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        OpenStore();
        var broker = Services.GetRequiredService<MqttBroker>();
        await broker.PrepareAsync(cancellationToken);
        await Services.GetRequiredService<SubscriberKeeper>().LoadAsync(cancellationToken);
        await Services.GetRequiredService<EquipmentMapBook>().LoadAsync(cancellationToken);
        await Services.GetRequiredService<SecretMove>().RunAsync(cancellationToken);
        var devices = _devices = Services.GetRequiredService<DeviceBook>();
        await devices.LoadAsync(cancellationToken); // Before the first birth: history finds a tag by the identity that its device keeps.
        Services.GetRequiredService<UnsTree>().Witness = new BothWitnesses(Services.GetRequiredService<HistoryTap>(), Services.GetRequiredService<AlarmDesk>());
        await Services.GetRequiredService<AlarmDesk>().LoadAsync(cancellationToken);
        await Services.GetRequiredService<SettingsBook>().LoadAsync(cancellationToken);
        await Services.GetRequiredService<DraftBook>().LoadAsync(cancellationToken);
        await OpenDoorAsync(cancellationToken);
        _history = Services.GetRequiredService<HistoryRecorder>().RunAsync(_stopHistory.Token);
        var host = Services.GetRequiredService<HostApplication>();
        _pumps.Add(host.RunAsync(_stop.Token));
        await HearAsync(host, cancellationToken);
        broker.Listen();
        _pumps.Add(Services.GetRequiredService<SubscriberKeeper>().RunAsync(_stop.Token));
        _pumps.Add(Services.GetRequiredService<UnsRepublisher>().RunAsync(_stop.Token));
        if (Options.Demo)
        {
            _plant = await DemoPlant.StartAsync(Services.GetRequiredService<TimeProvider>(), cancellationToken);
        }

        _pumps.Add(Services.GetRequiredService<EdgeNodes>().RunAsync(devices.CommandAsync, _stop.Token));
        if (_plant is not null)
        {
            await _plant.InstallAsync(Services.GetRequiredService<SettingsBook>(), Options, cancellationToken);
        }

        devices.StartAll();
        ServeOpcUa();
        Services.GetRequiredService<HubMeters>();
        _pumps.Add(Services.GetRequiredService<AlarmDesk>().RunAsync(_stop.Token));
        _pumps.Add(Services.GetRequiredService<HealthWatch>().RunAsync(_stop.Token));
        await _web.StartAsync(cancellationToken);
    }

    private async Task OpenDoorAsync(CancellationToken cancellationToken)
    {
        var sessions = Services.GetRequiredService<SessionBook>();
        await Services.GetRequiredService<PeopleBook>().LoadAsync(cancellationToken);
        await Services.GetRequiredService<TokenBook>().LoadAsync(cancellationToken);
        await sessions.LoadAsync(cancellationToken);
        _pumps.Add(sessions.RunAsync(_stop.Token));
        var setup = Services.GetRequiredService<SetupToken>();
        if (IsUnclaimed)
        {
            setup.Begin();
        }
        else
        {
            setup.Remove();
        }
    }

    private void ServeOpcUa()
    {
        if (Options.OpcUa.Listen is not { } asked)
        {
            return;
        }

        var server = Services.GetRequiredService<OpcUaServer>();
        try
        {
            server.Start();
        }
        catch (System.Net.Sockets.SocketException unusable)
        {
            throw new StartException($"The OPC UA server cannot listen at {asked}: {unusable.Message}. Give another one with --opcua ADDRESS:PORT; port 0 takes any free one.", unusable);
        }

        _opcUa = server;
    }

    // A node that is back the moment the broker listens is born once and then silent: the host must hear that birth.
    private async Task HearAsync(HostApplication host, CancellationToken cancellationToken)
    {
        var clock = Services.GetRequiredService<TimeProvider>();
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(10), clock);
        var begun = clock.GetTimestamp();
        while (!host.IsConnected && clock.GetElapsedTime(begun) < LongestHearing)
        {
            await pace.WaitForNextTickAsync(cancellationToken);
        }
    }

    private void OpenStore()
    {
        try
        {
            Services.GetRequiredService<HubStore>();
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"The data directory {Path.GetFullPath(Options.Data)} cannot be used: {unusable.Message} Give another one with --data DIR.", unusable);
        }
    }

    private IPEndPoint Bound(IPEndPoint asked, string scheme)
    {
        var addresses = _web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        return new IPEndPoint(asked.Address, new Uri(addresses.First(a => a.StartsWith(scheme, StringComparison.Ordinal))).Port);
    }
}
