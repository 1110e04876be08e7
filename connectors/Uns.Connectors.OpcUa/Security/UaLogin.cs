using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa.Security;

/// <summary>Who we are to a server: nobody, a name with a password, or a certificate with its key.</summary>
internal sealed record UaUser(string? Name, string? Password, X509Certificate2? Certificate)
{
    public static UaUser Anonymous { get; } = new(null, null, null);

    public UserKind Kind => Certificate is not null ? UserKind.Certificate : Name is not null ? UserKind.Name : UserKind.Anonymous;

    public string Words => Kind switch
    {
        UserKind.Name => "users with name and password",
        UserKind.Certificate => "users with a certificate",
        _ => "anonymous users",
    };
}

/// <summary>What it takes to go on with a session over another channel, when the one before broke.</summary>
/// <param name="Token">The session's authentication token.</param>
/// <param name="ServerNonce">What the server gave last, to be signed with the next word.</param>
/// <param name="ServerCertificate">The server's certificate; empty for none.</param>
/// <param name="Endpoints">What the server offered when the session was made.</param>
/// <remarks>OPC 10000-4, 5.6.3.1 and 6.7.</remarks>
internal sealed record UaTicket(NodeId Token, byte[] ServerNonce, byte[] ServerCertificate, List<EndpointChoice> Endpoints)
{
    /// <summary>How often it may be shown: a server that answers it with silence is given a new session then.</summary>
    public const int MostTries = 3;

    /// <summary>How often it was shown.</summary>
    public int Tries { get; set; }
}

/// <summary>Makes a session and says who we are; proves to each other who holds which certificate.</summary>
/// <remarks>OPC 10000-4, 5.6.2 (CreateSession), 5.6.3 (ActivateSession), 7.36 to 7.41 (user tokens).</remarks>
internal sealed class UaLogin(UaChannel channel, string endpointUrl, TimeSpan answerTimeout)
{
    private byte[] _serverNonce = [];
    private byte[] _serverCertificate = [];
    private List<EndpointChoice> _endpoints = [];

    /// <summary>Makes the session; answers its authentication token.</summary>
    public async Task<NodeId> CreateAsync(TimeSpan sessionTimeout, CancellationToken cancellationToken)
    {
        var security = channel.Security;
        var nonce = RandomNumberGenerator.GetBytes(UaPolicy.NonceBytes);
        var client = new UaWriter().String(CertificateStore.ApplicationUri).String(CertificateStore.ApplicationUri).LocalizedText("Unified Namespace hub").UInt32(1).String(null).String(null).Int32(0);
        var fields = new UaWriter().Raw(client.Written.Span).String(null).String(endpointUrl).String("uns-hub")
            .ByteString(nonce).ByteString(security.Own?.RawData).Double(sessionTimeout.TotalMilliseconds).UInt32(16 * 1024 * 1024);
        return ReadCreated(await channel.CallAsync(461, 464, null, fields, answerTimeout, cancellationToken), nonce);
    }

    /// <summary>Says who we are, on this channel.</summary>
    /// <returns>With what the session can be taken up over another channel.</returns>
    public async Task<UaTicket> ActivateAsync(NodeId token, UaUser user, CancellationToken cancellationToken)
    {
        var security = channel.Security;
        var choice = Choose(user);
        byte[] seen = [.. security.Peer?.RawData ?? _serverCertificate, .. _serverNonce]; // Of a chain the first alone is signed.
        var ours = security.SignFor(seen);
        var (identity, proof) = Identify(user, choice, seen);
        var fields = new UaWriter().String(ours?.Algorithm).ByteString(ours?.Signature).Int32(0).Int32(0)
            .Raw(identity.Written.Span).String(proof?.Algorithm).ByteString(proof?.Signature);
        var answer = await channel.CallAsync(467, 470, token, fields, answerTimeout, cancellationToken);
        return new(token, new UaReader(answer.Span).ByteString() ?? [], _serverCertificate, _endpoints);
    }

    /// <summary>Takes a session up whose channel broke: its subscriptions are still its own, and what they kept.</summary>
    /// <returns>The next ticket; null when the server does not know the session any more, or does not let us.</returns>
    public async Task<UaTicket?> TakeUpAsync(UaTicket ticket, UaUser user, CancellationToken cancellationToken)
    {
        ticket.Tries++;
        (_serverNonce, _serverCertificate, _endpoints) = (ticket.ServerNonce, ticket.ServerCertificate, ticket.Endpoints);
        try
        {
            return await ActivateAsync(ticket.Token, user, cancellationToken);
        }
        catch (UaServiceException)
        {
            return null;
        }
    }

