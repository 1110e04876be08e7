using Uns.Tags;

namespace Uns.Connectors.Simulated;

/// <summary>Signals without a device: the room's door.</summary>
public sealed class SimulatedKind : IConnectorKind
{
    /// <inheritdoc/>
    public string Protocol => "simulated";

    /// <inheritdoc/>
    public string Title => "Simulated signals";

    /// <inheritdoc/>
    public IReadOnlyList<SettingField> Fields { get; } = SettingFields.Of<SimulatedOptions>();

    /// <inheritdoc/>
    public string SampleAddress => "sine(0, 100, 1m)";

    /// <inheritdoc/>
    public IReadOnlyList<SettingFault> Check(DeviceOptions device)
    {
        var reading = SettingsReader.Read<SimulatedOptions>(device);
        var faults = new List<SettingFault>(reading.Faults);
        faults.AddRange(reading.Options.Check().Where(f => reading.Faults.All(r => r.Path != f.Path)));
        faults.AddRange(DeviceChecks.Check(device));
        for (var index = 0; index < device.Tags.Count; index++)
        {
            var tag = device.Tags[index];
            if (SimulatedAddressReader.Read(tag.Address, out var address) is { } fault)
            {
                faults.Add(new($"Tags[{index}].{nameof(tag.Address)}", fault));
            }
            else if (tag.Writable && address is { IsMemory: false })
            {
                faults.Add(new($"Tags[{index}].{nameof(tag.Writable)}", $"is true: {tag.Address} moves by itself, only memory(…) can be written."));
            }

            if (SimulatedPlan.TypeOf(tag) is not ((>= DataType.Int8 and <= DataType.Double) or DataType.Boolean or DataType.String))
            {
                faults.Add(new($"Tags[{index}].{nameof(tag.DataType)}", $"is {tag.DataType}: give a number's type, Boolean or String."));
            }
        }

        return faults;
    }

    /// <inheritdoc/>
    public ConnectorPlan Plan(DeviceOptions device, TimeProvider clock)
    {
        var plan = SimulatedPlan.Make(SettingsReader.Read<SimulatedOptions>(device).Options, device.Tags);
        return new(
            new SimulatedConnector(plan, clock),
            plan.Groups,
            [.. device.Tags.Select((t, i) => DeviceChecks.Define(t, plan.Tags[i].Type))],
            [.. plan.Tags.Select(t => t.Type)]);
    }

    /// <inheritdoc/>
    public DeviceEndPoint? EndPointOf(DeviceOptions device) => null;
}
