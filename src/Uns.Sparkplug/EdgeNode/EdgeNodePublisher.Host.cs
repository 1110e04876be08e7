using Microsoft.Extensions.Logging;
using Uns.Mqtt.Client;
using Uns.Sparkplug.Topics;

namespace Uns.Sparkplug.EdgeNode;

/// <content>The primary host: the node speaks only where and while it listens.</content>
public sealed partial class EdgeNodePublisher
{
    private bool _hostWasLost; // While the node was born here: even when the host is back at once, the session has to end.

    private bool IsHostOnline
    {
        get
        {
            lock (_gate)
            {
                return _hostGates is null || (_hostGates[_at].IsOnline && !_hostWasLost);
            }
        }
    }

    private void TakeState(string host, ReadOnlySpan<byte> payload)
    {
        bool before, now;
        lock (_gate)
        {
            if (_hostGates is null)
            {
                return;
            }

            var gate = _hostGates[_at];
            before = gate.IsOnline;
            gate.Take(host, payload);
            now = gate.IsOnline;
            _hostWasLost |= !now && _session.IsBorn; // [tck-id-message-flow-edge-node-birth-publish-phid-offline]
        }

        if (before != now)
        {
            LogHost(_options.Id, host, now ? "online" : "offline", Broker.Endpoint);
        }

        _wake.Writer.TryWrite(true);
    }

    /// <summary>Waits for the primary host, and keeps samples meanwhile. [tck-id-message-flow-edge-node-birth-publish-phid-wait]</summary>
    /// <returns>False when the node is stopped, or the host did not come and another broker is there to try.</returns>
    private async Task<bool> HostIsThereAsync(MqttClient client, CancellationToken cancellationToken)
    {
        var begun = _clock.GetTimestamp();
        while (!IsHostOnline)
        {
            if (_brokers.Count > 1 && _clock.GetElapsedTime(begun) >= _options.HostWait)
            {
                LogHostMissing(_options.Id, _options.PrimaryHost, Broker.Endpoint, _options.HostWait.TotalSeconds);
                return false;
            }

            if (client.Closed.IsCompleted)
            {
                throw await client.Closed;
            }

            if (cancellationToken.IsCancellationRequested)
            {
                return false;
            }

            await KeepWaitingAsync();
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var work = _wake.Reader.WaitToReadAsync(enough.Token).AsTask();
            await Task.WhenAny(work, client.Closed, Task.Delay(KeepPace, _clock, enough.Token));
            _wake.Reader.TryRead(out _);
            await enough.CancelAsync();
        }

        return true;
    }

    [LoggerMessage(2021, LogLevel.Information, "Edge node {Node}: primary host {Host} is {State} on {Broker}")]
    private partial void LogHost(EdgeNodeId node, string host, string state, string broker);

    [LoggerMessage(2022, LogLevel.Warning, "Edge node {Node}: primary host {Host} was not online on {Broker} within {Seconds:0} s; the next broker is tried")]
    private partial void LogHostMissing(EdgeNodeId node, string host, string broker, double seconds);
}
