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
/// </remarks>
internal sealed partial class UnsRepublisher(UnsTree tree, MqttClientOptions broker, string prefix, TimeProvider clock, ILogger<UnsRepublisher> logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

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
                var restoring = RestoreAsync(client, ending.Token);
                _connected = true;
                await FollowAsync(client, cancellationToken);
                await ending.CancelAsync();
                await restoring;
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

    private async Task RestoreAsync(MqttClient client, CancellationToken cancellationToken)
    {
        try
        {
            // No local: what this client publishes itself does not come back. [MQTT-3.8.3-3]
            await client.SubscribeAsync([new SubscriptionRequest($"{prefix}/#", NoLocal: true)], cancellationToken);
            await foreach (var message in client.Messages.ReadAllAsync(cancellationToken))
            {
                if (message.Retain && ValuePayload.TryRead(message.Payload.Span, out var value, out var timestamp))
                {
                    tree.Restore(message.Topic[(prefix.Length + 1)..], value, timestamp);
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
        foreach (var node in tree.Root.Values())
        {
            await PublishAsync(client, node.Path, node, payload, cancellationToken);
        }

        while (true)
        {
            var waiting = reader.WaitAsync(cancellationToken);
            if (await Task.WhenAny(waiting, client.Closed) != waiting)
            {
                throw await client.Closed;
            }

            await waiting;
            foreach (var changed in reader.Take())
            {
                // One that was taken out may have been replaced by another at the same path: what stands there now is the truth.
                var node = changed.Parent is null ? tree.Find(changed.Path) : changed;
                await PublishAsync(client, changed.Path, node, payload, cancellationToken);
            }
        }
    }

    private async ValueTask PublishAsync(MqttClient client, string path, UnsNode? node, ArrayBufferWriter<byte> payload, CancellationToken cancellationToken)
    {
        payload.ResetWrittenCount();
        if (node?.Current is { } current)
        {
            ValuePayload.Write(payload, node, current);
        }

        // An empty payload takes the retained message away. [MQTT-3.3.1-6]
        await client.PublishAsync($"{prefix}/{path}", payload.WrittenMemory, QualityOfService.AtMostOnce, retain: true, cancellationToken);
        Interlocked.Increment(ref _published);
    }

    [LoggerMessage(4101, LogLevel.Warning, "The JSON topics are not written for now: {Fault}")]
    private partial void LogBroken(string fault);
}
