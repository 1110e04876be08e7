using System.Threading.Channels;
using Uns.Tags;

namespace Uns.Connectors;

/// <summary>Writes that wait for their turn between two reads. Open only while the device is connected, so that no old command is sent later.</summary>
internal sealed class WriteQueue
{
    /// <summary>Most writes that wait in one lane. More than that means that a caller has run wild: it is told at once.</summary>
    public const int Capacity = 64;

    private readonly Lock _gate = new();
    // When the last writes of a tag came, where their rate is limited: as many as a minute may bring.
    private readonly Dictionary<int, Queue<long>> _turns = [];
    private readonly Channel<PendingCall>[] _waiting;
    private readonly string _device;
    private readonly ConnectorPlan _plan;
    private readonly IReadOnlyList<TagOptions> _tags;
    private readonly TimeProvider _clock;
    private string? _closedBecause = "it has not been reached yet.";

    public WriteQueue(string device, ConnectorPlan plan, IReadOnlyList<TagOptions> tags, TimeProvider clock)
    {
        _device = device;
        _plan = plan;
        _tags = tags;
        _clock = clock;
        _waiting = [.. Enumerable.Range(0, plan.Lanes).Select(_ => Channel.CreateBounded<PendingCall>(
            new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true }))];
    }

    /// <summary>Where one lane takes its writes from.</summary>
    public ChannelReader<PendingCall> Reader(int lane) => _waiting[lane].Reader;

    /// <summary>Checks and queues one write.</summary>
    /// <exception cref="WriteRefusedException">Unknown tag, not writable, out of range, does not fit, or too many wait.</exception>
    /// <exception cref="ConnectorException">The device is not connected, or was lost before the device confirmed.</exception>
    public Task WriteAsync(string tag, in TagValue value, CancellationToken cancellationToken)
    {
        var number = _plan.Numbers.Find(tag);
        if (number < 0)
        {
            throw new WriteRefusedException($"{_device} has no tag '{tag}'.");
        }

        var pending = new PendingWrite(new(tag, ToRaw(_tags[number], _plan.RawTypes[number], value)), cancellationToken);
        lock (_gate)
        {
            if (_closedBecause is not null)
            {
                throw new ConnectorException($"{_device} is not connected, '{tag}' was not written: {_closedBecause}");
            }

            if (!HasTurn(number, _clock.GetTimestamp()))
            {
                throw new WriteRefusedException($"'{tag}' of {_device} was not written: {_tags[number].WritesPerMinute} writes came in the last minute, and more are not allowed (WritesPerMinute).");
            }

            if (!_waiting[_plan.TagLanes.Count == 0 ? 0 : _plan.TagLanes[number]].Writer.TryWrite(pending))
            {
                throw new WriteRefusedException($"{Capacity} writes to {_device} already wait, '{tag}' was not written: send fewer at a time.");
            }
        }

        return pending.Done.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Queues one look at the device in the first lane, between two reads.</summary>
    /// <exception cref="ConnectorException">The device is not connected, or was lost, or too many calls wait.</exception>
    public Task LookAsync(Func<IConnector, CancellationToken, Task> look, CancellationToken cancellationToken)
    {
        var pending = new PendingLook(look, cancellationToken);
        lock (_gate)
        {
            if (_closedBecause is not null || !_waiting[0].Writer.TryWrite(pending))
            {
                throw new ConnectorException($"{_device} cannot be looked at: {_closedBecause ?? $"{Capacity} calls already wait."}");
            }
        }

        return pending.Done.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Queues one call that changes something, in the first lane. It is sent once.</summary>
    /// <param name="what">What it is, as the beginning of a sentence.</param>
    /// <param name="act">Makes the call.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="WriteRefusedException">Too many calls wait, or the device refused.</exception>
    /// <exception cref="ConnectorException">The device is not connected, or was lost.</exception>
    public Task ActAsync(string what, Func<IConnector, CancellationToken, Task> act, CancellationToken cancellationToken)
    {
        var pending = new PendingAct(what, act, cancellationToken);
        lock (_gate)
        {
            if (_closedBecause is not null)
            {
                throw new ConnectorException($"{_device} is not connected, nothing was done: {_closedBecause}");
            }

            if (!_waiting[0].Writer.TryWrite(pending))
            {
                throw new WriteRefusedException($"{Capacity} calls to {_device} already wait, nothing was done: send fewer at a time.");
            }
        }

        return pending.Done.Task.WaitAsync(cancellationToken);
    }

    public void Open()
    {
        lock (_gate)
        {
            _closedBecause = null;
        }
    }

    /// <summary>Refuses what waits and what comes, with the reason.</summary>
    public void Close(string reason)
    {
        lock (_gate)
        {
            _closedBecause = reason;
            foreach (var lane in _waiting)
            {
                while (lane.Reader.TryRead(out var pending))
                {
                    pending.Done.TrySetException(new ConnectorException(pending.Lost(_device, reason, isUnderWay: false)));
                }
            }
        }
    }

    // True when one more write is allowed now; it is then counted.
    private bool HasTurn(int number, long now)
    {
        if (_tags[number].WritesPerMinute == 0)
        {
            return true;
        }

        if (!_turns.TryGetValue(number, out var turns))
        {
            _turns.Add(number, turns = new());
        }

        while (turns.TryPeek(out var oldest) && now - oldest >= _clock.TimestampFrequency * 60)
        {
            turns.Dequeue();
        }

        if (turns.Count >= _tags[number].WritesPerMinute)
        {
            return false;
        }

        turns.Enqueue(now);
        return true;
    }

    private TagValue ToRaw(TagOptions tag, DataType rawType, in TagValue value)
    {
        if (!tag.Writable)
        {
            throw new WriteRefusedException($"'{tag.Name}' of {_device} is not writable: set Writable to allow it.");
        }

        foreach (var number in TagArray.Numbers(value))
        {
            if (Wanted(tag, number.Number) is { } wanted)
            {
                throw new WriteRefusedException($"'{tag.Name}' of {_device} {(value.IsNumber ? "is" : "has")} {number}: {wanted.TrimEnd()}.");
            }
        }

        var scaling = new Scaling(tag.Factor, tag.Offset);
        if (rawType == DataType.Unknown)
        {
            // Only the device knows the type: the number is descaled and the connector fits it in.
            return scaling.IsNone || !value.IsNumber ? value : TagValue.Of((value.Number - scaling.Offset) / scaling.Factor);
        }

        return scaling.Undo(value, rawType, out var raw) is { } fault
            ? throw new WriteRefusedException($"'{tag.Name}' of {_device} {fault}")
            : raw;
    }

    // What a number, or an element of an array, would have to be; null when it may be written.
    private static string? Wanted(TagOptions tag, double number) =>
        !double.IsFinite(number) ? "give a finite number"
        : number < tag.Low ? $"give at least {tag.Low} {tag.Unit}"
        : number > tag.High ? $"give at most {tag.High} {tag.Unit}"
        : number < tag.WriteMinimum || number > tag.WriteMaximum ? RangeOf(tag)
        : null;

    private static string RangeOf(TagOptions tag) => tag switch
    {
        { WriteMinimum: { } least, WriteMaximum: { } most } => $"commands may set {least} to {most} {tag.Unit}",
        { WriteMinimum: { } least } => $"commands may set {least} {tag.Unit} or more",
        _ => $"commands may set up to {tag.WriteMaximum} {tag.Unit}",
    };
}

/// <summary>One call that waits for its turn between two reads.</summary>
internal abstract class PendingCall(CancellationToken caller)
{
    /// <summary>Ends with the device's answer.</summary>
    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The caller's; who does not wait any more is not served.</summary>
    public CancellationToken Caller => caller;

    /// <summary>What it is, as the beginning of a sentence.</summary>
    public abstract string What { get; }

    /// <summary>Makes the call.</summary>
    public abstract Task MakeAsync(IConnector connector, CancellationToken cancellationToken);

    /// <summary>What the caller is told when the device was lost: before the call, or while it was made.</summary>
    public abstract string Lost(string device, string reason, bool isUnderWay);
}

/// <summary>One write on its way.</summary>
internal sealed class PendingWrite(TagWrite write, CancellationToken caller) : PendingCall(caller)
{
    /// <summary>What is written.</summary>
    public TagWrite Write => write;

    public override string What => $"Writing '{write.Tag}'";

    public override Task MakeAsync(IConnector connector, CancellationToken cancellationToken) => connector.WriteAsync(write.Tag, write.Value, cancellationToken);

    public override string Lost(string device, string reason, bool isUnderWay) => isUnderWay
        ? $"{device} was lost while '{write.Tag}' was written, whether it took the value is not known: {reason}"
        : $"{device} was lost before '{write.Tag}' was written: {reason}";
}

/// <summary>A call that changes something on its way.</summary>
internal sealed class PendingAct(string what, Func<IConnector, CancellationToken, Task> act, CancellationToken caller) : PendingCall(caller)
{
    public override string What => what;

    public override Task MakeAsync(IConnector connector, CancellationToken cancellationToken) => act(connector, cancellationToken);

    public override string Lost(string device, string reason, bool isUnderWay) => isUnderWay
        ? $"{device} was lost during '{what}', whether it was carried out is not known: {reason}"
        : $"{device} was lost before '{what}' was begun: {reason}";
}

/// <summary>A look at the device on its way.</summary>
internal sealed class PendingLook(Func<IConnector, CancellationToken, Task> look, CancellationToken caller) : PendingCall(caller)
{
    public override string What => "A look at the device";

    public override Task MakeAsync(IConnector connector, CancellationToken cancellationToken) => look(connector, cancellationToken);

    public override string Lost(string device, string reason, bool isUnderWay) => $"{device} was lost: {reason}";
}
