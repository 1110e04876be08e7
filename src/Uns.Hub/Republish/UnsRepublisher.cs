using System.Buffers;
using Uns.Mqtt.Client;
using Uns.Mqtt.Packets;
using Uns.Tree;

namespace Uns.Hub.Republish;

/// <summary>
/// Keeps every value of the tree as a retained JSON message on its own topic, <c>uns/enterprise/site/…</c>, and reads back at
/// start what was retained before: such values are stale until their source is born again.
/// </summary>
/// <remarks>
/// A client like any other, over the hub's own broker. While a connection is slow the newest state of each value is sent, not
/// every step between. Messages are QoS 0: the retained state is what counts, and it is told anew after each connect.
/// A value that was moved is told on its old topic too, with the new one beside it, until the date that was set; then the old one ends.
/// </remarks>
internal sealed partial class UnsRepublisher(UnsTree tree, MqttClientOptions broker, string prefix, TimeProvider clock, ILogger<UnsRepublisher> logger)
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1); // For the end of an old topic: clocks are set now and then.

    private readonly ForwardedTopics _forwarded = new(tree);
    private readonly Dictionary<UnsNode, PublishTopic> _topics = [];
    private volatile bool _connected;
    private long _published;

    /// <summary>True while the connection to the broker stands.</summary>
    public bool IsConnected => _connected;

    /// <summary>Messages handed to the broker since start.</summary>
    public long Published => Interlocked.Read(ref _published);

    /// <summary>Runs until cancelled; connects again when the line breaks.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await using var client = await MqttClient.ConnectAsync(broker, null, clock, logger, cancellationToken);
                using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                Task[] halves = [RestoreAsync(client, ending.Token), FollowAsync(client, ending.Token)];
                _connected = true;
                try
                {
                    await await Task.WhenAny(halves);
                    await halves[1]; // The first ends by itself when the line breaks, and the other one says why.
                }
                finally
                {
                    await ending.CancelAsync();
                    await Task.WhenAll(halves).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception broken)
            {
                // The top of the pump: the topics must come back, whatever broke.
                LogBroken(broken.Message);
                await Task.Delay(Pause, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            finally
            {
                _connected = false;
            }
        }
    }

    /// <summary>Sees the path of each message just before it is handed to the client; null: nobody does, and nothing is paid.</summary>
    public Action<string>? OnPublishing { get; set; }

    /// <summary>Old topics that go on now.</summary>
    public int Forwarded => _forwarded.Count;

    private async Task RestoreAsync(MqttClient client, CancellationToken cancellationToken)
    {
        try
        {
            // No local: what this client publishes itself does not come back. [MQTT-3.8.3-3]
            await client.SubscribeAsync([new SubscriptionRequest($"{prefix}/#", NoLocal: true)], cancellationToken);
            await foreach (var message in client.Messages.ReadAllAsync(cancellationToken))
            {
                // What others keep on the prefix itself fits the filter too. [MQTT 5.0, 4.7.1.2]
                if (!message.Retain || message.Topic.Length <= prefix.Length + 1
                    || !ValuePayload.TryRead(message.Payload.Span, out var value, out var timestamp, out var movedTo))
                {
                    continue;
                }

                var path = message.Topic[(prefix.Length + 1)..];
                if (movedTo is null)
                {
                    tree.Restore(path, value, timestamp);
                }
                else if (tree.Map.ForwardedUntil(path) is { } until && until > clock.GetUtcNow())
                {
                    tree.Restore(tree.Map.Follow(path), value, timestamp, new FormerPlace(path, until));
                }
                else if (tree.Find(path)?.Current is null)
                {
                    // Its date came while the hub was away. [MQTT-3.3.1-6]
                    await client.PublishAsync(message.Topic, ReadOnlyMemory<byte>.Empty, retain: true, cancellationToken: cancellationToken);
                }
            }
        }
        catch (Exception gone) when (gone is OperationCanceledException or MqttException)
        {
            // The connection's end is told by the other half.
        }
    }

    private async Task FollowAsync(MqttClient client, CancellationToken cancellationToken)
    {
        using var reader = tree.Feed.Open("");
        var payload = new ArrayBufferWriter<byte>(256);
        _topics.Clear(); // Those of another connection.
        using (client.Gather())
        {
            foreach (var node in tree.Root.Values())
            {
                await PublishAsync(client, node.Path, node, payload, cancellationToken);
            }
        }

        var waiting = reader.WaitAsync(cancellationToken);
        while (true)
        {
            await NextAsync(waiting, client, cancellationToken);
            if (client.Closed.IsCompleted)
            {
                throw await client.Closed;
            }

            foreach (var path in _forwarded.NextEnd is null ? [] : _forwarded.TakeEnded(clock.GetUtcNow()))
            {
                await PublishAsync(client, path, tree.Find(path), payload, cancellationToken);
            }

            if (!waiting.IsCompleted)
            {
                continue;
            }

            await waiting;
            using (client.Gather())
            {
                foreach (var changed in reader.Take())
                {
                    // One that was taken out may have been replaced by another at the same path: what stands there now is the truth.
                    var node = changed.Parent is null ? tree.Find(changed.Path) : changed;
                    await PublishAsync(client, changed.Path, node, payload, cancellationToken);
                    if (changed.Parent is null)
                    {
                        _topics.Remove(changed);
                    }
                }
            }

            waiting = reader.WaitAsync(cancellationToken);
            if (waiting.IsCompleted)
            {
                // More came while these were sent. What comes within the next moment goes along: else each value would wake every thread of its road.
                await Task.Delay(Moment, clock, cancellationToken);
            }
        }
    }

    // News, the end of the line, or the end of an old topic.
    private async Task NextAsync(Task waiting, MqttClient client, CancellationToken cancellationToken)
    {
        if (_forwarded.NextEnd is not { } end)
        {
            await Task.WhenAny(waiting, client.Closed);
            return;
        }

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var left = TimeSpan.FromTicks(Math.Clamp((end - clock.GetUtcNow()).Ticks, 0, LongestWait.Ticks));
        await Task.WhenAny(waiting, client.Closed, Task.Delay(left, clock, enough.Token));
        await enough.CancelAsync();
    }

    private async ValueTask PublishAsync(MqttClient client, string path, UnsNode? node, ArrayBufferWriter<byte> payload, CancellationToken cancellationToken)
    {
        payload.ResetWrittenCount();
        if (node?.Current is { } current)
        {
            ValuePayload.Write(payload, node, current);
            OnPublishing?.Invoke(path);
            await client.PublishAsync(TopicOf(client, node), payload.WrittenMemory, retain: true, cancellationToken);
        }
        else if (_forwarded.HolderOf(path, clock.GetUtcNow()) is { } moved)
        {
            await ForwardAsync(client, path, moved, payload, cancellationToken);
            return;
        }
        else
        {
            _forwarded.Forget(path);
            OnPublishing?.Invoke(path);

            // An empty payload takes the retained message away. [MQTT-3.3.1-6]
            await client.PublishAsync($"{prefix}/{path}", ReadOnlyMemory<byte>.Empty, retain: true, cancellationToken: cancellationToken);
        }

        Interlocked.Increment(ref _published);
        for (var i = 0; node is not null && i < node.Formerly.Count; i++)
        {
            await ForwardAsync(client, node.Formerly[i].Path, node, payload, cancellationToken);
        }
    }

    private PublishTopic TopicOf(MqttClient client, UnsNode node)
    {
        if (!_topics.TryGetValue(node, out var topic))
        {
            _topics[node] = topic = client.Prepare($"{prefix}/{node.Path}");
        }

        return topic;
    }

    private async ValueTask ForwardAsync(MqttClient client, string oldPath, UnsNode node, ArrayBufferWriter<byte> payload, CancellationToken cancellationToken)
    {
        var step = _forwarded.Step(oldPath, node, clock.GetUtcNow());
        if (step is ForwardStep.Nothing || node.Current is not { } current)
        {
            return;
        }

        payload.ResetWrittenCount();
        if (step is ForwardStep.Tell)
        {
            var (newTopic, until) = ($"{prefix}/{node.Path}", _forwarded.EndOf(oldPath));
            ValuePayload.Write(payload, node, current, newTopic, until);
            await client.PublishAsync($"{prefix}/{oldPath}", payload.WrittenMemory, ForwardedTopics.PropertiesOf(newTopic, until), retain: true, cancellationToken);
        }
        else
        {
            await client.PublishAsync($"{prefix}/{oldPath}", payload.WrittenMemory, QualityOfService.AtMostOnce, retain: true, cancellationToken);
        }

        Interlocked.Increment(ref _published);
    }

    [LoggerMessage(4101, LogLevel.Warning, "The JSON topics are not written for now: {Fault}")]
    private partial void LogBroken(string fault);
}
