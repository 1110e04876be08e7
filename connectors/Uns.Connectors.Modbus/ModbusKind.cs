using Uns.Connectors.Modbus.Wire;
using Uns.Tags;

namespace Uns.Connectors.Modbus;

/// <summary>Modbus TCP: the room's door.</summary>
public sealed class ModbusKind : IConnectorKind
{
    /// <inheritdoc/>
    public string Protocol => "modbus";

    /// <inheritdoc/>
    public string Title => "Modbus TCP";

    /// <inheritdoc/>
    public IReadOnlyList<SettingField> Fields { get; } = SettingFields.Of<ModbusOptions>();

    /// <inheritdoc/>
    public string SampleAddress => "40001";

    /// <inheritdoc/>
    public IReadOnlyList<SettingFault> Check(DeviceOptions device)
    {
        var reading = SettingsReader.Read<ModbusOptions>(device);
        var faults = new List<SettingFault>(reading.Faults);
        faults.AddRange(reading.Options.Check().Where(f => reading.Faults.All(r => r.Path != f.Path)));
        faults.AddRange(DeviceChecks.Check(device));
        for (var index = 0; index < device.Tags.Count; index++)
        {
            foreach (var fault in Check(reading.Options, device.Tags[index]))
            {
                faults.Add(new($"Tags[{index}].{fault.Path}", fault.Message));
            }
        }

        return faults;
    }

    /// <inheritdoc/>
    public ConnectorPlan Plan(DeviceOptions device, TimeProvider clock)
    {
        var options = SettingsReader.Read<ModbusOptions>(device).Options;
        var plan = ModbusPlan.Make(options, device.Tags);
        var channel = new ModbusTcpChannel(new(options.Host, options.Port), options.ConnectTimeout, options.AnswerTimeout, clock);
        var blocks = plan.Groups.Count == 0 ? 0 : plan.Groups.Max(g => plan.BlocksOf(g.Index).Count);
        return new(
            new ModbusConnector(plan, channel, clock),
            plan.Groups,
            [.. device.Tags.Select((t, i) => DeviceChecks.Define(t, plan.Tags[i].Type))],
            [.. plan.Tags.Select(t => t.Type)])
        {
            // Every block of the slowest group may need all its tries, and each may be split on the way.
            CallLimit = TimeSpan.FromSeconds(30) + options.ConnectTimeout + (options.AnswerTimeout * ((options.Retries + 1) * Math.Max(blocks, 1) * 2)),
        };
    }

    /// <inheritdoc/>
    public DeviceEndPoint? EndPointOf(DeviceOptions device)
    {
        var options = SettingsReader.Read<ModbusOptions>(device).Options;
        return new(options.Host, options.Port);
    }

    private static IEnumerable<SettingFault> Check(ModbusOptions options, TagOptions tag)
    {
        if (ModbusAddressReader.Read(tag.Address, options.FirstAddress == FirstAddress.One, out var address) is { } fault)
        {
            yield return new(nameof(tag.Address), fault);
        }

        if (address is null)
        {
            yield break;
        }

        var type = address.RawType(tag.DataType);
        if (!RegisterValue.IsSupported(type))
        {
            yield return new(nameof(tag.DataType), $"is {type}: Modbus holds Boolean, Int16, UInt16, Int32, UInt32, Int64, UInt64, Float, Double and String.");
            yield break;
        }

        if ((address.Table.IsBits() || address.Bit is not null) && type != DataType.Boolean)
        {
            yield return new(nameof(tag.DataType), $"is {type}: {tag.Address} is one bit, give Boolean.");
            yield break;
        }

        if ((type == DataType.String) != (address.TextLength > 0))
        {
            yield return new(nameof(tag.Address), type == DataType.String
                ? $"is '{tag.Address}': a text needs its length in bytes, e.g. {tag.Address}.20H or HR1[20]."
                : $"is '{tag.Address}', a text, and DataType is {type}: give String, or leave the length out.");
            yield break;
        }

        var width = address.Table.IsBits() ? 1 : RegisterValue.Width(type, address.TextLength);
        if (address.Offset + width > 65536)
        {
            yield return new(nameof(tag.Address), $"is '{tag.Address}': {type} takes {width} registers and would reach beyond the last one.");
        }

        if (!address.Table.IsBits() && width > options.MaximumRegisters)
        {
            yield return new(nameof(tag.Address), $"is '{tag.Address}': it takes {width} registers and MaximumRegisters is {options.MaximumRegisters}.");
        }

        if (tag.Writable && (address.Table is ModbusTable.InputRegister or ModbusTable.DiscreteInput))
        {
            yield return new(nameof(tag.Writable), $"is true: {tag.Address} is a {address.Table.Words()}, which can only be read.");
        }

        if (tag.Writable && width > ModbusPdu.MostWrittenRegisters)
        {
            yield return new(nameof(tag.Writable), $"is true: one write carries at most {ModbusPdu.MostWrittenRegisters} registers, {tag.Address} has {width}.");
        }
    }
}
