using System.Security.Cryptography.X509Certificates;
using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa.Security;

/// <summary>One way into a server.</summary>
/// <param name="Url">Its address.</param>
/// <param name="Certificate">The server's certificate; null where it has none.</param>
/// <param name="Mode">How messages are protected.</param>
/// <param name="PolicyUri">By which policy.</param>
/// <param name="Tokens">What users may show.</param>
internal sealed record EndpointChoice(string Url, byte[]? Certificate, UaMode Mode, string PolicyUri, IReadOnlyList<UserTokenChoice> Tokens)
{
    /// <summary>The server's name.</summary>
    public string Server { get; init; } = "";

    /// <summary>Reads a list of them.</summary>
    public static List<EndpointChoice> ReadAll(ReadOnlySpan<byte> answer)
    {
        var reader = new UaReader(answer);
        var found = new List<EndpointChoice>();
        for (var count = reader.Count(20); count > 0; count--)
        {
            found.Add(Read(ref reader));
        }

        return found;
    }

    /// <summary>Reads an EndpointDescription. [OPC 10000-4, 7.14]</summary>
    public static EndpointChoice Read(ref UaReader reader)
    {
        var url = reader.String() ?? "";
        reader.String(); // Application URI.
        reader.String(); // Product URI.
        var server = reader.LocalizedText() ?? "";
        reader.UInt32();
        reader.String();
        reader.String();
        reader.Strings();
        var certificate = reader.ByteString();
        var mode = (UaMode)reader.UInt32();
        var policy = reader.String() ?? "";
        var tokens = new UserTokenChoice[reader.Count(20)];
        for (var index = 0; index < tokens.Length; index++)
        {
            var (id, kind) = (reader.String() ?? "", (UserKind)reader.UInt32());
            reader.String(); // Issued token type.
            reader.String(); // Issuer.
            tokens[index] = new(id, kind, reader.String());
        }

        reader.String(); // Transport profile.
        reader.Byte(); // Security level.
        return new(url, certificate, mode, policy, tokens) { Server = server };
    }

    /// <summary>What the server sent of its authorities, from its own issuer upwards.</summary>
    public IReadOnlyList<byte[]> Authorities() => Certificate is { Length: > 0 } ? [.. UaCertificates.Split(Certificate).Skip(1)] : [];

    /// <summary>The first certificate of the server's chain; null where it shows none or one that cannot be read.</summary>
    public X509Certificate2? Leaf()
    {
        try
        {
            return Certificate is { Length: > 0 } ? X509CertificateLoader.LoadCertificate(UaCertificates.Leaf(Certificate)) : null;
        }
        catch (System.Security.Cryptography.CryptographicException)
        {
            return null;
        }
    }
}

/// <summary>How a user is known to a server. The numbers are the wire's own.</summary>
internal enum UserKind
{
    Anonymous = 0,
    Name = 1,
    Certificate = 2,
    Issued = 3,
}

/// <summary>One way for users to be known. <paramref name="PolicyUri"/> is empty where the channel's own policy holds.</summary>
internal sealed record UserTokenChoice(string Id, UserKind Kind, string? PolicyUri);
