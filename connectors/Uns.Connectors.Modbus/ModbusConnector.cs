using Uns.Connectors.Modbus.Wire;
using Uns.Tags;

namespace Uns.Connectors.Modbus;

/// <summary>Reads and writes one Modbus device, or the units behind one gateway, each unit over the connection of its lane.</summary>
/// <param name="plan">What is read.</param>
/// <param name="channels">One for each lane.</param>
/// <param name="clock">Rests and pauses are measured by its monotonic time; samples have its time of day.</param>
/// <param name="traffic">Is told of repeats and of what was refused.</param>
internal sealed class ModbusConnector(ModbusPlan plan, IReadOnlyList<IModbusChannel> channels, TimeProvider clock, DeviceTraffic traffic) : IConnector
{
    // A device that says "busy" for ever must not hold up the others.
    private const int BusyTries = 3;

    private static readonly TimeSpan ShortestPatience = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan BusyPause = TimeSpan.FromMilliseconds(100);

    // A refused address is asked again ever more seldom: it may be a slip in the settings, or a device that is still starting.
    private static readonly TimeSpan FirstRefusedRest = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestRefusedRest = TimeSpan.FromMinutes(10);

    private readonly List<ReadBlock>[] _blocks = [.. plan.Groups.Select(g => new List<ReadBlock>(plan.BlocksOf(g.Index)))];
    // Each group has its own: groups of different lanes are read at the same time.
    private readonly Dictionary<ReadBlock, Refusal>[] _refused = [.. plan.Groups.Select(_ => new Dictionary<ReadBlock, Refusal>())];
    private readonly TagNumbers _numbers = new(plan.Tags.Count, number => plan.Tags[number].Name);
    private ModbusWriter? _writer;
    private readonly bool[] _rejoins = new bool[plan.Groups.Count];
    private readonly UnitHealth _units = new(plan.Units, plan.Options.FailuresBeforeRest, plan.Options.RecoveryPeriod);

    /// <inheritdoc/>
    public bool Pushes => false;

