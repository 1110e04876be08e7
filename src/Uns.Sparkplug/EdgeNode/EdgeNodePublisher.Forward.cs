using Microsoft.Extensions.Logging;
using Uns.Mqtt.Client;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;

namespace Uns.Sparkplug.EdgeNode;

/// <content>Store and forward: what cannot be sent is kept, and sent as history behind the next births.</content>
public sealed partial class EdgeNodePublisher
{
    private static readonly TimeSpan KeepPace = TimeSpan.FromSeconds(1); // One commit a second while there is no connection.
    private static readonly TimeSpan StoreRest = TimeSpan.FromSeconds(10); // How long a store that refused is let alone.

    private readonly IForwardStore? _forward;
    private readonly RecentSamples _recent;
    private readonly List<(string Device, List<TagSample> Samples)> _unsent = [];
    private readonly HashSet<string> _withHistory = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _told = new(StringComparer.Ordinal);
    private readonly Queue<(TimeSpan At, string Device, long Id)> _toForget = new();
    private bool _isHistoryBegun;
    private TimeSpan _nextHistory;
    private TimeSpan _storeRests;
    private long _storeRefusals;
    private long _kept;
    private long _forwarded;
    private long _lost;

    /// <summary>When history has something to do next; null: nothing.</summary>
    private TimeSpan? HistoryDue
    {
        get
        {
            if (_forward is null)
            {
                return null;
            }

            var isReady = !_isHistoryBegun || _withHistory.Any(_session.IsDeviceBorn);
            TimeSpan? due = isReady ? _nextHistory : _toForget.TryPeek(out var oldest) ? oldest.At + ForgetAfter : null;
            return due < _storeRests ? _storeRests : due;
        }
    }

    // History is kept for as long as the line may still lose it.
    private TimeSpan ForgetAfter => Broker.KeepAlive * 2;

    private void Taken(string device, List<TagSample> samples)
    {
        if (_forward is null || device == DeviceDesk.Node)
        {
            return;
        }

        if (_session.IsBorn)
        {
            _recent.Add(device, samples, Moment);
        }
        else
        {
            _unsent.Add((device, samples));
        }
    }

    /// <summary>Keeps what comes until something else is done.</summary>
    private async Task KeepWhileAsync(Task other)
    {
        while (!other.IsCompleted)
        {
            await KeepWaitingAsync();
            using var enough = new CancellationTokenSource();
            await Task.WhenAny(other, Task.Delay(KeepPace, _clock, enough.Token));
            await enough.CancelAsync();
        }
    }

    /// <summary>Keeps what comes while a broker that may never answer is waited for.</summary>
    private async Task<T> KeepingAsync<T>(Task<T> other)
    {
        await KeepWhileAsync(other);
        return await other;
    }

    private async Task KeepWaitingAsync()
    {
        lock (_gate)
        {
            Gather([]); // Not born: no message comes of it.
        }

        await KeepUnsentAsync();
    }

    private async Task KeepUnsentAsync()
    {
        List<(string Device, List<TagSample> Samples)> unsent;
        lock (_gate)
        {
            unsent = [.. _unsent];
            _unsent.Clear();
        }

        await KeepAsync(unsent);
    }

    /// <summary>The line was lost: what was sent into it lately may not have arrived.</summary>
    private async Task KeepRecentAsync()
    {
        List<(string, List<TagSample>)> lost;
        lock (_gate)
        {
            lost = [.. _recent.TakeLost(Moment)];
            _told.Clear(); // The same for history: it is still kept, and is told again.
            _toForget.Clear();
            _withHistory.Clear();
        }

        await KeepAsync(lost);
    }

    private async Task KeepAsync(IReadOnlyList<(string Device, List<TagSample> Samples)> samples)
    {
        if (_forward is null || samples.Count == 0)
        {
            return;
        }

        var batches = samples.SelectMany(s => s.Samples.Chunk(_options.MetricsPerMessage).Select(part => Batch(s.Device, part))).ToList();
        var count = batches.Sum(b => b.Samples);
        try
        {
            await _forward.AppendAsync(_options.Id, batches, CancellationToken.None);
            Interlocked.Add(ref _kept, count);
        }
        catch (Exception fault)
        {
            Interlocked.Add(ref _lost, count);
            LogNotKept(_options.Id, count, fault.Message);
        }
    }

    private async Task BeginHistoryAsync(CancellationToken cancellationToken)
    {
        _isHistoryBegun = false;
        _nextHistory = Moment;
        await AskStoreAsync(async store =>
        {
            var devices = await store.DevicesAsync(_options.Id, cancellationToken);
            lock (_gate)
            {
                _withHistory.UnionWith(devices);
                _isHistoryBegun = true;
            }
        });
    }

