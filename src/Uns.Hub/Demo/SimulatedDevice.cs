using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Connectors.OpcUa;
using Uns.Connectors.S7;
using Uns.Connectors.TagFiles;
using Uns.Hub.Settings;
using Uns.Tags;

namespace Uns.Hub.Demo;

/// <summary>A Modbus, S7 or OPC UA server made from a tag list: every tag moves as its type suggests, or as a file says, and goes wrong when asked to.</summary>
internal sealed class SimulatedDevice : IAsyncDisposable
{
    private readonly ModbusSimulator? _modbus;
    private readonly S7Simulator? _s7;
    private readonly OpcUaSimulator? _opcua;
    private volatile Trouble _trouble = new();

    private SimulatedDevice(IReadOnlyList<(TagOptions Tag, DataType Type, Signal? Signal)> points, List<string> leftOut, TimeProvider clock, int port)
    {
        var made = SimulatedPlant.Make(
            [.. points.Select(p => (p.Tag, p.Signal))], leftOut, () => _trouble is { Applies: true } t ? new(t.Delay, t.IsSilent, t.IsReset, t.Shift) : null, clock, port)
            ?? throw new SettingException($"No tag of the list can be simulated: {leftOut.FirstOrDefault() ?? "it is empty."}");
        (_opcua, Points, LeftOut) = (made.Server, made.Points, leftOut);
    }

    private SimulatedDevice(string protocol, IReadOnlyList<(TagOptions Tag, DataType Type, Signal? Signal)> points, IReadOnlyList<string> leftOut, ByteOrder order, TimeProvider clock, int port)
    {
        (Points, LeftOut) = (points.Count, leftOut);
        if (protocol == "modbus")
        {
            _modbus = new([.. points.Select(p => new SimulatedRegister(p.Tag.Address, p.Type, p.Signal))], clock, port, order)
            {
                FaultFor = (_, _) => _trouble is { Applies: true } t ? new(t.Delay, IsSilent: t.IsSilent, Disconnects: t.IsReset, TransactionShift: t.Shift) : null,
                IsMissing = (table, offset) => _trouble.Refused.Contains($"{table} {offset}"),
            };
        }
        else
        {
            _s7 = new([.. points.Select(p => new Uns.Connectors.S7.SimulatedPoint(p.Tag.Address, p.Type, p.Signal))], clock, port)
            {
                FaultFor = _ => _trouble is { Applies: true } t ? new(t.Delay, t.IsSilent, t.IsReset, ReferenceShift: t.Shift) : null,
                // 5 is what a CPU says of an address that is not there.
                CodeFor = (area, block, first) => _trouble.Refused.Contains($"{area} {block} {first}") ? (byte)5 : (byte)0,
            };
        }
    }

    /// <summary>How many tags it has.</summary>
    public int Points { get; }

    /// <summary>Rows of the list that could not be taken, with the reason.</summary>
    public IReadOnlyList<string> LeftOut { get; }

    /// <summary>Where it listens; only once started.</summary>
    public IPEndPoint EndPoint => _modbus?.EndPoint ?? _s7?.EndPoint ?? _opcua!.EndPoint;

    /// <summary>Makes a device from a tag file.</summary>
    /// <param name="protocol"><c>modbus</c>, <c>s7</c> or <c>opcua</c>.</param>
    /// <param name="file">Any tag file that the import knows.</param>
    /// <param name="shape">The course of every number; null chooses by type.</param>
    /// <param name="replay">A table of values: the first column is the time in seconds, the others are named like tags; null for none.</param>
    /// <param name="order">Modbus: byte order of values over several registers.</param>
    /// <param name="clock">What the values run by.</param>
    /// <param name="port">0 takes a free one.</param>
    /// <exception cref="SettingException">The list cannot be read, or no tag of it can be simulated.</exception>
    public static SimulatedDevice Make(string protocol, byte[] file, SignalShape? shape, string? replay, ByteOrder order, TimeProvider clock, int port)
    {
        IConnectorKind kind = protocol switch
        {
            "modbus" => new ModbusKind(),
            "s7" => new S7Kind(),
            "opcua" => new OpcUaKind(),
            _ => throw new SettingException($"--protocol is '{protocol}': give modbus, s7 or opcua."),
        };
        var reading = TagFileReader.Read(file);
        if (reading.Fault is { } unread)
        {
            throw new SettingException(unread);
        }

        var replays = ReplayTable.Read(replay);
        var points = new List<(TagOptions, DataType, Signal?)>();
        var leftOut = new List<string>();
        foreach (var row in reading.Rows)
        {
            var one = new DeviceOptions { Name = "device", Protocol = protocol, Settings = new JsonObject { [protocol == "opcua" ? "Endpoint" : "Host"] = protocol == "opcua" ? "opc.tcp://127.0.0.1" : "127.0.0.1" }, Tags = [protocol == "opcua" ? row.Tag : row.Tag with { Writable = false }] };
            if ((row.Fault ?? (kind.Check(one) is [var first, ..] ? first.ToString() : null)) is { } fault)
            {
                leftOut.Add($"line {row.Line}, '{row.Tag.Name}': {fault}");
                continue;
            }

            var type = kind.Plan(one, clock).RawTypes[0];
            points.Add((row.Tag, protocol == "s7" ? row.Tag.DataType : type, replays.GetValueOrDefault(row.Tag.Name) ?? Course(row.Tag, type, shape, points.Count)));
        }

        return points.Count == 0
            ? throw new SettingException($"No tag of the list can be simulated: {leftOut.FirstOrDefault() ?? "it is empty."}")
            : protocol == "opcua" ? new(points, leftOut, clock, port) : new(protocol, points, leftOut, order, clock, port);
    }

