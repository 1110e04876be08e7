using System.Buffers;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Client;

/// <summary>
/// One connection to a broker, from CONNECT to its end. It never connects again by itself: whoever owns it
/// decides when, and what must be said first. Safe to call from many threads.
/// </summary>
/// <remarks>
/// Messages arrive in <see cref="Messages"/>: at most 4,096 wait there, then the socket is read no further until some are taken.
/// Up to 4 MiB wait to be sent, then publishing waits. Sessions are clean: nothing is sent again after a loss.
/// </remarks>
public sealed partial class MqttClient : IAsyncDisposable
{
    private const int MessagesBound = 4096; // The house's bound from client to host.
    private static readonly TimeSpan LongestGoodbye = TimeSpan.FromSeconds(2);
    private const int SendBoundBytes = 4 * 1024 * 1024;
    private const int MostOverhead = 16; // What a PUBLISH has beside topic and payload.

    private readonly MqttClientOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Stream _stream;
    private readonly PacketSource _source;
    private readonly Action _shut;
    private readonly SendBuffer _sending = new(SendBoundBytes);
    private readonly PendingAnswers _answers = new();
    private readonly HashSet<ushort> _received = []; // QoS 2 messages taken over and not yet released; read by the reader alone.
    private readonly Channel<MqttMessage> _messages = Channel.CreateBounded<MqttMessage>(new BoundedChannelOptions(MessagesBound) { SingleWriter = true });
    private readonly CancellationTokenSource _ending = new();
    private readonly SemaphoreSlim _inFlight;
    private readonly TaskCompletionSource<MqttConnectionLostException> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeSpan _keepAlive;
    private readonly uint _longestOut;
    private readonly int _aliasMaximum;
    private int _aliases;
    private Task _loops = Task.CompletedTask;
    private long _lastHeard;
    private long _lastSent;
    private volatile bool _holdsBack;
    private volatile bool _leaves;
    private int _ended;

    private MqttClient(MqttClientOptions options, TimeProvider clock, ILogger logger, Stream stream, PacketSource source, ConnAckPacket accepted)
    {
        (_options, _clock, _logger, _stream, _source) = (options, clock, logger, stream, source);
        _shut = stream is NetworkStream plain ? () => plain.Socket.Shutdown(SocketShutdown.Send) : stream.Flush;
        _keepAlive = accepted.Properties.ServerKeepAlive is { } seconds ? TimeSpan.FromSeconds(seconds) : options.KeepAlive; // [MQTT-3.2.2-21]
        _inFlight = new SemaphoreSlim(accepted.Properties.ReceiveMaximum ?? 1024); // [MQTT-3.3.4-9]
        _longestOut = accepted.Properties.MaximumPacketSize ?? uint.MaxValue;
        _aliasMaximum = accepted.Properties.TopicAliasMaximum ?? 0; // [MQTT-3.2.2-18]
        ClientId = accepted.Properties.AssignedClientIdentifier ?? options.ClientId; // [MQTT-3.2.2-16]
        _lastHeard = _lastSent = clock.GetTimestamp();
    }

    /// <summary>The name this client goes by; the broker's choice when none was given.</summary>
    public string ClientId { get; }

    /// <summary>Largest packet that the broker takes, in bytes, as it said; what it did not say is the protocol's own limit.</summary>
    public long LongestPacketBytes => _longestOut;

    /// <summary>What arrives, in order. Completes with a <see cref="MqttConnectionLostException"/>, or plainly after <see cref="DisconnectAsync"/>.</summary>
    public ChannelReader<MqttMessage> Messages => _messages.Reader;

    /// <summary>Ends when the connection does, with the reason. Never faults.</summary>
    public Task<MqttConnectionLostException> Closed => _closed.Task;

    /// <summary>Reaches the broker and introduces the client. The session is clean and ends with the connection.</summary>
    /// <param name="options">Where and who.</param>
    /// <param name="will">Makes the will once the broker is reached and before CONNECT leaves; null: no will. A Sparkplug node counts its CONNECTs here.</param>
    /// <param name="clock">Time of keep alive and timeouts.</param>
    /// <param name="logger">Hears of the connection's end.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="MqttConnectException">The broker cannot be reached, does not answer in time, or refuses.</exception>
    public static async Task<MqttClient> ConnectAsync(
        MqttClientOptions options,
        Func<CancellationToken, ValueTask<Will?>>? will,
        TimeProvider clock,
        ILogger logger,
        CancellationToken cancellationToken)
    {
        var (stream, source, accepted) = await MqttHandshake.RunAsync(options, will, clock, cancellationToken);
        var client = new MqttClient(options, clock, logger, stream, source, accepted);
        client._loops = Task.WhenAll(client.ReadAsync(), client.SendAsync(), client.KeepAliveAsync());
        return client;
    }

