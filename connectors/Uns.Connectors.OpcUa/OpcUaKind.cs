using Uns.Connectors.OpcUa.Security;
using Uns.Connectors.OpcUa.Wire;
using Uns.Tags;

namespace Uns.Connectors.OpcUa;

/// <summary>The OPC UA protocol: checks devices and makes connectors.</summary>
/// <param name="certificates">Our own certificate and the servers' that are trusted; null keeps them in memory.</param>
public sealed class OpcUaKind(CertificateStore? certificates = null) : IConnectorKind, IDiscovers
{
    private CertificateStore? _certificates = certificates;

    /// <inheritdoc/>
    public string Protocol => "opcua";

    /// <inheritdoc/>
    public string Title => "OPC UA";

    /// <inheritdoc/>
    public IReadOnlyList<SettingField> Fields { get; } = SettingFields.Of<OpcUaOptions>();

    /// <inheritdoc/>
    public string SampleAddress => "ns=2;s=Line1.Speed";

    /// <inheritdoc/>
    public IReadOnlyList<SettingFault> Check(DeviceOptions device)
    {
        var reading = SettingsReader.Read<OpcUaOptions>(device);
        var faults = new List<SettingFault>(DeviceChecks.Check(device));
        faults.AddRange(reading.Faults);
        faults.AddRange(reading.Options.Check().Select(f => new SettingFault($"Settings.{f.Path}", f.Message))
            .Where(f => reading.Faults.All(r => r.Path != f.Path)));
        for (var index = 0; index < device.Tags.Count; index++)
        {
            var tag = device.Tags[index];
            if (OpcUaItem.Read(tag, out _) is { } fault)
            {
                faults.Add(fault with { Path = $"Tags[{index}].{fault.Path}" });
            }

            faults.AddRange(DeviceChecks.Check(tag, tag.DataType).Select(f => f with { Path = $"Tags[{index}].{f.Path}" }));
            if (!UaConversion.IsSupported(tag.DataType))
            {
                faults.Add(new($"Tags[{index}].{nameof(tag.DataType)}", tag.DataType == DataType.Unknown
                    ? "is missing: give the node's type, e.g. Double; browsing the server shows it."
                    : $"is {tag.DataType}: give Boolean, Int8 to UInt64, Float, Double, String, DateTime, Bytes, or an array of them."));
            }
        }

        return faults;
    }

    /// <inheritdoc/>
    public ConnectorPlan Plan(DeviceOptions device, TimeProvider clock)
    {
        var options = SettingsReader.Read<OpcUaOptions>(device).Options;
        var items = new OpcUaItem[device.Tags.Count];
        for (var index = 0; index < items.Length; index++)
        {
            var tag = device.Tags[index];
            items[index] = OpcUaItem.Read(tag, out var item) is not { } fault ? item : throw new ArgumentException($"Tag '{tag.Name}': {fault}", nameof(device));
        }

        var traffic = new DeviceTraffic(clock);
        return new ConnectorPlan(
            new OpcUaConnector(options, items, _certificates ??= new CertificateStore(null, clock), traffic, clock),
            [new PollGroup(0, options.KeepAlive * 3)],
            [.. device.Tags.Select(t => DeviceChecks.Define(t, t.DataType))],
            [.. device.Tags.Select(t => t.DataType)])
        {
            Traffic = traffic,
        };
    }

    /// <inheritdoc/>
    public string AddressField => nameof(OpcUaOptions.Endpoint);

    /// <inheritdoc/>
    public Task<IReadOnlyList<DiscoveredWay>> DiscoverAsync(string address, TimeProvider clock, CancellationToken cancellationToken) =>
        UaDiscovery.FindAsync(address, _certificates ??= new CertificateStore(null, clock), clock, cancellationToken);

    /// <inheritdoc/>
    public string? Explain(DeviceOptions device, TrafficFrame frame) => UaFrame.Explain(frame);

    /// <inheritdoc/>
    public DeviceEndPoint? EndPointOf(DeviceOptions device) => SettingsReader.Read<OpcUaOptions>(device).Options.Server();
}
