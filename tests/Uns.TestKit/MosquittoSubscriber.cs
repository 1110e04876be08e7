namespace Uns.TestKit;

/// <summary>Debian's <c>mosquitto_sub</c> on the hub's broker.</summary>
public static class MosquittoSubscriber
{
    /// <summary>Prints each message as one line: topic, blank, payload.</summary>
    public static PeerProcess Text(int port, string filter, params string[] more) =>
        PeerProcess.Start("mosquitto_sub", ["-h", "127.0.0.1", "-p", port.ToString(), "-t", filter, "-F", "%t %p", .. more]);

    /// <summary>Prints each Sparkplug message as one line of JSON, decoded by the npm package sparkplug-payload.</summary>
    public static PeerProcess Sparkplug(int port, string filter) =>
        PeerProcess.Start("sh", "-c", $"mosquitto_sub -h 127.0.0.1 -p {port} -t '{filter}' -F '%t %x' | node decode_sparkplug.js");
}
