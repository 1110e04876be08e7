using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Uns.Connectors.OpcUa.Security;
using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa.Server;

/// <summary>One opened or renewed channel.</summary>
/// <param name="Security">The channel's protection; that of before when it was renewed.</param>
/// <param name="Sequence">Number of the client's chunk.</param>
/// <param name="RequestId">Which request is answered.</param>
/// <param name="Answer">The answer.</param>
/// <param name="Lifetime">How long the token holds.</param>
/// <param name="Adopt">Takes the new token into use; to be called when the answer is out.</param>
internal sealed record OpenedChannel(UaSecurity Security, uint Sequence, uint RequestId, UaWriter Answer, TimeSpan Lifetime, Action Adopt);

/// <summary>Decides who may open a secure channel, and makes its keys.</summary>
/// <remarks>OPC 10000-4, 5.5.2; OPC 10000-6, 6.7.4. A channel without protection is given to everybody, since endpoints are found over it; sessions look at it again.</remarks>
internal sealed partial class ServerDoor(CertificateStore? certificates, TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan ShortestToken = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestToken = TimeSpan.FromHours(1);

    private int _lastToken;

    /// <summary>Takes one OPN chunk.</summary>
    /// <param name="chunk">The chunk as received.</param>
    /// <param name="channelId">The channel's number.</param>
    /// <param name="known">The channel's protection when it is open already.</param>
    public OpenedChannel Open(ReadOnlyMemory<byte> chunk, uint channelId, UaSecurity? known)
    {
        var provisional = known ?? Meet(chunk);
        UaSecurity? made = null;
        try
        {
            var reader = new UaReader(provisional.Unwrap(chunk, isOpen: true).Span);
            var (sequence, requestId) = (reader.UInt32(), reader.UInt32());
            var isOpenRequest = reader.NodeId() == NodeId.Standard(446);
            var header = RequestHeader.Read(ref reader);
            reader.UInt32(); // Protocol version.
            var isRenewal = reader.UInt32() == 1;
            var mode = (UaMode)reader.UInt32();
            var theirs = reader.ByteString();
            var lifetime = TimeSpan.FromMilliseconds(reader.UInt32());
            if (!isOpenRequest || isRenewal != known is not null)
            {
                throw new ServerFault(StatusCode.BadRequestTypeInvalid, "a channel is opened once, then renewed");
            }

            if ((provisional.Policy is null) != (mode == UaMode.None) || mode is < UaMode.None or > UaMode.SignAndEncrypt || (known is not null && known.Mode != mode))
            {
                throw new ServerFault(StatusCode.BadSecurityModeRejected, $"mode {mode} is not given here");
            }

            var security = known ?? (made = provisional.Policy is { } policy ? UaSecurity.Of(policy, mode, provisional.Own!, provisional.Peer!) : UaSecurity.None());
            if (security.Policy is not null && theirs is not { Length: UaPolicy.NonceBytes })
            {
                throw new ServerFault(StatusCode.BadNonceInvalid, $"a nonce of {UaPolicy.NonceBytes} bytes is wanted");
            }

            lifetime = TimeSpan.FromTicks(Math.Clamp(lifetime.Ticks, ShortestToken.Ticks, LongestToken.Ticks));
            var (token, ours) = ((uint)Interlocked.Increment(ref _lastToken), security.NewNonce());
            var answer = ServerAnswer.Head(449, header.Handle, clock).UInt32(0).UInt32(channelId).UInt32(token).DateTime(clock.GetUtcNow())
                .UInt32((uint)lifetime.TotalMilliseconds).ByteString(ours);
            made = null;
            return new(security, sequence, requestId, answer, lifetime, () => security.Adopt(token, ours, theirs));
        }
        finally
        {
            made?.Dispose();
            if (known is null)
            {
                provisional.Dispose();
            }
        }
    }

    // The mode is read once the chunk is open; until then the stricter one stands in.
    private UaSecurity Meet(ReadOnlyMemory<byte> chunk)
    {
        var reader = new UaReader(chunk.Span[12..]);
        var (uri, certificate, thumbprint) = (reader.String(), reader.ByteString(), reader.ByteString());
        if (uri == UaSecurity.PolicyNone)
        {
            return UaSecurity.None();
        }

        if (UaPolicy.Of(uri) is not { } policy || certificates is null)
        {
            throw new ServerFault(StatusCode.BadSecurityPolicyRejected, "the policy is not offered");
        }

        var own = certificates.Own();
        if (!IsFor(own, thumbprint))
        {
            // A client that has not accepted the renewed certificate yet knows the one before.
            own = certificates.OwnBefore() is { } before && IsFor(before, thumbprint) ? before : throw new ServerFault(StatusCode.BadCertificateInvalid, "the message is for another certificate");
        }

        X509Certificate2 peer;
        IReadOnlyList<byte[]> sent;
        try
        {
            sent = UaCertificates.Split(certificate ?? []);
            peer = X509CertificateLoader.LoadCertificate(sent[0]);
        }
        catch (CryptographicException)
        {
            throw new ServerFault(StatusCode.BadCertificateInvalid, "the certificate cannot be read");
        }

        if (certificates.Check(peer, [.. sent.Skip(1)]) is { } fault)
        {
            LogRefused(peer.Subject, fault);
            throw new ServerFault(StatusCode.BadSecurityChecksFailed, "the certificate is not trusted"); // Why is for the server's own people alone.
        }

        return UaSecurity.Of(policy, UaMode.SignAndEncrypt, own, peer);
    }

    private static bool IsFor(X509Certificate2 certificate, byte[]? thumbprint) => certificate.GetCertHash(HashAlgorithmName.SHA1).AsSpan().SequenceEqual(thumbprint);

    [LoggerMessage(3100, LogLevel.Warning, "The OPC UA client {Subject} was not let in: {Fault}")]
    private partial void LogRefused(string subject, string fault);
}
