using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Uns.Connectors.OpcUa.Security;

/// <summary>What an authority has taken back: the serial numbers of its certificates that nobody may trust any more.</summary>
/// <remarks>RFC 5280, 5.1. Whole lists alone; what only adds to another list is refused.</remarks>
internal sealed class RevocationList
{
    private const string DeltaIndicator = "2.5.29.27";
    private static readonly Asn1Tag Extensions = new(TagClass.ContextSpecific, 0);

    private readonly HashSet<string> _serials = new(StringComparer.Ordinal);
    private readonly byte[] _signed;
    private readonly byte[] _signature;
    private readonly string _algorithm;

    private RevocationList(byte[] bytes, byte[] signed, string algorithm, byte[] signature, X500DistinguishedName issuer, DateTimeOffset from, DateTimeOffset? next)
    {
        (Bytes, _signed, _algorithm, _signature, Issuer, From, Next) = (bytes, signed, algorithm, signature, issuer, from, next);
    }

    /// <summary>The list as it came, in DER.</summary>
    public byte[] Bytes { get; }

    /// <summary>The authority.</summary>
    public X500DistinguishedName Issuer { get; }

    /// <summary>When it was made. UTC.</summary>
    public DateTimeOffset From { get; }

    /// <summary>When a newer one is promised; null when it is not said. UTC.</summary>
    public DateTimeOffset? Next { get; }

    /// <summary>How many certificates it takes back.</summary>
    public int Count => _serials.Count;

    /// <summary>Reads a list in DER or PEM.</summary>
    /// <exception cref="CryptographicException">The bytes are no whole list, or signed in a way that is not known here.</exception>
    public static RevocationList Read(byte[] bytes)
    {
        try
        {
            return ReadDer(bytes.Length > 0 && bytes[0] == '-' ? FromPem(bytes) : bytes);
        }
        catch (AsnContentException malformed)
        {
            throw new CryptographicException($"The bytes are no revocation list: {malformed.Message}", malformed);
        }
    }

    /// <summary>True when this authority has signed the list.</summary>
    public bool IsSignedBy(X509Certificate2 authority)
    {
        if (!authority.SubjectName.RawData.AsSpan().SequenceEqual(Issuer.RawData))
        {
            return false;
        }

        try
        {
            var hash = HashOf(_algorithm)!.Value;
            using var rsa = authority.GetRSAPublicKey();
            using var curve = rsa is null ? authority.GetECDsaPublicKey() : null;
            return rsa?.VerifyData(_signed, _signature, hash, RSASignaturePadding.Pkcs1)
                ?? curve?.VerifyData(_signed, _signature, hash, DSASignatureFormat.Rfc3279DerSequence) ?? false;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>True when the list takes a certificate back; only for one of the same authority.</summary>
    public bool Lists(X509Certificate2 certificate) => _serials.Contains(Key(certificate.SerialNumberBytes.Span));

    private static byte[] FromPem(byte[] bytes)
    {
        var text = Encoding.ASCII.GetString(bytes);
        return PemEncoding.TryFind(text, out var fields) && text[fields.Label] == "X509 CRL"
            ? Convert.FromBase64String(text[fields.Base64Data])
            : throw new CryptographicException("The text is no revocation list in PEM.");
    }

    private static RevocationList ReadDer(byte[] bytes)
    {
        var whole = new AsnReader(bytes, AsnEncodingRules.DER).ReadSequence();
        var signed = whole.PeekEncodedValue().ToArray();
        var list = whole.ReadSequence();
        var algorithm = whole.ReadSequence().ReadObjectIdentifier();
        var signature = whole.ReadBitString(out _);
        if (HashOf(algorithm) is null)
        {
            throw new CryptographicException($"The list is signed by the method {algorithm}: give one signed with RSA or ECDSA and SHA-256, SHA-384 or SHA-512.");
        }

        if (list.PeekTag().HasSameClassAndValue(Asn1Tag.Integer))
        {
            list.ReadInteger(); // Version.
        }

        list.ReadSequence(); // The algorithm once more.
        var issuer = new X500DistinguishedName(list.ReadEncodedValue().Span);
        var from = Time(list);
        var next = list.HasData && IsTime(list) ? Time(list) : (DateTimeOffset?)null;
        var made = new RevocationList(bytes, signed, algorithm, signature, issuer, from, next);
        if (list.HasData && list.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
        {
            for (var entries = list.ReadSequence(); entries.HasData;)
            {
                made._serials.Add(Key(entries.ReadSequence().ReadIntegerBytes().Span));
            }
        }

        return list.HasData && IsPart(list) ? throw new CryptographicException("The list only adds to another one: give the whole list.") : made;
    }

    private static bool IsPart(AsnReader list)
    {
        var isPart = false;
        for (var extensions = list.ReadSequence(Extensions).ReadSequence(); extensions.HasData;)
        {
            isPart |= extensions.ReadSequence().ReadObjectIdentifier() == DeltaIndicator;
        }

        return isPart;
    }

    private static bool IsTime(AsnReader reader) => reader.PeekTag() is var tag && (tag.HasSameClassAndValue(Asn1Tag.UtcTime) || tag.HasSameClassAndValue(Asn1Tag.GeneralizedTime));

    private static DateTimeOffset Time(AsnReader reader) => reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();

    private static string Key(ReadOnlySpan<byte> serial) => Convert.ToHexString(serial.TrimStart((byte)0));

    // [RFC 4055, 5; RFC 5758, 3.2]
    private static HashAlgorithmName? HashOf(string algorithm) => algorithm switch
    {
        "1.2.840.113549.1.1.11" or "1.2.840.10045.4.3.2" => HashAlgorithmName.SHA256,
        "1.2.840.113549.1.1.12" or "1.2.840.10045.4.3.3" => HashAlgorithmName.SHA384,
        "1.2.840.113549.1.1.13" or "1.2.840.10045.4.3.4" => HashAlgorithmName.SHA512,
        _ => null,
    };
}
