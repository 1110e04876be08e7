using System.Net.Sockets;
using System.Threading.Channels;
using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Client;

/// <content>The three loops of a connection: what comes in, what goes out, and the watch over both.</content>
public sealed partial class MqttClient
{
    private async Task ReadAsync()
    {
        try
        {
            while (true)
            {
                var (header, body) = await _source.NextAsync(_ending.Token);
                Volatile.Write(ref _lastHeard, _clock.GetTimestamp());
                if (header.Type == PacketType.Publish)
                {
                    await TakeMessageAsync(header, body);
                }
                else
                {
                    TakeAnswer(header, body.Span);
                }
            }
        }
        catch (Exception fault) when (fault is MqttException or IOException or OperationCanceledException or ObjectDisposedException or ChannelClosedException)
        {
            End(fault, planned: false);
        }
    }

    private async Task SendAsync()
    {
        try
        {
            await _sending.RunAsync(_stream, () => Volatile.Write(ref _lastSent, _clock.GetTimestamp()), _ending.Token);

            // Our side is shut and the broker closes the other: closing at once, with messages unread, would reset
            // the connection and could take the goodbye with it.
            _shut();
        }
        catch (Exception fault) when (fault is SocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            End(fault, planned: false);
        }
    }

    private async Task KeepAliveAsync()
    {
        if (_keepAlive <= TimeSpan.Zero)
        {
            return; // The broker asked for none.
        }

        using var watch = new PeriodicTimer(_keepAlive / 4, _clock);
        try
        {
            while (await watch.WaitForNextTickAsync(_ending.Token))
            {
                if (_holdsBack)
                {
                    // We do not read, so silence says nothing about the peer; our own signs of life go on.
                    Volatile.Write(ref _lastHeard, _clock.GetTimestamp());
                }

                var silent = _clock.GetElapsedTime(Volatile.Read(ref _lastHeard));
                if (silent >= _keepAlive * 1.5)
                {
                    End(new MqttConnectionLostException($"Nothing was heard from {_options.Endpoint} for {silent.TotalSeconds:0} s."), planned: false);
                }
                else if (silent >= _keepAlive / 2 || _clock.GetElapsedTime(Volatile.Read(ref _lastSent)) >= _keepAlive / 2)
                {
                    Send(static (output, _) => PingPacket.WriteRequest(output)); // [MQTT-3.1.2-20]
                }
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or MqttConnectionLostException or ObjectDisposedException)
        {
            // The connection ended elsewhere, with its own reason.
        }
    }

    private async ValueTask TakeMessageAsync(FixedHeader header, ReadOnlyMemory<byte> body)
    {
        if (!PublishPacket.TryRead(header, body.Span, _options.Version, out var packet, out var fault))
        {
            throw new MqttConnectionLostException($"The broker sent a message that cannot be read. {fault.What}");
        }

        var (id, qos) = (packet.PacketId, packet.Qos);
        var isRepeat = qos == QualityOfService.ExactlyOnce && !_received.Add(id); // [MQTT-4.3.3-10]
        if (!isRepeat)
        {
            var message = new MqttMessage(packet.ReadTopic(), packet.Payload.ToArray(), qos, packet.Retain);
            if (!_messages.Writer.TryWrite(message))
            {
                _holdsBack = true;
                await _messages.Writer.WriteAsync(message, _ending.Token);
                _holdsBack = false;
                Volatile.Write(ref _lastHeard, _clock.GetTimestamp());
            }
        }

        // Acknowledged only once it is handed over.
        if (qos == QualityOfService.AtLeastOnce)
        {
            Send(new PublishAckPacket(PacketType.PubAck, id).Write); // [MQTT-4.3.2-4]
        }
        else if (qos == QualityOfService.ExactlyOnce)
        {
            Send(new PublishAckPacket(PacketType.PubRec, id).Write); // [MQTT-4.3.3-8]
        }
    }

    private void TakeAnswer(FixedHeader header, ReadOnlySpan<byte> body)
    {
        DecodeFault fault = default;
        switch (header.Type)
        {
            case PacketType.PingResp:
                return;
            case PacketType.PubAck or PacketType.PubRec or PacketType.PubRel or PacketType.PubComp
                when PublishAckPacket.TryRead(header.Type, body, _options.Version, out var ack, out fault):
                TakeAcknowledgement(ack);
                return;
            case PacketType.SubAck or PacketType.UnsubAck
                when SubscriptionAckPacket.TryRead(header.Type, body, _options.Version, out var answer, out fault):
                _answers.Close(answer.PacketId, header.Type, answer.Reasons);
                return;
            case PacketType.Disconnect when DisconnectPacket.TryRead(body, _options.Version, out var goodbye, out fault):
                throw new MqttConnectionLostException($"The broker at {_options.Endpoint} closed the connection: {goodbye.Reason}{Detail(goodbye.Properties.ReasonString)}.");
            default:
                throw new MqttConnectionLostException($"The broker sent {header.Type}, which cannot be read here. {fault.What}");
        }
    }

    private void TakeAcknowledgement(PublishAckPacket ack)
    {
        switch (ack.Type)
        {
            case PacketType.PubRec when ack.Reason >= ReasonCode.UnspecifiedError:
                _answers.Close(ack.PacketId, PacketType.PubComp, [ack.Reason]);
                break;
            case PacketType.PubRec:
                var known = _answers.Waits(ack.PacketId, PacketType.PubComp) ? ReasonCode.Success : ReasonCode.PacketIdentifierNotFound;
                Send(new PublishAckPacket(PacketType.PubRel, ack.PacketId, known).Write); // [MQTT-4.3.3-4]
                break;
            case PacketType.PubRel:
                var released = _received.Remove(ack.PacketId) ? ReasonCode.Success : ReasonCode.PacketIdentifierNotFound;
                Send(new PublishAckPacket(PacketType.PubComp, ack.PacketId, released).Write); // [MQTT-4.3.3-11]
                break;
            default:
                _answers.Close(ack.PacketId, ack.Type, [ack.Reason]);
                break;
        }
    }

    private static string Detail(string? reason) => string.IsNullOrEmpty(reason) ? "" : $" ({reason})";
}
