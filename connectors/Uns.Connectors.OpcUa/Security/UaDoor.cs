using System.Security.Cryptography.X509Certificates;
using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa.Security;

/// <summary>Looks at a server's endpoints without a session, and decides how to enter by the device's settings.</summary>
/// <remarks>OPC 10000-4, 5.4.4 (GetEndpoints).</remarks>
internal sealed class UaDoor(OpcUaOptions options, CertificateStore certificates, DeviceTraffic traffic, TimeProvider clock)
{
    /// <summary>The protection to open the channel with.</summary>
    /// <exception cref="ConnectorException">The server does not offer what is wanted, or its certificate is not trusted.</exception>
    /// <param name="own">Our certificate; without meaning for policy None.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    public async Task<UaSecurity> ChooseAsync(X509Certificate2? own, CancellationToken cancellationToken)
    {
        if (options.Policy() is not { } policy)
        {
            return UaSecurity.None();
        }

        var endpoints = await EndpointsAsync(cancellationToken);
        var mode = options.SecurityMode == OpcUaSecurityMode.Sign ? UaMode.Sign : UaMode.SignAndEncrypt;
        var choice = endpoints.FirstOrDefault(e => e.PolicyUri == policy.Uri && e.Mode == mode) ?? throw new ConnectorException(
            $"{options.Endpoint} offers no endpoint of mode {mode} and policy {policy.Name}; it offers {Offered(endpoints)}.");
        var certificate = choice.Leaf() ?? throw new ConnectorException($"{options.Endpoint} shows no certificate that can be read.");
        if (certificates.Check(certificate, choice.Authorities()) is { } fault)
        {
            certificate.Dispose();
            throw new ConnectorException($"{options.Endpoint} is not entered: {fault}") { RetryNotBefore = TimeSpan.FromSeconds(30) };
        }

        return UaSecurity.Of(policy, mode, own ?? certificates.Own(), certificate);
    }

    private async Task<List<EndpointChoice>> EndpointsAsync(CancellationToken cancellationToken)
    {
        await using var channel = new UaChannel(options.Server()!, options.Endpoint, UaSecurity.None(), options.AnswerTimeout, clock, traffic);
        await channel.OpenAsync(cancellationToken);
        var fields = new UaWriter().String(options.Endpoint).Int32(0).Int32(0);
        return EndpointChoice.ReadAll((await channel.CallAsync(428, 431, null, fields, options.AnswerTimeout, cancellationToken)).Span);
    }

    private static string Offered(IEnumerable<EndpointChoice> endpoints) =>
        string.Join(", ", endpoints.Select(e => $"{e.Mode} with {e.PolicyUri[(e.PolicyUri.LastIndexOf('#') + 1)..]}").Distinct());
}