    /// <summary>Starts to listen on 127.0.0.1.</summary>
    public Task StartAsync() => _modbus?.StartAsync() ?? _s7?.StartAsync() ?? _opcua!.StartAsync();

    /// <summary>Makes something go wrong, or all well again.</summary>
    /// <param name="line"><c>delay 200ms</c>, <c>silence</c>, <c>reset</c>, <c>wrong-ids</c>, <c>refuse ADDRESS</c>, <c>cut</c> or <c>heal</c>.</param>
    /// <returns>What happens from now on, in one sentence.</returns>
    public string Do(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        switch (words)
        {
            case ["delay", var text] when SettingsReader.ParseDuration(text) is { } delay && delay >= TimeSpan.Zero && delay <= TimeSpan.FromMinutes(1):
                _trouble = _trouble with { Delay = delay };
                return $"Every answer comes {text} late.";
            case ["silence"]:
                _trouble = _trouble with { IsSilent = true };
                return "Nothing is answered.";
            case ["reset"]:
                _trouble = _trouble with { IsReset = true };
                return "Every request is answered by closing the connection.";
            case ["wrong-ids"]:
                _trouble = _trouble with { Shift = 1 };
                return "Every answer carries the id of another request.";
            case ["refuse", var address] when Key(address) is { } key:
                _trouble = _trouble with { Refused = [.. _trouble.Refused, key] };
                _opcua?.Refuse(key, isRefused: true);
                return $"{address} is refused.";
            case ["cut"]:
                _modbus?.DropConnections();
                _s7?.DropConnections();
                _opcua?.DropConnections();
                return "All connections were cut; new ones are taken.";
            case ["heal"]:
                foreach (var refused in _trouble.Refused)
                {
                    _opcua?.Refuse(refused, isRefused: false);
                }

                _trouble = new();
                return "All is well again.";
            default:
                return $"'{line}' is not known: give delay 200ms, silence, reset, wrong-ids, refuse ADDRESS, cut or heal.";
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _modbus?.DisposeAsync() ?? _s7?.DisposeAsync() ?? _opcua!.DisposeAsync();

    private string? Key(string address)
    {
        if (_opcua is not null)
        {
            return SimulatedPlant.KeyOf(address);
        }

        if (_modbus is not null)
        {
            return ModbusAddressReader.Read(address, oneBased: true, out var place) is null && place is not null ? $"{place.Table} {place.Offset}" : null;
        }

        return S7AddressReader.Read(address, DataType.Unknown, out var found) is null && found is not null
            ? string.Create(CultureInfo.InvariantCulture, $"{found.Area} {found.Block} {found.Byte}") : null;
    }

    // Between the tag's own limits, taken back to what the device holds; texts, times and arrays stay as they are written.
    private static Signal? Course(TagOptions tag, DataType type, SignalShape? wanted, int seed)
    {
        if (TagArray.IsArray(type) || type is DataType.String or DataType.DateTime)
        {
            return null;
        }

        if (type == DataType.Boolean)
        {
            return new(SignalShape.Square, 0, 1, TimeSpan.FromSeconds(20), seed);
        }

        var (low, high) = ((tag.Low ?? 0) - tag.Offset, (tag.High ?? 100) - tag.Offset);
        (low, high) = (Math.Min(low / tag.Factor, high / tag.Factor), Math.Max(low / tag.Factor, high / tag.Factor));
        var shape = wanted ?? (type is DataType.Float or DataType.Double ? SignalShape.Walk : tag.Low is null && tag.High is null ? SignalShape.Counter : SignalShape.Ramp);
        return new(shape, low, high, TimeSpan.FromSeconds(shape == SignalShape.Counter ? 1 : 60), seed);
    }

    private sealed record Trouble
    {
        public TimeSpan Delay { get; init; }

        public bool IsSilent { get; init; }

        public bool IsReset { get; init; }

        public int Shift { get; init; }

        public IReadOnlyList<string> Refused { get; init; } = [];

        public bool Applies => Delay > TimeSpan.Zero || IsSilent || IsReset || Shift != 0;
    }
}
