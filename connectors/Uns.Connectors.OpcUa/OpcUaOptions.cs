using System.Globalization;

namespace Uns.Connectors.OpcUa;

/// <summary>One OPC UA server, as the user writes it in a device's settings.</summary>
public sealed record OpcUaOptions
{
    /// <summary>The server's address, e.g. <c>opc.tcp://10.0.0.7:4840</c>; a path may follow the port.</summary>
    [Setting("Endpoint", "Address of the server, such as opc.tcp://10.0.0.7:4840; port 4840 unless named.")]
    public string Endpoint { get; init; } = "";

    /// <summary>Longest wait for one answer, above zero and at most one minute.</summary>
    /// <value>Five seconds unless set.</value>
    [Setting("Answer timeout", "Longest wait for one answer, above zero and at most 1 min.")]
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often the server must give a sign of life when nothing changes, 1 s to 1 min. Three times as long without one ends the connection.</summary>
    /// <value>Five seconds unless set.</value>
    [Setting("Keep alive", "How often the server gives a sign of life when nothing changes, 1 s to 1 min; silence of three times that ends the connection.")]
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Most nodes in one request, 1 to 10,000. Small controllers take 100.</summary>
    /// <value>100 unless set.</value>
    [Setting("Nodes per request", "Most nodes in one request, 1 to 10000; small controllers take 100.")]
    public int NodesPerRequest { get; init; } = 100;

    /// <summary>Finds every fault at once, so that the user mends the device in one go.</summary>
    public IEnumerable<SettingFault> Check()
    {
        if (Server() is null)
        {
            yield return new(nameof(Endpoint), $"is '{Endpoint}': give an address such as opc.tcp://10.0.0.7:4840.");
        }

        if (AnswerTimeout <= TimeSpan.Zero || AnswerTimeout > TimeSpan.FromMinutes(1))
        {
            yield return new(nameof(AnswerTimeout), $"is {AnswerTimeout:c}: give more than zero and at most one minute.");
        }

        if (KeepAlive < TimeSpan.FromSeconds(1) || KeepAlive > TimeSpan.FromMinutes(1))
        {
            yield return new(nameof(KeepAlive), $"is {KeepAlive:c}: give one second to one minute.");
        }

        if (NodesPerRequest is < 1 or > 10_000)
        {
            yield return new(nameof(NodesPerRequest), $"is {NodesPerRequest.ToString(CultureInfo.InvariantCulture)}: give 1 to 10000.");
        }
    }

    /// <summary>Host and port of the endpoint; null when it is no opc.tcp address.</summary>
    internal DeviceEndPoint? Server() =>
        Uri.TryCreate(Endpoint, UriKind.Absolute, out var uri) && uri.Scheme == "opc.tcp" && uri.Host.Length > 0
            ? new DeviceEndPoint(uri.Host.Trim('[', ']'), uri.Port > 0 ? uri.Port : 4840)
            : null;
}
