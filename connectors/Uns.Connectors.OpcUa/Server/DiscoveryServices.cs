using Uns.Connectors.OpcUa.Security;
using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa.Server;

/// <summary>Tells who the server is and by which endpoints it is entered.</summary>
/// <remarks>OPC 10000-4, 5.4.2 (FindServers) and 5.4.4 (GetEndpoints).</remarks>
internal sealed class DiscoveryServices(OpcUaServerOptions options, CertificateStore? certificates, Func<string> ownUrl)
{
    public const string AnonymousToken = "anonymous";
    public const string NameToken = "name";

    private const string BinaryTransport = "http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary";
    private static readonly UaPolicy[] Policies = [UaPolicy.Basic256Sha256, UaPolicy.Aes128Sha256RsaOaep, UaPolicy.Aes256Sha256RsaPss];

    /// <summary>The policy by which passwords are encrypted on a channel of this policy.</summary>
    public static UaPolicy PasswordPolicy(UaPolicy? channel) => channel ?? UaPolicy.Basic256Sha256;

    /// <summary>True when sessions are given on channels so protected.</summary>
    public bool Offers(UaPolicy? policy) => policy is null ? options.AllowUnprotected : certificates is not null;

    public UaWriter FindServers(ref UaReader reader, UaWriter answer, ServerConnection connection)
    {
        var url = Url(connection, reader.String());
        reader.Strings(); // Locales.
        var wanted = reader.Strings();
        if (wanted.Length > 0 && !wanted.Contains(options.ApplicationUri))
        {
            return answer.Int32(0);
        }

        return Application(answer.Int32(1), url);
    }

    public UaWriter GetEndpoints(ref UaReader reader, UaWriter answer, ServerConnection connection) => Endpoints(answer, Url(connection, reader.String()));

    /// <summary>The list of endpoints, the best protected first.</summary>
    public UaWriter Endpoints(UaWriter answer, string url)
    {
        var offered = new List<(UaPolicy? Policy, UaMode Mode)>();
        if (Offers(UaPolicy.Basic256Sha256))
        {
            offered.AddRange(Policies.Reverse().SelectMany(p => new (UaPolicy?, UaMode)[] { (p, UaMode.SignAndEncrypt), (p, UaMode.Sign) }));
        }

        if (Offers(null))
        {
            offered.Add((null, UaMode.None));
        }

        answer.Int32(offered.Count);
        foreach (var (policy, mode) in offered)
        {
            Application(answer.String(url), url);
            answer.ByteString(certificates?.Own().RawData).UInt32((uint)mode).String(policy?.Uri ?? UaSecurity.PolicyNone);
            Tokens(answer, policy);
            answer.String(BinaryTransport).Byte((byte)(mode == UaMode.None ? 0 : (10 * Array.IndexOf(Policies, policy)) + (int)mode));
        }

        return answer;
    }

    /// <summary>The server's address as the client knows it: behind a container's or router's port its own would lead nowhere.</summary>
    public string Url(ServerConnection connection, string? asked) =>
        Uri.TryCreate(asked is { Length: > 0 and <= 4096 } ? asked : connection.CalledUrl, UriKind.Absolute, out var called) && called.Scheme == "opc.tcp" && called.Host.Length > 0
            ? $"opc.tcp://{called.Authority}"
            : ownUrl();

    private void Tokens(UaWriter answer, UaPolicy? channel)
    {
        var (anonymous, names) = (options.Anonymous != OpcUaRight.None, options.Users.Count > 0 && certificates is not null);
        answer.Int32((anonymous ? 1 : 0) + (names ? 1 : 0));
        if (anonymous)
        {
            answer.String(AnonymousToken).UInt32((uint)UserKind.Anonymous).String(null).String(null).String(null);
        }

        if (names)
        {
            answer.String(NameToken).UInt32((uint)UserKind.Name).String(null).String(null).String(PasswordPolicy(channel).Uri);
        }
    }

    private UaWriter Application(UaWriter answer, string url) => answer.String(options.ApplicationUri).String("urn:uns").LocalizedText(options.ApplicationName).UInt32(0)
        .String(null).String(null).Int32(1).String(url);
}
