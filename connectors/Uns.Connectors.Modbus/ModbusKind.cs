using Uns.Connectors.Modbus.Wire;
using Uns.Tags;

namespace Uns.Connectors.Modbus;

/// <summary>Modbus over TCP or a serial line: the room's door.</summary>
public sealed class ModbusKind : IConnectorKind, IDecodes
{
    /// <inheritdoc/>
    public string Protocol => "modbus";

    /// <inheritdoc/>
    public string Title => "Modbus";

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
        var lanes = plan.Groups.Count == 0 ? 1 : plan.Groups.Max(g => g.Lane) + 1;
        var blocks = plan.Groups.Count == 0 ? 0 : plan.Groups.Max(g => plan.BlocksOf(g.Index).Count);
        var traffic = new DeviceTraffic(clock);
        return new(
            new ModbusConnector(plan, [.. Enumerable.Range(0, lanes).Select(_ => ChannelOf(options, traffic, clock))], clock, traffic),
            plan.Groups,
            [.. device.Tags.Select((t, i) => DeviceChecks.Define(t, plan.Tags[i].Type))],
            [.. plan.Tags.Select(t => t.Type)])
        {
            // Every block of the slowest group may need all its tries, and each may be split on the way.
            CallLimit = TimeSpan.FromSeconds(30) + options.ConnectTimeout + (options.AnswerTimeout * ((options.Retries + 1) * Math.Max(blocks, 1) * 2)) + (options.ConnectTimeout * (lanes - 1)),
            TagLanes = [.. plan.Tags.Select(t => plan.LaneOf(t.Unit))],
            RecoveryPeriod = options.RecoveryPeriod,
            Traffic = traffic,
            Reads = [.. plan.Groups.SelectMany(g => plan.BlocksOf(g.Index).Select(b => b.Planned(g.Index, options)))],
            RequestPause = options.Pause,
        };
    }

    /// <inheritdoc/>
    public DeviceEndPoint? EndPointOf(DeviceOptions device)
    {
        var options = SettingsReader.Read<ModbusOptions>(device).Options;
        return options.Line == ModbusLineKind.Connect ? new(options.Host, options.Port) : null;
    }

    /// <inheritdoc/>
    public string? Explain(DeviceOptions device, TrafficFrame frame) =>
        ModbusFrameText.Of(frame.Bytes.Span, frame.Kind == FrameKind.Sent, SettingsReader.Read<ModbusOptions>(device).Options.Framing);

    /// <inheritdoc/>
    public IReadOnlyList<string> Tables { get; } = [ModbusTable.HoldingRegister.Letters(), ModbusTable.InputRegister.Letters(), ModbusTable.Coil.Letters(), ModbusTable.DiscreteInput.Letters()];

    /// <inheritdoc/>
    public string? Fault(DeviceOptions device, DecodeRequest request)
    {
        var first = FirstOf(device, request);
        return !Tables.Contains(request.Table, StringComparer.OrdinalIgnoreCase) ? $"The table is '{request.Table}': give one of {string.Join(", ", Tables)}."
            : request.Unit is < 0 or > 255 ? $"The unit is {request.Unit}: give 0 to 255."
            : request.Count is < 1 or > 125 ? $"The count is {request.Count}: give 1 to 125."
            : first < 0 || first + request.Count > 65536 ? $"The range begins at {request.First} and has {request.Count} places: it must lie within a table's 65536." : null;
    }

    /// <inheritdoc/>
    public async Task<DecodedRange> DecodeAsync(IConnector connector, DeviceOptions device, DecodeRequest request, CancellationToken cancellationToken)
    {
        var options = SettingsReader.Read<ModbusOptions>(device).Options;
        var table = Enum.GetValues<ModbusTable>().First(t => t.Letters().Equals(request.Table, StringComparison.OrdinalIgnoreCase));
        var (unit, first) = ((byte)(request.Unit ?? options.Unit), FirstOf(device, request));
        var read = await ((ModbusConnector)connector).ScanAsync(unit, table, first, request.Count, cancellationToken);
        return new(TimeProvider.System.GetUtcNow(), new RegisterDecoder(options).Decode(table, unit, first, read));
    }

    private static int FirstOf(DeviceOptions device, DecodeRequest request) =>
        request.First - (SettingsReader.Read<ModbusOptions>(device).Options.FirstAddress == FirstAddress.One ? 1 : 0);

    private static ModbusChannel ChannelOf(ModbusOptions options, DeviceTraffic traffic, TimeProvider clock) =>
        new(LineOf(options, clock), FramingOf(options), options.AnswerTimeout, clock, traffic);

    private static IModbusLine LineOf(ModbusOptions options, TimeProvider clock) => options.Line switch
    {
        ModbusLineKind.Listen => new ListeningLine(new(options.Host, options.Port), options.ConnectTimeout, clock),
        ModbusLineKind.Serial => new SerialLine(options.SerialPort, options.BaudRate, options.Parity, options.StopBits, clock),
        _ => new DialledLine(new(options.Host, options.Port), options.ConnectTimeout, clock),
    };

    private static IModbusFraming FramingOf(ModbusOptions options) => options.Framing switch
    {
        ModbusFramingKind.Rtu => new RtuFraming(),
        ModbusFramingKind.Ascii => new AsciiFraming(),
        _ => new MbapFraming(),
    };

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
            yield return new(nameof(tag.DataType), $"is {type}: Modbus holds Boolean, Int16, UInt16, Int32, UInt32, Int64, UInt64, Float, Double, arrays of these, and String.");
            yield break;
        }

        if ((address.Table.IsBits() || address.Bit is not null) && type is not (DataType.Boolean or DataType.BooleanArray))
        {
            yield return new(nameof(tag.DataType), $"is {type}: {tag.Address} is one bit, give Boolean.");
            yield break;
        }

        if (ShapeFault(address, tag, type) is { } shape)
        {
            yield return shape;
            yield break;
        }

        var made = new ModbusTag(tag.Name, address, 0, type);
        var width = made.Width;
        if (address.Offset + width > 65536)
        {
            yield return new(nameof(tag.Address), $"is '{tag.Address}': {type} takes {width} registers and would reach beyond the last one.");
        }

        if (width > (address.Table.IsBits() ? options.MaximumBits : options.MaximumRegisters))
        {
            yield return new(nameof(tag.Address), address.Table.IsBits()
                ? $"is '{tag.Address}': it takes {width} bits and MaximumBits is {options.MaximumBits}."
                : $"is '{tag.Address}': it takes {width} registers and MaximumRegisters is {options.MaximumRegisters}.");
        }

        foreach (var misfit in DeviceChecks.Check(tag, type))
        {
            yield return misfit;
        }

        if (options.Framing != ModbusFramingKind.Tcp && (address.Unit ?? options.Unit) == 0)
        {
            yield return new(nameof(tag.Address), $"is '{tag.Address}': unit 0 speaks to all units of a serial line and none answers, give 1 to 247.");
        }

        if (tag.Writable && (address.Table is ModbusTable.InputRegister or ModbusTable.DiscreteInput))
        {
            yield return new(nameof(tag.Writable), $"is true: {tag.Address} is a {address.Table.Words()}, which can only be read.");
        }

        var mostWritten = address.Table.IsBits() ? ModbusPdu.MostWrittenBits : ModbusPdu.MostWrittenRegisters;
        if (tag.Writable && width > mostWritten)
        {
            yield return new(nameof(tag.Writable), $"is true: one write carries at most {mostWritten} {(address.Table.IsBits() ? "bits" : "registers")}, {tag.Address} has {width}.");
        }
    }

    private static SettingFault? ShapeFault(ModbusAddress address, TagOptions tag, DataType type)
    {
        if (type == DataType.String && address.Length == 0)
        {
            return new(nameof(tag.Address), $"is '{tag.Address}': a text needs its length in bytes, e.g. {tag.Address}.20H or HR1[20].");
        }

        if (type != DataType.String && address.Text is not null)
        {
            return new(nameof(tag.Address), $"is '{tag.Address}', a text, and DataType is {type}: give String, or leave the length out.");
        }

        if (TagArray.IsArray(type) && (address.Length == 0 || address.Bit is not null))
        {
            return new(nameof(tag.Address), $"is '{tag.Address}': an array needs its number of elements, e.g. HR1:INT16[10].");
        }

        return address.IsBcd && type is not (DataType.UInt16 or DataType.UInt32 or DataType.UInt16Array or DataType.UInt32Array)
            ? new(nameof(tag.DataType), $"is {type}: BCD is read as UInt16, LBCD as UInt32; leave the type out.")
            : null;
    }
}