    /// <summary>Sends one message of history when its time has come, and forgets what has surely arrived.</summary>
    private async Task ForwardAsync(MqttClient client, List<OutgoingMessage> due, CancellationToken cancellationToken)
    {
        var now = Moment;
        if (_forward is null || now < _storeRests || !await ForgetAsync(until: now - ForgetAfter))
        {
            return;
        }

        if (!_isHistoryBegun)
        {
            await BeginHistoryAsync(cancellationToken);
            return;
        }

        string? device;
        lock (_gate)
        {
            device = now < _nextHistory ? null : _withHistory.FirstOrDefault(_session.IsDeviceBorn);
        }

        ForwardBatch? next = null;
        if (device is null || !await AskStoreAsync(async store => next = await store.NextAsync(_options.Id, device, _told.GetValueOrDefault(device), cancellationToken)))
        {
            return;
        }

        if (next is not { } batch)
        {
            lock (_gate)
            {
                _withHistory.Remove(device);
            }

            return;
        }

        var metrics = Read(batch);
        var dropped = batch.Samples;
        lock (_gate)
        {
            _nextHistory = now + (TimeSpan.FromSeconds(1) / _options.HistoryMessagesPerSecond);
            if (_session.IsDeviceBorn(device) && _session.RebirthDue is null)
            {
                dropped = metrics is null ? batch.Samples : _session.History(device, metrics, _clock.GetUtcNow(), due);
                _told[device] = batch.Id;
                _toForget.Enqueue((now, device, batch.Id));
                Interlocked.Add(ref _lost, dropped);
                Interlocked.Add(ref _forwarded, batch.Samples - dropped);
            }
        }

        await SendAsync(client, due);
    }

    /// <returns>False when the store refused: what is left is forgotten later.</returns>
    private async Task<bool> ForgetAsync(TimeSpan until)
    {
        while (_toForget.TryPeek(out var oldest) && oldest.At <= until)
        {
            if (!await AskStoreAsync(store => store.RemoveAsync(_options.Id, oldest.Device, oldest.Id, CancellationToken.None)))
            {
                return false;
            }

            _toForget.Dequeue();
        }

        return true;
    }

    /// <summary>Whatever the disk does, live data go on: what it refuses is counted, told, and asked again after a rest.</summary>
    /// <returns>False when there is no store, or it refused.</returns>
    private async Task<bool> AskStoreAsync(Func<IForwardStore, Task> ask)
    {
        if (_forward is null)
        {
            return false;
        }

        try
        {
            await ask(_forward);
            return true;
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            _storeRests = Moment + StoreRest;
            Interlocked.Increment(ref _storeRefusals);
            LogStoreRefused(_options.Id, StoreRest.TotalSeconds, fault.Message);
            return false;
        }
    }

    // What cannot be read would end each connection behind its birth, for ever: it counts as lost.
    private IReadOnlyList<Metric>? Read(ForwardBatch batch)
    {
        try
        {
            return PayloadReader.Read(batch.Payload).Metrics;
        }
        catch (SparkplugFormatException fault)
        {
            LogDamaged(_options.Id, batch.Samples, batch.Device, fault.Message);
            return null;
        }
    }

    /// <summary>The broker has acknowledged a later message: nothing before it can be lost on this line.</summary>
    private async Task AllArrivedAsync()
    {
        lock (_gate)
        {
            _recent.Clear();
        }

        await ForgetAsync(TimeSpan.MaxValue);
    }

    private static ForwardBatch Batch(string device, TagSample[] samples) =>
        new(0, device, samples.Length, PayloadWriter.Write(new SparkplugPayload { Metrics = [.. samples.Select(Kept)] }));

    private static Metric Kept(TagSample sample)
    {
        List<MetricProperty> properties = [];
        if (sample.Quality != TagQuality.Good)
        {
            properties.Add(MetricProperty.OfQuality((int)(sample.Quality == TagQuality.Bad ? TagQuality.Bad : TagQuality.Stale)));
            if (sample.Reason is { Length: > 0 } reason)
            {
                properties.Add(MetricProperty.Of(MetricPropertyKeys.Reason, reason));
            }
        }

        return Metric.Of(sample.Tag, sample.Value, sample.SourceTime) with { Properties = properties };
    }

    [LoggerMessage(2020, LogLevel.Error, "Edge node {Node} could not keep {Count} samples, which are lost: {Reason}")]
    private partial void LogNotKept(EdgeNodeId node, int count, string reason);

    [LoggerMessage(2030, LogLevel.Warning, "Edge node {Node}: the store of kept samples is asked again in {Seconds:0} s; live data go on: {Reason}")]
    private partial void LogStoreRefused(EdgeNodeId node, double seconds, string reason);

    [LoggerMessage(2031, LogLevel.Error, "Edge node {Node} kept {Count} samples of {Device} that cannot be read and are lost: {Reason}")]
    private partial void LogDamaged(EdgeNodeId node, int count, string device, string reason);
}