    /// <summary>Publishes one message.</summary>
    /// <param name="topic">Topic name, without wildcards.</param>
    /// <param name="payload">The payload; copied before this returns or waits for the broker.</param>
    /// <param name="qos">QoS 0 ends once the message is on its way; 1 and 2 once the broker has taken it over.</param>
    /// <param name="retain">True: the broker keeps it as the topic's last message.</param>
    /// <param name="cancellationToken">Ends the wait, not the message.</param>
    /// <exception cref="MqttConnectionLostException">The connection has ended.</exception>
    /// <exception cref="MqttRefusedException">The message is longer than the broker takes, or the broker did not take it (MQTT 5.0, QoS 1 and 2).</exception>
    public ValueTask PublishAsync(
        string topic,
        ReadOnlyMemory<byte> payload,
        QualityOfService qos = QualityOfService.AtMostOnce,
        bool retain = false,
        CancellationToken cancellationToken = default)
    {
        CheckLength(topic, payload.Length);
        if (qos != QualityOfService.AtMostOnce)
        {
            return new(PublishAcknowledgedAsync(topic, payload, qos, retain, cancellationToken));
        }

        return TryPublish(topic, payload.Span, retain) ? default : new(PublishWhenRoomAsync(topic, payload, retain, cancellationToken));
    }

    /// <summary>Publishes one message of QoS 0 with properties of its own; without them where MQTT 3.1.1 is spoken.</summary>
    /// <param name="topic">Topic name, without wildcards.</param>
    /// <param name="payload">The payload; copied before this returns or waits for room.</param>
    /// <param name="properties">Properties that belong to PUBLISH.</param>
    /// <param name="retain">True: the broker keeps it as the topic's last message.</param>
    /// <param name="cancellationToken">Ends the wait for room.</param>
    /// <exception cref="MqttConnectionLostException">The connection has ended.</exception>
    /// <exception cref="MqttRefusedException">The message is longer than the broker takes.</exception>
    public async ValueTask PublishAsync(string topic, ReadOnlyMemory<byte> payload, Properties properties, bool retain, CancellationToken cancellationToken)
    {
        CheckLength(topic, payload.Length + properties.WireBytes());
        while (!_sending.TryAppend(new Outgoing(topic, payload.Span, QualityOfService.AtMostOnce, retain, 0, _options.Version) { Properties = properties }, WritePublish, evenIfFull: false))
        {
            await _sending.RoomAsync(cancellationToken);
        }
    }

    /// <summary>Publishes one message with QoS 0 unless more than 4 MiB wait to be sent already. Never waits.</summary>
    /// <returns>False when there is no room: the message was not taken.</returns>
    /// <exception cref="MqttConnectionLostException">The connection has ended.</exception>
    /// <exception cref="MqttRefusedException">The message is longer than the broker takes.</exception>
    public bool TryPublish(string topic, ReadOnlySpan<byte> payload, bool retain = false)
    {
        CheckLength(topic, payload.Length);
        var message = new Outgoing(topic, payload, QualityOfService.AtMostOnce, retain, 0, _options.Version);
        return _sending.TryAppend(message, WritePublish, evenIfFull: false);
    }

    /// <summary>Makes a topic ready to be published to many times on this connection. It may get a topic alias of the broker's for good.</summary>
    /// <param name="topic">Topic name, without wildcards.</param>
    public PublishTopic Prepare(string topic)
    {
        var alias = _aliases < _aliasMaximum ? Interlocked.Increment(ref _aliases) : 0;
        return new(topic, alias <= _aliasMaximum ? (ushort)alias : (ushort)0); // [MQTT-3.2.2-17]
    }

