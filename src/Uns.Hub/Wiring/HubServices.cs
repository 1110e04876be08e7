using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.HostFiltering;
using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Connectors.OpcUa;
using Uns.Connectors.OpcUa.Security;
using Uns.Connectors.OpcUa.Server;
using Uns.Connectors.S7;
using Uns.Connectors.Simulated;
using Uns.Historian;
using Uns.Hub.Access;
using Uns.Hub.Api;
using Uns.Hub.Changes;
using Uns.Hub.Following;
using Uns.Hub.OpcUa;
using Uns.Hub.Republish;
using Uns.Hub.Settings;
using Uns.Hub.Subscribers;
using Uns.Mqtt.Broker;
using Uns.Mqtt.Broker.Listeners;
using Uns.Mqtt.Broker.Persistence;
using Uns.Mqtt.Client;
using Uns.Sparkplug.Aware;
using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Host;
using Uns.Store;
using Uns.Tree;
using Uns.Ui;
using Uns.Ui.Access;
using Uns.Ui.Changes;
using Uns.Ui.Clients;
using Uns.Ui.Following;
using Uns.Ui.Health;
using Uns.Ui.Texts;

namespace Uns.Hub.Wiring;

/// <summary>Puts the parts together. Nothing is started here.</summary>
internal static class HubServices
{
    public static WebApplication Build(HubOptions options, TimeProvider clock)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory, ApplicationName = typeof(HubServices).Assembly.GetName().Name });
        builder.WebHost.UseStaticWebAssets();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(options.Http);
            if (options.Tls.Https is { } https)
            {
                var certificates = new TlsCertificates(options.Tls.Files(), clock, kestrel.ApplicationServices.GetRequiredService<ILogger<MqttBroker>>());
                kestrel.Listen(https, listen => listen.UseHttps((_, _, _, _) => new(certificates.Current), state: null!));
            }
        });
        builder.Host.UseDefaultServiceProvider(provider => provider.ValidateScopes = true); // A part of the hub that took a page's book would be refused by its guard.
        builder.Logging.ClearProviders().AddBrakedConsole(clock, console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-dd HH:mm:ss.fff ";
            console.UseUtcTimestamp = true;
        });
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Uns", options.Verbose ? LogLevel.Information : LogLevel.Warning)
            .AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error); // Its keys guard form tokens only, and lie in the data directory like everything else.
        AddParts(builder.Services, options, clock);
        AddWeb(builder.Services, options);
        var web = builder.Build();
        UseWeb(web);
        return web;
    }

    private static void AddParts(IServiceCollection services, HubOptions options, TimeProvider clock)
    {
        services.AddSingleton(clock);
        services.AddSingleton(options);
        services.AddSingleton(s => HubStore.Open(
            options.Data, [.. BrokerSchema.Steps, .. DeviceBook.Schema, .. EquipmentMapBook.Schema, .. BirthSequenceStore.Schema, .. ForwardStore.Schema, .. AlarmStore.Schema, .. SettingsStore.Schema, .. SecretMove.Schema, .. LogBook.Schema, .. PeopleStore.Schema, .. SubscriberKeeper.Schema], clock, s.GetService<ILogger<HubStore>>()));
        services.AddSingleton(s => new MqttBroker(
            new MqttBrokerOptions { Address = options.Mqtt.Address, Port = options.Mqtt.Port, Tls = options.Tls.Mqtt(), Watch = options.Aware is null ? null : s.GetRequiredService<SparkplugWatch>(), Subscribers = s.GetRequiredService<SubscriberLedger>() }, s.GetRequiredService<HubStore>(), clock, s.GetRequiredService<ILogger<MqttBroker>>()));
        services.AddSingleton<IConnectorKind, ModbusKind>();
        services.AddSingleton<IConnectorKind, S7Kind>();
        services.AddSingleton<IConnectorKind, SimulatedKind>();
        services.AddSingleton(s => new CertificateStore(Path.Combine(options.Data, "pki"), clock));
        services.AddSingleton<IConnectorKind>(s => new OpcUaKind(s.GetRequiredService<CertificateStore>()));
        services.AddSingleton(s => new OpcUaServer(
            new TreeSpace(s.GetRequiredService<UnsTree>(), s.GetRequiredService<TreeWriter>(), options.WriteAnswerTimeout), options.OpcUa.Options(),
            s.GetRequiredService<CertificateStore>(), clock, s.GetRequiredService<ILogger<OpcUaServer>>()));
        services.AddSingleton<IBirthSequenceStore, BirthSequenceStore>();
        services.AddSingleton<IForwardStore, ForwardStore>();
        services.AddSingleton<UnsTree>();
        services.AddSingleton(s => new HistoryRecorder(options.History(), clock, s.GetRequiredService<ILogger<HistoryRecorder>>()));
        services.AddSingleton(s => s.GetRequiredService<HistoryRecorder>().Reader);
        services.AddSingleton<HistoryTap>();
        services.AddSingleton<AlarmStore>();
        services.AddSingleton<AlarmDesk>();
        services.AddSingleton(s => new SparkplugWatch(options.Aware ?? new AwareOptions(), s.GetRequiredService<ILogger<SparkplugWatch>>()));
        var begun = clock.GetTimestamp();
        services.AddSingleton(s => new EdgeNodes(options.EdgeNodePerDevice, device => EdgeNodeOf(s, options, device, begun)));
        services.AddSingleton(s => new HostApplication(
            options.Host(), OwnBroker(s, $"host-{options.HostId}"),
            s.GetRequiredService<UnsTree>(), clock, s.GetRequiredService<ILogger<HostApplication>>()));
        services.AddSingleton<ICommandSink>(s => s.GetRequiredService<HostApplication>());
        services.AddSingleton<SparkplugDoctor>();
        services.AddSingleton(s => new UnsRepublisher(
            s.GetRequiredService<UnsTree>(), OwnBroker(s, $"topics-{options.NodeId}"), options.TopicPrefix, clock, s.GetRequiredService<ILogger<UnsRepublisher>>()));
        services.AddSingleton(s => new TreeWriter(s.GetRequiredService<UnsTree>(), s.GetRequiredService<ICommandSink>(), clock) { Witness = s.GetRequiredService<LogBook>() });
        services.AddSingleton<LogBook>();
        services.AddSingleton<SettingsStore>();
        services.AddSingleton(s => new SecretSeal(SecretKeyFile.Open(options.SecretKeyFile.Length > 0 ? options.SecretKeyFile : Path.Combine(options.Data, "secret.key")), s.GetServices<IConnectorKind>()));
        services.AddSingleton<SecretMove>();
        services.AddSingleton<AlarmFollow>();
        services.AddSingleton<SettingsBook>();
        services.AddScoped<ChangeImpact>();
        services.AddSingleton<DraftBook>();
        services.AddSingleton<DeviceBook>();
        services.AddSingleton<ImportDesk>();
        services.AddSingleton<EquipmentMapBook>();
        services.AddSingleton<IEquipmentMapBook>(s => s.GetRequiredService<EquipmentMapBook>());
        services.AddSingleton<ClientBook>();
        services.AddSingleton(s => new SubscriberLedger(s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ISubscriberLedger>(s => s.GetRequiredService<SubscriberLedger>());
        services.AddSingleton<SubscriberKeeper>();
        services.AddScoped<AffectedClients>();
        services.AddSingleton<IValueFollower, ValueFollower>();
        services.AddScoped<MovePlan>();
        services.AddSingleton<RoadHealth>();
        services.AddSingleton<CertificateWatch>();
        services.AddSingleton<HealthWatch>();
        services.AddSingleton<IPlantHealth>(s => s.GetRequiredService<HealthWatch>());
        services.AddSingleton<HubMeters>();
        services.AddSingleton<PrometheusPage>();
        services.AddSingleton(s => new UiOptions( // Asked for by pages: the broker listens by then.
            options.TopicPrefix, options.WriteAnswerTimeout, options.GroupId, options.NodeId, s.GetRequiredService<MqttBroker>().EndPoint.Port, options.OpcUa.Listen is not null, options.EdgeNodePerDevice));
    }

    private static EdgeNodePublisher EdgeNodeOf(IServiceProvider services, HubOptions options, string? device, long begun)
    {
        // Counted from the start of the process: the node of a device that is added later does not wait.
        var startsWithin = options.EdgeStart - services.GetRequiredService<TimeProvider>().GetElapsedTime(begun);
        var node = new EdgeNodeOptions
        {
            GroupId = options.GroupId,
            NodeId = device is null ? options.NodeId : $"{options.NodeId}-{device}",
            DataTypesInData = options.DataTypesInData,
            PrimaryHost = options.PrimaryHost,
            StartWithin = startsWithin > TimeSpan.Zero ? startsWithin : TimeSpan.Zero,
            TagChangeDistance = options.TagChangeDistance,
        };
        IReadOnlyList<MqttClientOptions> brokers = options.EdgeBrokers.Count == 0
            ? [OwnBroker(services, "")]
            : [.. options.EdgeBrokers.Select(b => b == "own" ? OwnBroker(services, "") : new MqttClientOptions { Host = b[..b.LastIndexOf(':')], Port = int.Parse(b[(b.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture) })];
        return new EdgeNodePublisher(
            node, brokers, services.GetRequiredService<IBirthSequenceStore>(), services.GetRequiredService<IForwardStore>(),
            services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<EdgeNodePublisher>>());
    }

    // The hub's own clients come in without a socket, and are met like everybody: same packets, same gate.
    private static MqttClientOptions OwnBroker(IServiceProvider services, string clientId)
    {
        var broker = services.GetRequiredService<MqttBroker>();
        return new MqttClientOptions { Host = "this process", ClientId = clientId, Connect = _ => new(broker.ConnectInProcess()) };
    }

    private static void AddWeb(IServiceCollection services, HubOptions options)
    {
        services.ConfigureHttpJsonOptions(json => HubJson.Configure(json.SerializerOptions));
        services.AddProblemDetails();
        services.AddExceptionHandler<BadRequests>();
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services.AddDataProtection().SetApplicationName("uns-hub").PersistKeysToFileSystem(new DirectoryInfo(Path.Combine(options.Data, "keys")));
        services.AddOpenApi("v1", OpenApiText.Describe);
        services.AddRazorComponents().AddInteractiveServerComponents();
        services.AddRadzen();
        AccessWeb.Add(services);
        if (IPAddress.IsLoopback(options.Http.Address))
        {
            // Another site's page must not reach the hub by a name of its own that resolves to this machine.
            services.Configure<HostFilteringOptions>(filter => filter.AllowedHosts = ["localhost", "127.0.0.1", "[::1]"]);
        }
    }

    private static void UseWeb(WebApplication web)
    {
        web.UseExceptionHandler();
        web.UseStatusCodePages();
        web.UseHostFiltering();
        web.UseWebSockets();
        AccessWeb.Use(web);
        web.UsePageLanguage();
        web.UseAntiforgery();
        web.MapStaticAssets().AllowAnonymous();
        var api = web.MapGroup("");
        ApiRoles.Apply(api);
        api.AddEndpointFilter(new BodyHoles());
        TreeApi.Map(api);
        StreamApi.Map(api);
        HistoryApi.Map(api);
        AlarmApi.Map(api);
        LogApi.Map(api);
        SettingsApi.Map(api);
        DraftApi.Map(api);
        MovesApi.Map(api);
        TraceApi.Map(api);
        DeviceApi.Map(api);
        TagFileApi.Map(api);
        DeviceDiagnosticsApi.Map(api);
        DeviceLookApi.Map(api);
        CertificatesApi.Map(api);
        DeviceServicesApi.Map(api);
        NodesApi.Map(api);
        HealthApi.Map(api);
        PrometheusPage.Map(api);
        MqttSocketApi.Map(web);
        ClientsApi.Map(api);
        PeopleApi.Map(api);
        web.MapOpenApi().RequireAuthorization(nameof(Role.Viewer));
        web.MapRazorComponents<App>().AddInteractiveServerRenderMode().RequireAuthorization(nameof(Role.Viewer)); // What a page needs beyond that is asked where it is drawn.
    }
}