    /// <inheritdoc/>
    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        _units.Clear();
        Array.ForEach(_refused, r => r.Clear());
        foreach (var channel in channels)
        {
            await channel.OpenAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task ReadAsync(PollGroup group, ITagSink sink, CancellationToken cancellationToken)
    {
        var refused = _refused[group.Index];
        if (_rejoins[group.Index])
        {
            // What was refused is there now: the blocks are joined as planned, and split again where they must be.
            _rejoins[group.Index] = false;
            _blocks[group.Index].ForEach(b => refused.Remove(b));
            _blocks[group.Index] = [.. plan.BlocksOf(group.Index)];
        }

        var blocks = _blocks[group.Index];
        for (var index = 0; index < blocks.Count; index++)
        {
            var block = blocks[index];
            if (RestReason(block, refused) is { } reason)
            {
                AddBad(block, sink, reason);
                continue;
            }

            var answer = await AskAsync(block.Unit, block.Pdu, cancellationToken);
            if (answer is { Outcome: ModbusOutcome.Refused, Exception: ModbusException.IllegalAddress or ModbusException.IllegalValue } && block.Tags.Count > 1)
            {
                // Somewhere in the block is a hole: the halves are asked at once, and from then on instead of the whole.
                var (lower, upper) = block.Split();
                blocks[index] = lower;
                blocks.Insert(index + 1, upper);
                index--;
                continue;
            }

            _rejoins[group.Index] |= answer.Outcome == ModbusOutcome.Done && refused.Remove(block);
            Take(block, answer, refused, sink);
        }
    }

    /// <inheritdoc/>
    public Task ListenAsync(ITagSink sink, CancellationToken cancellationToken) => throw new NotSupportedException("Modbus is polled.");

    /// <inheritdoc/>
    /// <remarks>A unit that rests is not written to: its silence would hold up the others.</remarks>
    public Task WriteAsync(string tag, TagValue value, CancellationToken cancellationToken)
    {
        var target = plan.Tags[_numbers.Find(tag)];
        return _units.RestReason(target.Unit, Now) is { } reason
            ? throw new WriteRefusedException($"'{tag}' was not written: {reason} It is left alone for now.")
            : Writer.WriteAsync(target, value, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<BrowseEntry>> BrowseAsync(string? below, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<BrowseEntry>>([]);

    /// <inheritdoc/>
    /// <remarks>Function 43/14, of the device's own unit, or of the first tag's where that is another. [V1.1b3, 6.21]</remarks>
    public async Task<DeviceIdentity?> IdentifyAsync(CancellationToken cancellationToken)
    {
        var unit = plan.Tags.Count == 0 ? (byte)plan.Options.Unit : plan.Tags[0].Unit;
        var identity = new ModbusIdentity();
        byte? next = 0;
        // Each answer names a later object than the one before, or it was the last.
        for (var from = -1; next is { } first && first > from; from = first)
        {
            var answer = await SendAsync(unit, ModbusPdu.IdentifyFrom(first), plan.Options.AnswerTimeout, cancellationToken);
            if (answer.Outcome != ModbusOutcome.Done)
            {
                return identity.Identity.Facts.Count > 0 ? identity.Identity : new([], answer.Outcome == ModbusOutcome.Silent
                    ? "The device does not answer the question who it is (function 43/14), as many do not."
                    : $"The device does not tell who it is (function 43/14): {ModbusException.Explain(answer.Exception)}");
            }

            next = identity.Take(answer.Data.Span);
        }

        return identity.Identity;
    }

    /// <summary>Reads a range that nobody has planned.</summary>
    internal Task<IReadOnlyList<(ushort Value, string? Fault)>> ScanAsync(byte unit, ModbusTable table, int start, int count, CancellationToken cancellationToken) =>
        new ModbusScan(AskAsync, table.IsBits() ? plan.Options.MaximumBits : plan.Options.MaximumRegisters).ReadAsync(unit, table, start, count, cancellationToken);

    /// <inheritdoc/>
    public Task DisconnectAsync()
    {
        Close();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }

    // Goes forward only: a rest must not grow by hours because the time of day is set.
    private TimeSpan Now => clock.GetElapsedTime(0);

    private ModbusWriter Writer => _writer ??= new(plan.Options, SendOnceAsync, traffic);

    private void Close()
    {
        foreach (var channel in channels)
        {
            channel.Close();
        }
    }

    private string? RestReason(ReadBlock block, Dictionary<ReadBlock, Refusal> refused)
    {
        var now = Now;
        return refused.TryGetValue(block, out var refusal) && now < refusal.Until ? refusal.Reason : _units.RestReason(block.Unit, now);
    }

    // Asks again where that can help: a read without an answer, a device that is busy.
    private async Task<ModbusAnswer> AskAsync(byte unit, byte[] pdu, CancellationToken cancellationToken)
    {
        var retries = _units.IsDoubted(unit) ? 0 : plan.Options.Retries;
        var patience = PatienceWith(unit);
        for (var (silent, busy) = (0, 0); ;)
        {
            var answer = await SendAsync(unit, pdu, patience, cancellationToken);
            if (answer.Outcome == ModbusOutcome.Silent && silent++ < retries)
            {
                traffic.Retried();
                continue;
            }

            if (answer is { Outcome: ModbusOutcome.Refused, Exception: ModbusException.Acknowledge or ModbusException.Busy } && ++busy < BusyTries)
            {
                await Task.Delay(BusyPause, clock, cancellationToken);
                continue;
            }

            return answer;
        }
    }

    // A question that only finds out whether a silent unit is back waits no longer than an answer on this line usually takes:
    // the others wait with it. Now and then it waits the whole time, for a unit that has become slow.
    private TimeSpan PatienceWith(byte unit)
    {
        var whole = plan.Options.AnswerTimeout;
        if (!_units.IsProbedShortly(unit) || !channels[plan.LaneOf(unit)].MayBeLeftEarly || traffic.RoundTripWithin(0.99) is not { } usual)
        {
            return whole;
        }

        var patience = usual * 4 > traffic.RoundTripOf(unit) * 8 ? usual * 4 : (traffic.RoundTripOf(unit) ?? (usual / 2)) * 8;
        patience = patience < ShortestPatience ? ShortestPatience : patience;
        return patience < whole ? patience : whole;
    }

    private async Task<ModbusAnswer> SendAsync(byte unit, byte[] pdu, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (plan.Options.Pause > TimeSpan.Zero)
        {
            await Task.Delay(plan.Options.Pause, clock, cancellationToken);
        }

        return await channels[plan.LaneOf(unit)].SendAsync(unit, pdu, patience, cancellationToken);
    }

    // A request of a write. What it shows of its unit counts; that all are silent is for the reads to say.
    private async Task<ModbusAnswer> SendOnceAsync(byte unit, byte[] pdu, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(unit, pdu, plan.Options.AnswerTimeout, cancellationToken);
        switch (answer)
        {
            case { Outcome: ModbusOutcome.Silent }:
                traffic.Failed(FailedSilently(unit));
                break;
            case { Outcome: ModbusOutcome.Refused, Exception: ModbusException.GatewayPath or ModbusException.GatewayTarget }:
                FailedByGateway(unit, answer.Exception);
                break;
            default:
                _units.Answered(unit);
                break;
        }

        return answer;
    }

    private string FailedSilently(byte unit)
    {
        var silence = $"unit {unit} did not answer within {plan.Options.AnswerTimeout.TotalMilliseconds:0} ms.";
        _units.Failed(unit, silence, isSilent: true, Now);
        return silence;
    }

    private void FailedByGateway(byte unit, byte exception) =>
        _units.Failed(unit, $"unit {unit}: {ModbusException.Explain(exception)}", isSilent: false, Now);

    private void Take(ReadBlock block, in ModbusAnswer answer, Dictionary<ReadBlock, Refusal> refused, ITagSink sink)
    {
        var now = clock.GetUtcNow();
        switch (answer.Outcome)
        {
            case ModbusOutcome.Done:
                _units.Answered(block.Unit);
                foreach (var tag in block.Tags)
                {
                    var value = Cut(block, tag, answer.Data.Span);
                    sink.Add(value.IsNull
                        ? new(tag.Name, value, TagQuality.Bad, now, $"{tag.Address} holds no BCD number: check the type.")
                        : new(tag.Name, value, TagQuality.Good, now));
                }

                break;
            case ModbusOutcome.Silent:
                var silence = FailedSilently(block.Unit);
                if (_units.AllSilent)
                {
                    throw new ConnectorException($"{plan.Options.Host}:{plan.Options.Port}, {silence}");
                }

                traffic.Failed(silence);
                AddBad(block, sink, silence);
                break;
            default:
                AddBad(block, sink, Refuse(block, answer.Exception, refused));
                break;
        }
    }

    // The refusal is about these registers or this unit: the tags turn bad, the connection stays.
    private string Refuse(ReadBlock block, byte exception, Dictionary<ReadBlock, Refusal> refused)
    {
        var reason = $"{block.Tags[0].Address with { Unit = block.Unit }} was refused with {ModbusException.Explain(exception)}";
        switch (exception)
        {
            case ModbusException.GatewayPath or ModbusException.GatewayTarget:
                traffic.Failed(reason);
                FailedByGateway(block.Unit, exception);
                return _units.RestReason(block.Unit, Now) ?? reason;
            case ModbusException.IllegalFunction or ModbusException.IllegalAddress or ModbusException.IllegalValue:
                var rest = refused.TryGetValue(block, out var before) ? before.Rest * 2 : FirstRefusedRest;
                rest = rest > LongestRefusedRest ? LongestRefusedRest : rest;
                traffic.Failed(reason);
                refused[block] = new(Now + rest, rest, reason);
                break;
        }

        _units.Answered(block.Unit);
        return reason;
    }

    private TagValue Cut(ReadBlock block, ModbusTag tag, ReadOnlySpan<byte> data)
    {
        var at = tag.Address.Offset - block.Start;
        if (block.Table.IsBits())
        {
            return tag.Type == DataType.BooleanArray ? CutBits(data, at, tag.Width) : TagValue.Of(IsSet(data, at));
        }

        return RegisterValue.Read(data.Slice(at * 2, tag.Width * 2), tag.Address, tag.Type, plan.Options.ByteOrder);
    }

    private static TagValue CutBits(ReadOnlySpan<byte> data, int at, int count)
    {
        var bits = new bool[count];
        for (var index = 0; index < count; index++)
        {
            bits[index] = IsSet(data, at + index);
        }

        return TagValue.OfObject(DataType.BooleanArray, bits);
    }

    private static bool IsSet(ReadOnlySpan<byte> data, int at) => (data[at / 8] >> (at % 8) & 1) != 0;

    private void AddBad(ReadBlock block, ITagSink sink, string reason)
    {
        var now = clock.GetUtcNow();
        foreach (var tag in block.Tags)
        {
            sink.Add(new(tag.Name, TagValue.Null(tag.Type), TagQuality.Bad, now, reason));
        }
    }

    private sealed record Refusal(TimeSpan Until, TimeSpan Rest, string Reason);
}
