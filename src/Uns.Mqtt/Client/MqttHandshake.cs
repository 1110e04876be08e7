using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Client;

/// <summary>The beginning of a connection: TCP, TLS if wanted, CONNECT, CONNACK.</summary>
internal static class MqttHandshake
{
    public static async Task<(Stream Stream, PacketSource Source, ConnAckPacket Accepted)> RunAsync(
        MqttClientOptions options, Func<CancellationToken, ValueTask<Will?>>? will, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(options.ConnectTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        Stream? stream = null;
        try
        {
            stream = await OpenAsync(options, either.Token);
            var connect = Connect(options, will is null ? null : await will(either.Token));
            var bytes = new ArrayBufferWriter<byte>(256);
            connect.Write(bytes);
            await stream.WriteAsync(bytes.WrittenMemory, either.Token);
            await stream.FlushAsync(either.Token);
            var source = new PacketSource(stream, options.MaximumPacketBytes);
            var accepted = Accepted(options, await source.NextAsync(either.Token));
            var whole = (stream, source, accepted);
            stream = null;
            return whole;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new MqttConnectException($"The broker at {options.Endpoint} did not answer within {options.ConnectTimeout.TotalSeconds:0.###} s.");
        }
        catch (Exception fault) when (fault is SocketException or IOException or AuthenticationException or MqttConnectionLostException or ArgumentException)
        {
            throw new MqttConnectException($"The broker at {options.Endpoint} cannot be reached: {fault.Message}", inner: fault);
        }
        finally
        {
            if (stream is not null)
            {
                await stream.DisposeAsync();
            }
        }
    }

    private static async Task<Stream> OpenAsync(MqttClientOptions options, CancellationToken cancellationToken)
    {
        if (options.Connect is { } connect)
        {
            return await connect(cancellationToken);
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(options.Host, options.Port, cancellationToken);
            var plain = new NetworkStream(socket, ownsSocket: true);
            if (options.Tls is null)
            {
                return plain;
            }

            var secure = new SslStream(plain);
            await secure.AuthenticateAsClientAsync(options.Tls, cancellationToken);
            return secure;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static ConnectPacket Connect(MqttClientOptions options, Will? will) => new()
    {
        Version = options.Version,
        ClientId = options.ClientId,
        CleanStart = true, // With no session expiry interval the session ends with the connection.
        KeepAliveSeconds = (ushort)Math.Clamp(Math.Ceiling(options.KeepAlive.TotalSeconds), 1, ushort.MaxValue),
        Will = will,
        UserName = options.UserName,
        Password = options.Password is null ? null : Encoding.UTF8.GetBytes(options.Password),
        Properties = options.Version == ProtocolVersion.V5 ? new() { MaximumPacketSize = (uint)options.MaximumPacketBytes } : Properties.None,
    };

    private static ConnAckPacket Accepted(MqttClientOptions options, (FixedHeader Header, ReadOnlyMemory<byte> Body) first)
    {
        DecodeFault fault = default;
        if (first.Header.Type != PacketType.ConnAck || !ConnAckPacket.TryRead(first.Body.Span, options.Version, out var answer, out fault))
        {
            throw new MqttConnectException($"What answers at {options.Endpoint} is no MQTT broker: {first.Header.Type} came instead of CONNACK. {fault.What}");
        }

        if (answer.Reason != ReasonCode.Success)
        {
            var detail = string.IsNullOrEmpty(answer.Properties.ReasonString) ? "" : $" ({answer.Properties.ReasonString})";
            throw new MqttConnectException($"The broker at {options.Endpoint} refused the client '{options.ClientId}': {answer.Reason}{detail}.", answer.Reason);
        }

        return answer;
    }
}
