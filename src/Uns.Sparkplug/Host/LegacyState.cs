using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Uns.Mqtt.Client;
using Uns.Mqtt.Packets;

namespace Uns.Sparkplug.Host;

/// <summary>
/// Says the host's state as Sparkplug 2.2 had it, for nodes that know nothing newer: the text <c>ONLINE</c> or <c>OFFLINE</c>, retained, on <c>STATE/{host id}</c>.
/// A connection has one will, and the host's own is that of 3.0: this one has a connection of its own, whose will says <c>OFFLINE</c>.
/// </summary>
/// <remarks>It says <c>ONLINE</c> only while the host's own connection stands, and when this connection breaks the broker says <c>OFFLINE</c> until it is back: the word may be too careful for a moment, never the other way.</remarks>
internal sealed partial class LegacyState
{
    private readonly HostOptions _options;
    private readonly MqttClientOptions _broker;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly string _topic;
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }); // One mark says as much as many.
    private volatile bool _isOnline;
    private volatile bool _wasDenied;

    /// <summary>A word that is not said yet.</summary>
    /// <param name="options">The host's name and patience.</param>
    /// <param name="broker">The host's broker; this connection's client identifier is the host's with <c>-state</c> behind it.</param>
    /// <param name="clock">Time of waits.</param>
    /// <param name="logger">Hears of the connection's end.</param>
    public LegacyState(HostOptions options, MqttClientOptions broker, TimeProvider clock, ILogger logger)
    {
        (_options, _clock, _logger) = (options, clock, logger);
        _broker = broker with { ClientId = broker.ClientId + "-state" };
        _topic = "STATE/" + options.HostId;
    }

    private static ReadOnlySpan<byte> Online => "ONLINE"u8;

    /// <summary>The host's own connection stands, or does no longer. Returns at once; safe from any thread.</summary>
    public void Set(bool isOnline)
    {
        _isOnline = isOnline;
        _wake.Writer.TryWrite(true);
    }

    /// <summary>Runs until cancelled; then says <c>OFFLINE</c>. Faults of line and broker do not end it.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var backOff = new BackOff(_options.ReconnectFirst, _options.ReconnectLongest);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await using var client = await MqttClient.ConnectAsync(_broker, Will, _clock, _logger, cancellationToken);
                await SayAsync(client, backOff, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception fault)
            {
                // The top of the pump: whatever broke, the word must come back.
                LogDown(_topic, fault.Message, fault is MqttException ? null : fault);
            }

            await backOff.WaitAsync(_clock, cancellationToken);
        }
    }

    private ValueTask<Will?> Will(CancellationToken cancellationToken) =>
        ValueTask.FromResult<Will?>(new Will { Topic = _topic, Payload = Word(isOnline: false), Qos = QualityOfService.AtLeastOnce, Retain = true });

    private static byte[] Word(bool isOnline) => isOnline ? Online.ToArray() : "OFFLINE"u8.ToArray();

    private async Task SayAsync(MqttClient client, BackOff backOff, CancellationToken cancellationToken)
    {
        await client.SubscribeAsync([new(_topic, QualityOfService.AtLeastOnce)], cancellationToken);
        var hearing = HearAsync(client); // The broker's answers stand behind messages: somebody has to read on.
        bool? said = null;
        while (!cancellationToken.IsCancellationRequested)
        {
            var isOnline = _isOnline;
            if (said != isOnline || (_wasDenied && isOnline))
            {
                _wasDenied = false;
                await client.PublishAsync(_topic, Word(isOnline), QualityOfService.AtLeastOnce, retain: true, cancellationToken);
                said = isOnline;
                backOff.Reset();
            }

            await Task.WhenAny(_wake.Reader.WaitToReadAsync(cancellationToken).AsTask(), client.Closed);
            _wake.Reader.TryRead(out _);
            if (client.Closed.IsCompleted)
            {
                throw await client.Closed;
            }
        }

        await LeaveAsync(client, hearing);
    }

    // Whoever else says that the host is away is told better: also the broker, about a connection of ours that broke before this one.
    private async Task HearAsync(MqttClient client)
    {
        try
        {
            await foreach (var message in client.Messages.ReadAllAsync())
            {
                if (!message.Payload.Span.SequenceEqual(Online))
                {
                    _wasDenied = true;
                    _wake.Writer.TryWrite(true);
                }
            }
        }
        catch (MqttConnectionLostException)
        {
            // The connection's end is told by the other half.
        }
    }

    private async Task LeaveAsync(MqttClient client, Task hearing)
    {
        using var patience = new CancellationTokenSource(_broker.ConnectTimeout, _clock);
        try
        {
            await client.PublishAsync(_topic, Word(isOnline: false), QualityOfService.AtLeastOnce, retain: true, patience.Token);
        }
        catch (Exception fault) when (fault is MqttException or OperationCanceledException)
        {
            return; // The will says it instead.
        }

        await client.DisconnectAsync();
        await hearing;
    }

    [LoggerMessage(2207, LogLevel.Warning, "The state of Sparkplug 2.2 is not said on {Topic} for now: {Reason}")]
    private partial void LogDown(string topic, string reason, Exception? fault);
}
