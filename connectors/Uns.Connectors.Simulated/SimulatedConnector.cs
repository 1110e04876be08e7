using Uns.Tags;

namespace Uns.Connectors.Simulated;

/// <summary>Makes values up: each is a function of the time of day, so that a restart goes on where it would have been.</summary>
internal sealed class SimulatedConnector(SimulatedPlan plan, TimeProvider clock) : IConnector
{
    private static readonly DateTimeOffset Beginning = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TagNumbers _numbers = new(plan.Tags.Count, number => plan.Tags[number].Name);
    private readonly TagValue[] _memory = [.. plan.Tags.Select(t => t.ValueOf(t.Address.Signal.Low))];

    /// <inheritdoc/>
    public bool Pushes => false;

    /// <inheritdoc/>
    public Task ConnectAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task ReadAsync(PollGroup group, ITagSink sink, CancellationToken cancellationToken)
    {
        if (plan.Options.Latency > TimeSpan.Zero)
        {
            await Task.Delay(plan.Options.Latency, clock, cancellationToken);
        }

        var now = clock.GetUtcNow();
        foreach (var number in plan.TagsOf(group.Index))
        {
            var tag = plan.Tags[number];
            var value = tag.Address.IsMemory ? _memory[number] : tag.ValueOf(tag.Address.Signal.At(now - Beginning));
            sink.Add(value.IsNull
                ? new(tag.Name, value, TagQuality.Bad, now, $"the value of {tag.Address} does not fit {tag.Type}.")
                : new(tag.Name, value, TagQuality.Good, now));
        }
    }

    /// <inheritdoc/>
    public Task ListenAsync(ITagSink sink, CancellationToken cancellationToken) => throw new NotSupportedException("Signals are polled.");

    /// <inheritdoc/>
    public Task WriteAsync(string tag, TagValue value, CancellationToken cancellationToken)
    {
        var number = _numbers.Find(tag);
        if (!plan.Tags[number].Address.IsMemory)
        {
            throw new WriteRefusedException($"'{tag}' is {plan.Tags[number].Address}, which moves by itself: only memory(…) can be written.");
        }

        // One lane reads and writes by turns.
        _memory[number] = value;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<BrowseEntry>> BrowseAsync(string? below, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<BrowseEntry>>([]);

    /// <inheritdoc/>
    public Task<DeviceIdentity?> IdentifyAsync(CancellationToken cancellationToken) =>
        Task.FromResult<DeviceIdentity?>(new([], "There is no device: the hub makes these values up."));

    /// <inheritdoc/>
    public Task DisconnectAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