    /// <summary>Publishes one message of QoS 0 to a topic that <see cref="Prepare"/> of this client made.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="payload">The payload; copied before this returns or waits for room.</param>
    /// <param name="retain">True: the broker keeps it as the topic's last message.</param>
    /// <param name="cancellationToken">Ends the wait for room.</param>
    /// <exception cref="MqttConnectionLostException">The connection has ended.</exception>
    /// <exception cref="MqttRefusedException">The message is longer than the broker takes.</exception>
    public ValueTask PublishAsync(PublishTopic topic, ReadOnlyMemory<byte> payload, bool retain, CancellationToken cancellationToken = default)
    {
        if (payload.Length + topic.TextBytes + MostOverhead > _longestOut)
        {
            throw TooLong(topic.Name, payload.Length); // [MQTT-3.1.2-24]
        }

        return TryPublish(topic, payload.Span, retain) ? default : new(PublishWhenRoomAsync(topic, payload, retain, cancellationToken));
    }

    /// <summary>Until the answer is disposed, messages wait for each other and leave 32 KiB at a time: for many in one go, without a wait between.</summary>
    public GatheredSends Gather() => new(_sending);

    /// <summary>Subscribes and awaits the broker's answer.</summary>
    /// <returns>The reason for each filter, in their order: the QoS granted.</returns>
    /// <exception cref="MqttRefusedException">The broker refused a filter; the others stand.</exception>
    /// <exception cref="MqttConnectionLostException">The connection has ended.</exception>
    public async Task<IReadOnlyList<ReasonCode>> SubscribeAsync(IReadOnlyList<SubscriptionRequest> requests, CancellationToken cancellationToken)
    {
        var (id, answer) = _answers.Open(PacketType.SubAck);
        Send(new SubscribePacket { PacketId = id, Requests = requests }.Write);
        return Granted(await answer.WaitAsync(cancellationToken), [.. requests.Select(request => request.Filter)]);
    }

    /// <summary>Ends subscriptions and awaits the broker's answer.</summary>
    /// <exception cref="MqttRefusedException">The broker refused.</exception>
    /// <exception cref="MqttConnectionLostException">The connection has ended.</exception>
    public async Task UnsubscribeAsync(IReadOnlyList<string> filters, CancellationToken cancellationToken)
    {
        var (id, answer) = _answers.Open(PacketType.UnsubAck);
        Send(new UnsubscribePacket { PacketId = id, Filters = filters }.Write);
        Granted(await answer.WaitAsync(cancellationToken), filters);
    }

    /// <summary>Sends what waits, says goodbye and closes. Nothing happens when the connection has ended already.</summary>
    /// <param name="reason">Success drops the will; <see cref="ReasonCode.DisconnectWithWill"/> has it published (MQTT 5.0 only).</param>
    public async Task DisconnectAsync(ReasonCode reason = ReasonCode.Success)
    {
        try
        {
            Send(new DisconnectPacket { Reason = reason }.Write);
        }
        catch (MqttConnectionLostException)
        {
            return; // Gone already.
        }

        _leaves = true;

        // All that waits goes out, and the broker closes; a peer that does neither must not hold us.
        var goodbye = new MqttConnectionLostException("The client disconnected.");
        _sending.End(goodbye);
        using var patience = new CancellationTokenSource(LongestGoodbye, _clock);
        await Task.WhenAny(_closed.Task, Task.Delay(Timeout.InfiniteTimeSpan, _clock, patience.Token));
        End(goodbye, planned: true);
        await _loops;
    }

    /// <summary>Drops the connection without a goodbye, if it still stands: the broker then publishes the will.</summary>
    public async ValueTask DisposeAsync()
    {
        End(new MqttConnectionLostException("The client dropped the connection."), planned: true);
        await _loops;
        await _stream.DisposeAsync();
        _ending.Dispose();
    }

    // Told here, where the topic is known: the broker would only end the connection. [MQTT-3.1.2-24]
    private void CheckLength(string topic, int payloadBytes)
    {
        if (payloadBytes + (topic.Length * 3L) + MostOverhead > _longestOut && payloadBytes + Encoding.UTF8.GetByteCount(topic) + MostOverhead > _longestOut)
        {
            throw TooLong(topic, payloadBytes);
        }
    }

    private MqttRefusedException TooLong(string topic, int payloadBytes) => new(
        $"A message of {payloadBytes} bytes on '{topic}' is too long: the broker at {_options.Endpoint} takes packets of {_longestOut} bytes.", ReasonCode.PacketTooLarge);

