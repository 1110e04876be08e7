using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Uns.Connectors.OpcUa.Security;

/// <summary>Certificates as they come on the wire: the application's own first, then those of the authorities, one behind the other.</summary>
/// <remarks>OPC 10000-6, 6.2.6.</remarks>
internal static class UaCertificates
{
    private const string SubjectAlternativeName = "2.5.29.17";
    private static readonly Asn1Tag UriTag = new(TagClass.ContextSpecific, 6); // [RFC 5280, 4.2.1.6]

    /// <summary>Most certificates of one chain.</summary>
    public const int Longest = 10;

    /// <summary>The first certificate of a chain.</summary>
    /// <exception cref="CryptographicException">The bytes are no certificate.</exception>
    public static byte[] Leaf(byte[] chain) => Split(chain)[0];

    /// <summary>The certificates of a chain, each by itself.</summary>
    /// <exception cref="CryptographicException">The bytes are no certificates, or too many.</exception>
    public static IReadOnlyList<byte[]> Split(byte[] chain)
    {
        var found = new List<byte[]>();
        for (var left = chain.AsMemory(); !left.IsEmpty;)
        {
            try
            {
                AsnDecoder.ReadEncodedValue(left.Span, AsnEncodingRules.DER, out _, out _, out var consumed);
                found.Add(left[..consumed].ToArray());
                left = left[consumed..];
            }
            catch (AsnContentException malformed)
            {
                throw new CryptographicException("The bytes are no certificate.", malformed);
            }

            if (found.Count > Longest)
            {
                throw new CryptographicException($"A chain of more than {Longest} certificates is not followed.");
            }
        }

        return found.Count > 0 ? found : throw new CryptographicException("There is no certificate.");
    }

    /// <summary>The URIs that a certificate names as its application.</summary>
    public static IReadOnlyList<string> Uris(X509Certificate2 certificate)
    {
        var uris = new List<string>();
        foreach (var extension in certificate.Extensions.Where(e => e.Oid?.Value == SubjectAlternativeName))
        {
            try
            {
                var names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
                while (names.HasData)
                {
                    if (names.PeekTag().HasSameClassAndValue(UriTag))
                    {
                        uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, UriTag));
                    }
                    else
                    {
                        names.ReadEncodedValue();
                    }
                }
            }
            catch (AsnContentException)
            {
                // A name that cannot be read names nobody.
            }
        }

        return uris;
    }
}
