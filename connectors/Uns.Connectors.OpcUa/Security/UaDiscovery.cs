using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa.Security;

/// <summary>Asks the servers at an address, or the discovery server there, which ways lead in. Nothing is entered.</summary>
/// <remarks>OPC 10000-4, 5.4.2 (FindServers) and 5.4.4 (GetEndpoints).</remarks>
internal static class UaDiscovery
{
    private const int MostServers = 20;
    private const uint DiscoveryServer = 3;

    public static async Task<IReadOnlyList<DiscoveredWay>> FindAsync(string address, CertificateStore certificates, TimeProvider clock, CancellationToken cancellationToken)
    {
        var written = address.Contains("://", StringComparison.Ordinal) ? address : $"opc.tcp://{address}";
        var options = new OpcUaOptions { Endpoint = written };
        if (options.Server() is null)
        {
            throw new ConnectorException($"'{address}' is no address: give one such as opc.tcp://10.0.0.7:4840.");
        }

        // A discovery server knows others; a plain server names itself.
        var urls = new List<string> { written };
        foreach (var (kind, found) in await ServersAsync(options, clock, cancellationToken))
        {
            if (kind != DiscoveryServer && found.FirstOrDefault(u => u.StartsWith("opc.tcp://", StringComparison.Ordinal)) is { } url && !urls.Contains(url, StringComparer.OrdinalIgnoreCase) && urls.Count < MostServers)
            {
                urls.Add(url);
            }
        }

        var ways = new List<DiscoveredWay>();
        foreach (var url in urls)
        {
            try
            {
                var endpoints = await EndpointsAsync(options with { Endpoint = url }, clock, cancellationToken);
                ways.AddRange(endpoints.OrderByDescending(Strength).ThenByDescending(e => e.Mode).Select(e => WayOf(e, written, certificates)));
            }
            catch (ConnectorException) when (url != written)
            {
                // One that the other names but that cannot be reached from here.
            }
        }

        return [.. ways.DistinctBy(w => (w.Server, w.Title, w.Settings?.ToJsonString()))];
    }

    // What is not spoken here comes last.
    private static int Strength(EndpointChoice endpoint) =>
        endpoint.PolicyUri == UaSecurity.PolicyNone ? 0 : Array.FindIndex([UaPolicy.Basic256Sha256, UaPolicy.Aes128Sha256RsaOaep, UaPolicy.Aes256Sha256RsaPss], p => p.Uri == endpoint.PolicyUri) is var at and >= 0 ? at + 1 : -1;

    private static string PolicyOf(EndpointChoice endpoint) => endpoint.PolicyUri[(endpoint.PolicyUri.LastIndexOf('#') + 1)..];

    private static DiscoveredWay WayOf(EndpointChoice endpoint, string written, CertificateStore certificates)
    {
        var policy = PolicyOf(endpoint);
        var address = Reachable(endpoint.Url, written);
        string[] users = [.. endpoint.Tokens.Select(t => t.Kind).Distinct().Order().Select(k => k switch { UserKind.Name => "name and password", UserKind.Certificate => "certificate", UserKind.Issued => "issued token", _ => "anonymous" })];
        var isSpoken = Strength(endpoint) >= 0;
        var settings = new JsonObject
        {
            ["Endpoint"] = address,
            ["SecurityPolicy"] = policy.Replace("_", "", StringComparison.Ordinal),
            ["SecurityMode"] = endpoint.Mode == UaMode.Sign ? "Sign" : "SignAndEncrypt",
        };
        using var certificate = endpoint.Leaf();
        var (distrust, isUnknown) = certificate is null ? (null, false) : Judge(endpoint, certificate, certificates);
        return new(
            endpoint.Server, $"{policy}{(endpoint.Mode == UaMode.None ? "" : $", {endpoint.Mode}")}; {string.Join(", ", users)}{(isSpoken ? "" : "; not spoken here, it is out of date")}", isSpoken ? settings : null,
            certificate is null ? null : CertificateStore.ThumbprintOf(certificate.RawData))
        {
            Address = address,
            Policy = policy,
            Mode = endpoint.Mode.ToString(),
            Users = users,
            IsTrusted = certificate is null ? null : distrust is null,
            Distrust = distrust,
            Acceptable = isUnknown ? certificate!.RawData : null,
        };
    }

    private static (string? Distrust, bool IsUnknown) Judge(EndpointChoice endpoint, X509Certificate2 certificate, CertificateStore certificates)
    {
        try
        {
            return (certificates.Judge(certificate, endpoint.Authorities(), out var isUnknown), isUnknown);
        }
        catch (CryptographicException)
        {
            return ("what it sends behind its certificate cannot be read: renew the chain there.", false);
        }
    }

    // A server often calls itself by a name that nobody else knows: host and port by which it was found lead back to it.
    private static string Reachable(string told, string written) =>
        Uri.TryCreate(told, UriKind.Absolute, out var theirs) && Uri.TryCreate(written, UriKind.Absolute, out var ours) && theirs.Port == ours.Port
            ? $"opc.tcp://{ours.Authority}{theirs.AbsolutePath.TrimEnd('/')}" : told;

    private static async Task<List<(uint Kind, string[] Urls)>> ServersAsync(OpcUaOptions options, TimeProvider clock, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await AskAsync(options, 422, 425, clock, cancellationToken);
            var reader = new UaReader(answer.Span);
            var found = new List<(uint, string[])>();
            for (var count = reader.Count(20); count > 0; count--)
            {
                reader.String(); // Application.
                reader.String(); // Product.
                reader.LocalizedText();
                var kind = reader.UInt32();
                reader.String(); // Gateway.
                reader.String(); // Discovery profile.
                found.Add((kind, [.. reader.Strings().OfType<string>()]));
            }

            return found;
        }
        catch (UaServiceException)
        {
            return []; // Small servers know themselves alone.
        }
        catch (UaFormatException malformed)
        {
            throw new ConnectorException($"{options.Endpoint} sent a malformed answer: {malformed.Message}.", malformed);
        }
    }

    private static async Task<List<EndpointChoice>> EndpointsAsync(OpcUaOptions options, TimeProvider clock, CancellationToken cancellationToken)
    {
        try
        {
            return EndpointChoice.ReadAll((await AskAsync(options, 428, 431, clock, cancellationToken)).Span);
        }
        catch (UaServiceException refused)
        {
            throw new ConnectorException($"{options.Endpoint} tells no endpoints: {refused.Message}.", refused);
        }
        catch (UaFormatException malformed)
        {
            throw new ConnectorException($"{options.Endpoint} sent a malformed answer: {malformed.Message}.", malformed);
        }
    }

    private static async Task<ReadOnlyMemory<byte>> AskAsync(OpcUaOptions options, uint request, uint answer, TimeProvider clock, CancellationToken cancellationToken)
    {
        await using var channel = new UaChannel(options.Server()!, options.Endpoint, UaSecurity.None(), options.AnswerTimeout, clock);
        await channel.OpenAsync(cancellationToken);
        return await channel.CallAsync(request, answer, null, new UaWriter().String(options.Endpoint).Int32(0).Int32(0), options.AnswerTimeout, cancellationToken);
    }
}