    private NodeId ReadCreated(ReadOnlyMemory<byte> answer, byte[] nonce)
    {
        var security = channel.Security;
        var reader = new UaReader(answer.Span);
        reader.NodeId(); // Session id.
        var token = reader.NodeId();
        reader.Double();
        _serverNonce = reader.ByteString() ?? [];
        _serverCertificate = reader.ByteString() ?? [];
        _endpoints = [];
        for (var count = reader.Count(20); count > 0; count--)
        {
            _endpoints.Add(EndpointChoice.Read(ref reader));
        }

        if (security.Policy is null)
        {
            return token;
        }

        for (var count = reader.Count(8); count > 0; count--)
        {
            reader.ByteString(); // Software certificates, which nobody gives any more.
            reader.ByteString();
        }

        reader.String(); // The algorithm is the policy's.
        var signature = reader.ByteString() ?? [];
        byte[] signed = [.. security.Own!.RawData, .. nonce];
        // What was found without protection is compared with what the session says: nobody in between made it weaker.
        if (!_serverCertificate.AsSpan().StartsWith(security.Peer!.RawData) || !security.IsSignedByPeer(signed, signature)
            || !_endpoints.Exists(e => e.PolicyUri == security.Policy.Uri && e.Mode == security.Mode))
        {
            throw new ConnectorException($"{channel.Peer} did not prove that it holds the certificate it shows, or its list of endpoints changed: somebody may stand in between.");
        }

        return token;
    }

    private UserTokenChoice Choose(UaUser user)
    {
        var uri = channel.Security.Policy?.Uri ?? "http://opcfoundation.org/UA/SecurityPolicy#None";
        var tokens = _endpoints.Where(e => e.Mode == channel.Security.Mode && e.PolicyUri == uri).SelectMany(e => e.Tokens).Where(t => t.Kind == user.Kind).ToList();
        // A password is best sent by a policy that is known here.
        return tokens.Find(t => UaPolicy.Of(t.PolicyUri) is not null) ?? tokens.FirstOrDefault() ?? throw new ConnectorException(
            $"{channel.Peer} offers no endpoint of mode {channel.Security.Mode} and policy {(channel.Security.Policy is { } spoken ? spoken.Name : "None")} for {user.Words}: allow it on the server, or choose another.");
    }

    private (UaWriter Identity, (string Algorithm, byte[] Signature)? Proof) Identify(UaUser user, UserTokenChoice choice, byte[] seen)
    {
        var policy = string.IsNullOrEmpty(choice.PolicyUri) ? channel.Security.Policy : UaPolicy.Of(choice.PolicyUri);
        switch (user.Kind)
        {
            case UserKind.Name:
                var (password, algorithm) = Encrypt(user.Password ?? "", policy);
                return (new UaWriter().ExtensionObject(324, new UaWriter().String(choice.Id).String(user.Name).ByteString(password).String(algorithm)), null);
            case UserKind.Certificate:
                var certificate = user.Certificate!;
                var signing = policy ?? throw new ConnectorException($"{channel.Peer} takes user certificates by no policy that is known here.");
                using (var key = certificate.GetRSAPrivateKey() ?? throw new ConnectorException("The user's certificate has no RSA key."))
                {
                    return (
                        new UaWriter().ExtensionObject(327, new UaWriter().String(choice.Id).ByteString(certificate.RawData)),
                        (signing.SignatureUri, signing.Sign(key, seen)));
                }

            default:
                return (new UaWriter().ExtensionObject(321, new UaWriter().String(choice.Id)), null);
        }
    }

    // Length, password and the server's nonce, encrypted for the server. [OPC 10000-4, 7.41.2.2]
    private (byte[] Password, string? Algorithm) Encrypt(string password, UaPolicy? policy)
    {
        var bytes = Encoding.UTF8.GetBytes(password);
        if (policy is null)
        {
            return channel.Security.Mode == UaMode.SignAndEncrypt
                ? (bytes, null)
                : throw new ConnectorException($"{channel.Peer} would take the password in the open: choose SignAndEncrypt, or let the server give a policy for passwords.");
        }

        using var certificate = X509CertificateLoader.LoadCertificate(UaCertificates.Leaf(_serverCertificate));
        using var key = certificate.GetRSAPublicKey() ?? throw new ConnectorException($"{channel.Peer} has no RSA key to encrypt the password for.");
        var length = BitConverter.GetBytes(bytes.Length + _serverNonce.Length);
        return (policy.Encrypt(key, (byte[])[.. length, .. bytes, .. _serverNonce]), policy.EncryptionUri);
    }
}
