using Uns.Connectors.S7.Wire;

namespace Uns.Connectors.S7;

/// <summary>SIMATIC S7 over ISO-on-TCP: the room's door.</summary>
public sealed class S7Kind : IConnectorKind, ITellsBlocks, ITellsTime
{
    /// <inheritdoc/>
    public string Protocol => "s7";

    /// <inheritdoc/>
    public string Title => "Siemens S7";

    /// <inheritdoc/>
    public IReadOnlyList<SettingField> Fields { get; } = SettingFields.Of<S7Options>();

    /// <inheritdoc/>
    public string SampleAddress => "DB1.DBD4:REAL";

    /// <inheritdoc/>
    public IReadOnlyList<SettingFault> Check(DeviceOptions device)
    {
        var reading = SettingsReader.Read<S7Options>(device);
        var faults = new List<SettingFault>(reading.Faults);
        faults.AddRange(reading.Options.Check().Where(f => reading.Faults.All(r => r.Path != f.Path)));
        faults.AddRange(DeviceChecks.Check(device));
        for (var index = 0; index < device.Tags.Count; index++)
        {
            var tag = device.Tags[index];
            if (S7AddressReader.Read(tag.Address, tag.DataType, out var address) is { } fault)
            {
                faults.Add(new($"Tags[{index}].Address", fault));
            }
            else if (address is not null && address.Byte + address.Width > 65536)
            {
                faults.Add(new($"Tags[{index}].Address", $"is '{tag.Address}': it reaches beyond byte 65535."));
            }
            else if (address is not null && DeviceChecks.Check(tag, address.TagType).ToList() is { Count: > 0 } misfits)
            {
                faults.AddRange(misfits.Select(f => f with { Path = $"Tags[{index}].{f.Path}" }));
            }
            else if (tag.Writable && address is { Type: S7Type.Bool, Count: > 0 } && (address.Bit != 0 || address.Count % 8 != 0))
            {
                faults.Add(new($"Tags[{index}].Writable", $"is true: {tag.Address} shares a byte with other bits, which would be overwritten; bits are written in whole bytes or one by one."));
            }
            else if (tag.Writable && address?.Area == S7Area.Input)
            {
                faults.Add(new($"Tags[{index}].Writable", $"is true: {tag.Address} is an input, which the CPU overwrites with its process image."));
            }
        }

        return faults;
    }

    /// <inheritdoc/>
    public ConnectorPlan Plan(DeviceOptions device, TimeProvider clock)
    {
        var options = SettingsReader.Read<S7Options>(device).Options;
        var plan = S7Plan.Make(options, device.Tags);
        // Worst case: every range is an item of its own in the smallest messages.
        var messages = plan.Groups.Count == 0 ? 1 : plan.Groups.Max(g => S7Plan.Pack(plan.RangesOf(g.Index, 240), 240).Count());
        var traffic = new DeviceTraffic(clock);
        return new(
            new S7Connector(plan, new S7TcpChannel(options, clock, traffic), clock),
            plan.Groups,
            [.. device.Tags.Select((t, i) => DeviceChecks.Define(t, plan.Tags[i].Address.TagType))],
            [.. plan.Tags.Select(t => t.Address.TagType)])
        {
            CallLimit = TimeSpan.FromSeconds(30) + options.ConnectTimeout + (options.AnswerTimeout * messages * 2),
            FailuresBeforeRest = options.FailuresBeforeRest,
            RecoveryPeriod = options.RecoveryPeriod,
            Traffic = traffic,
            Reads = [.. plan.Groups.SelectMany(g => S7Plan.Pack(plan.RangesOf(g.Index, options.PduBytes), options.PduBytes).Select(m => S7Plan.Planned(g.Index, m)))],
        };
    }

    /// <inheritdoc/>
    public string? Explain(DeviceOptions device, TrafficFrame frame) => S7FrameText.Of(frame.Bytes.Span, frame.Length);

    /// <inheritdoc/>
    public DeviceEndPoint? EndPointOf(DeviceOptions device)
    {
        var options = SettingsReader.Read<S7Options>(device).Options;
        return new(options.Host, options.Port);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<DeviceBlock>> ListBlocksAsync(IConnector connector, CancellationToken cancellationToken) =>
        ((S7Connector)connector).Inquiry.ListBlocksAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<DeviceBlockFacts?> DescribeBlockAsync(IConnector connector, string kind, int number, CancellationToken cancellationToken) =>
        ((S7Connector)connector).Inquiry.DescribeBlockAsync(kind, number, cancellationToken);

    /// <inheritdoc/>
    public Task<DateTime?> ReadClockAsync(IConnector connector, CancellationToken cancellationToken) =>
        ((S7Connector)connector).Inquiry.ReadClockAsync(cancellationToken);
}
