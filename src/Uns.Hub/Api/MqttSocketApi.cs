using System.Net;
using Uns.Hub.Access;
using Uns.Mqtt.Broker;
using Uns.Mqtt.Broker.Access;

namespace Uns.Hub.Api;

/// <summary>MQTT over WebSocket on the page's port.</summary>
internal static class MqttSocketApi
{
    public static void Map(IEndpointRouteBuilder routes) => routes.Map("/mqtt", ServeAsync).AllowAnonymous().ExcludeFromDescription();

    private static async Task<IResult> ServeAsync(HttpContext context, MqttBroker broker)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            return Results.Problem("This address speaks MQTT over WebSocket: connect with the sub-protocol mqtt.", statusCode: StatusCodes.Status400BadRequest);
        }

        if (!context.WebSockets.WebSocketRequestedProtocols.Contains("mqtt", StringComparer.Ordinal))
        {
            return Results.Problem("The WebSocket names no sub-protocol mqtt.", statusCode: StatusCodes.Status400BadRequest); // [MQTT-6.0.0-3]
        }

        // A browser names the page's origin: only the hub's own pages may use a browser's way in.
        if (AccessWeb.IsOfAnotherPage(context.Request))
        {
            return Results.Problem("A page of another site may not connect to this broker.", statusCode: StatusCodes.Status403Forbidden);
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { SubProtocol = "mqtt" }); // [MQTT-6.0.0-4]
        var remote = context.Connection.RemoteIpAddress is { } address ? new IPEndPoint(address, context.Connection.RemotePort) : null;
        var listener = context.Request.IsHttps ? ClientListener.SecureWebSocket : ClientListener.WebSocket;
        await broker.ServeAsync(socket, new ClientOrigin(listener, remote, context.Connection.ClientCertificate), context.RequestAborted);
        return Results.Empty;
    }
}
