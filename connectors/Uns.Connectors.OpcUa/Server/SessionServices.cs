using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Logging;
using Uns.Connectors.OpcUa.Security;
using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa.Server;

/// <summary>Makes sessions and finds out who the client and its user are.</summary>
/// <remarks>OPC 10000-4, 5.6.2 (CreateSession), 5.6.3 (ActivateSession), 5.6.4 (CloseSession).</remarks>
internal sealed partial class SessionServices(
    OpcUaServerOptions options, SessionTable sessions, DiscoveryServices discovery, CertificateStore? certificates, TimeProvider clock, ILogger logger) : IDisposable
{
    private const int MostPasswordBytes = 1024;
    private static readonly TimeSpan PenaltyOfWrongPassword = TimeSpan.FromSeconds(1);
    private static readonly string Nobody = PasswordHash.Make("");

    private readonly SemaphoreSlim _oneAtATime = new(1, 1);

    public UaWriter Create(ref UaReader reader, UaWriter answer, ServerConnection connection)
    {
        var security = connection.Security!;
        if (!discovery.Offers(security.Policy))
        {
            throw new UaServiceException(StatusCode.BadSecurityPolicyRejected);
        }

        var clientUri = reader.String() ?? "";
        reader.String(); // Product.
        reader.LocalizedText();
        reader.UInt32();
        reader.String();
        reader.String();
        reader.Strings();
        reader.String(); // Server URI.
        var url = discovery.Url(connection, reader.String());
        reader.String(); // The session's name.
        var nonce = reader.ByteString() ?? [];
        var certificate = reader.ByteString();
        var timeout = reader.Double();
        Check(security, clientUri, nonce, certificate);
        var session = sessions.Create(connection, clientUri, security.Peer?.RawData, timeout);
        var own = (security.Own ?? certificates?.Own())?.RawData; // A channel opened before a renewal keeps its certificate.
        answer.NodeId(session.Id).NodeId(session.Token).Double(session.Timeout.TotalMilliseconds).ByteString(session.Nonce).ByteString(own);
        discovery.Endpoints(answer, url);
        var signature = security.SignFor([.. security.Peer?.RawData ?? [], .. nonce]);
        return answer.Int32(-1).String(signature?.Algorithm).ByteString(signature?.Signature).UInt32(ServerConnection.MaximumRequestBytes);
    }

    /// <summary>Activates a session, on this connection from now on.</summary>
    public async Task<UaWriter> ActivateAsync(Activation asked, ServerConnection connection, uint handle, CancellationToken cancellationToken)
    {
        var security = connection.Security!;
        var session = sessions.Known(asked.Token);
        if (security.Policy is not null || session.ClientCertificate is not null)
        {
            // The channel may be another than the session's first; the application behind it may not. [OPC 10000-4, 5.6.3.1]
            byte[] signed = [.. (security.Own ?? certificates!.Own()).RawData, .. session.Nonce];
            if (security.Peer is null || !security.Peer.RawDataMemory.Span.SequenceEqual(session.ClientCertificate) || !security.IsSignedByPeer(signed, asked.Signature))
            {
                throw new UaServiceException(StatusCode.BadApplicationSignatureInvalid);
            }
        }

        var (user, right) = await WhoAsync(asked, session, security, cancellationToken);
        lock (sessions.Gate)
        {
            if (session.IsActive && session.User != user && session.Subscriptions.Count > 0)
            {
                throw new UaServiceException(StatusCode.BadIdentityTokenRejected); // Another user does not inherit subscriptions.
            }

            if (session.Connection is { } before && before != connection)
            {
                session.Connection = null;
                before.HasSession = sessions.Holds(before);
                session.PublishRequests.Clear();
            }

            (session.Connection, session.IsActive, session.User, session.Right) = (connection, true, user, right);
            session.HeardAt = clock.GetTimestamp();
            session.Nonce = RandomNumberGenerator.GetBytes(UaPolicy.NonceBytes);
            connection.HasSession = true;
            return ServerAnswer.Head(470, handle, clock).ByteString(session.Nonce).Int32(0).Int32(0);
        }
    }

    public UaWriter Close(ref UaReader reader, UaWriter answer, ServerConnection connection, NodeId token)
    {
        var session = sessions.Known(token);
        if (session.Connection != connection)
        {
            throw new UaServiceException(StatusCode.BadSecureChannelIdInvalid);
        }

        sessions.Close(session, keepSubscriptions: !reader.Boolean());
        connection.HasSession = sessions.Holds(connection);
        connection.Touch();
        return answer;
    }

    public void Dispose() => _oneAtATime.Dispose();

    private static void Check(UaSecurity security, string clientUri, byte[] nonce, byte[]? certificate)
    {
        if (security.Policy is null)
        {
            return;
        }

        if (nonce.Length < UaPolicy.NonceBytes)
        {
            throw new UaServiceException(StatusCode.BadNonceInvalid);
        }

        if (certificate is null || !certificate.AsSpan().StartsWith(security.Peer!.RawData))
        {
            throw new UaServiceException(StatusCode.BadCertificateInvalid);
        }

        if (!UaCertificates.Uris(security.Peer!).Contains(clientUri, StringComparer.Ordinal))
        {
            throw new UaServiceException(StatusCode.BadCertificateUriInvalid); // [OPC 10000-4, 6.1.3]
        }
    }

    private async Task<(string User, OpcUaRight Right)> WhoAsync(Activation asked, ServerSession session, UaSecurity security, CancellationToken cancellationToken)
    {
        if (asked.Name is null)
        {
            return options.Anonymous != OpcUaRight.None ? ("", options.Anonymous) : throw new UaServiceException(StatusCode.BadIdentityTokenRejected);
        }

        var password = Decrypt(asked, session, security);
        await _oneAtATime.WaitAsync(cancellationToken); // Guessing is slow, and takes at most one core.
        try
        {
            var user = options.Users.FirstOrDefault(u => u.Name == asked.Name);
            if (password is not null && PasswordHash.Matches(user?.PasswordHash ?? Nobody, password) && user is { Right: not OpcUaRight.None })
            {
                return (user.Name, user.Right);
            }

            LogWrongPassword(asked.Name);
            await Task.Delay(PenaltyOfWrongPassword, clock, cancellationToken);
            throw new UaServiceException(StatusCode.BadUserAccessDenied);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    // Null when it was not encrypted for us and for this session. [OPC 10000-4, 7.41.2.2]
    private string? Decrypt(Activation asked, ServerSession session, UaSecurity security)
    {
        var policy = DiscoveryServices.PasswordPolicy(security.Policy);
        if (certificates is null || asked.Algorithm != policy.EncryptionUri)
        {
            throw new UaServiceException(StatusCode.BadIdentityTokenInvalid);
        }

        try
        {
            using var key = certificates.Own().GetRSAPrivateKey()!;
            var plain = policy.Decrypt(key, asked.Password);
            var length = plain.Length >= 4 ? BitConverter.ToInt32(plain) : -1;
            var passwordBytes = length - session.Nonce.Length;
            return passwordBytes is >= 0 and <= MostPasswordBytes && plain.Length >= 4 + length
                && CryptographicOperations.FixedTimeEquals(plain.AsSpan(4 + passwordBytes, session.Nonce.Length), session.Nonce)
                ? Encoding.UTF8.GetString(plain, 4, passwordBytes)
                : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    [LoggerMessage(3101, LogLevel.Warning, "The OPC UA user {User} gave a wrong name or password")]
    private partial void LogWrongPassword(string user);
}

/// <summary>What a client says when it activates a session.</summary>
internal sealed record Activation(NodeId Token, byte[] Signature, string? Name, byte[] Password, string? Algorithm)
{
    private const uint AnonymousToken = 321;
    private const uint NameToken = 324;

    public static Activation Read(ref UaReader reader, NodeId token)
    {
        reader.String(); // The algorithm is the policy's.
        var signature = reader.ByteString() ?? [];
        for (var count = reader.Count(8); count > 0; count--)
        {
            reader.ByteString();
            reader.ByteString();
        }

        reader.Strings(); // Locales.
        var (type, body) = reader.ExtensionObject();
        if (type.IsNull || type == NodeId.Standard(AnonymousToken))
        {
            return new(token, signature, null, [], null);
        }

        if (type != NodeId.Standard(NameToken))
        {
            throw new UaServiceException(StatusCode.BadIdentityTokenRejected);
        }

        var identity = new UaReader(body.Span);
        identity.String(); // Which of the policies offered: there is one.
        return new(token, signature, identity.String() ?? "", identity.ByteString() ?? [], identity.String());
    }
}