    private bool TryPublish(PublishTopic topic, ReadOnlySpan<byte> payload, bool retain) => _sending.TryAppend(
        new OutgoingTo(topic, payload, retain, _options.Version),
        static (output, in message) => message.Topic.Write(output, message.Version, message.Payload, message.Retain),
        evenIfFull: false);

    private async Task PublishWhenRoomAsync(PublishTopic topic, ReadOnlyMemory<byte> payload, bool retain, CancellationToken cancellationToken)
    {
        do
        {
            await _sending.RoomAsync(cancellationToken);
        }
        while (!TryPublish(topic, payload.Span, retain));
    }

    private static void WritePublish(IBufferWriter<byte> output, in Outgoing message) => PublishPacket.Write(
        output, message.Version, message.Topic, message.Payload, message.Qos, message.Retain, message.PacketId, properties: message.Properties);

    private static IReadOnlyList<ReasonCode> Granted(IReadOnlyList<ReasonCode> reasons, IReadOnlyList<string> filters)
    {
        for (var i = 0; i < reasons.Count; i++)
        {
            if (reasons[i] >= ReasonCode.UnspecifiedError)
            {
                throw new MqttRefusedException($"The broker refused the filter '{filters[Math.Min(i, filters.Count - 1)]}': {reasons[i]}.", reasons[i]);
            }
        }

        return reasons;
    }

    private async Task PublishWhenRoomAsync(string topic, ReadOnlyMemory<byte> payload, bool retain, CancellationToken cancellationToken)
    {
        do
        {
            await _sending.RoomAsync(cancellationToken);
        }
        while (!TryPublish(topic, payload.Span, retain));
    }

    private async Task PublishAcknowledgedAsync(string topic, ReadOnlyMemory<byte> payload, QualityOfService qos, bool retain, CancellationToken cancellationToken)
    {
        await _inFlight.WaitAsync(cancellationToken);
        try
        {
            var (id, answer) = _answers.Open(qos == QualityOfService.AtLeastOnce ? PacketType.PubAck : PacketType.PubComp);
            while (!_sending.TryAppend(new Outgoing(topic, payload.Span, qos, retain, id, _options.Version), WritePublish, evenIfFull: false))
            {
                await _sending.RoomAsync(cancellationToken);
            }

            var reason = (await answer.WaitAsync(cancellationToken))[0];
            if (reason >= ReasonCode.UnspecifiedError)
            {
                throw new MqttRefusedException($"The broker did not take a message on '{topic}': {reason}.", reason);
            }
        }
        finally
        {
            _inFlight.Release(); // Also after the end: who still waits then learns of it.
        }
    }

    private void Send(Action<IBufferWriter<byte>, ProtocolVersion> write) =>
        _sending.TryAppend((write, _options.Version), static (output, in state) => state.write(output, state.Version), evenIfFull: true);

    private void End(Exception reason, bool planned)
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
        {
            return;
        }

        var lost = reason as MqttConnectionLostException ?? new MqttConnectionLostException($"The connection to {_options.Endpoint} broke: {reason.Message}", reason);
        _sending.End(lost);
        _answers.Fail(lost);
        planned |= _leaves; // The broker closes first when it is quick to read our goodbye.
        _messages.Writer.TryComplete(planned ? null : lost);
        _ending.Cancel();
        _stream.Close();
        if (!planned)
        {
            LogLost(_options.Endpoint, lost.Message);
        }

        _closed.TrySetResult(lost);
    }

    private readonly ref struct Outgoing(string topic, ReadOnlySpan<byte> payload, QualityOfService qos, bool retain, ushort packetId, ProtocolVersion version)
    {
        public readonly string Topic = topic;
        public readonly ReadOnlySpan<byte> Payload = payload;
        public readonly QualityOfService Qos = qos;
        public readonly bool Retain = retain;
        public readonly ushort PacketId = packetId;
        public readonly ProtocolVersion Version = version;

        public Properties? Properties { get; init; }
    }

    private readonly ref struct OutgoingTo(PublishTopic topic, ReadOnlySpan<byte> payload, bool retain, ProtocolVersion version)
    {
        public readonly PublishTopic Topic = topic;
        public readonly ReadOnlySpan<byte> Payload = payload;
        public readonly bool Retain = retain;
        public readonly ProtocolVersion Version = version;
    }

    [LoggerMessage(2500, LogLevel.Warning, "Connection to the broker at {Endpoint} lost: {Reason}")]
    private partial void LogLost(string endpoint, string reason);
}
