using System.Security.Cryptography;

namespace Uns.Connectors.OpcUa.Security;

/// <summary>What a security policy fixes: algorithms, key sizes, and their names on the wire.</summary>
/// <remarks>OPC 10000-7, security policies. The deprecated ones (Basic128Rsa15, Basic256) are not spoken.</remarks>
internal sealed record UaPolicy(
    string Name, RSASignaturePadding Signature, RSAEncryptionPadding Encryption, int EncryptionOverhead, int SymmetricKeyBytes, string SignatureUri, string EncryptionUri)
{
    /// <summary>Bytes of the symmetric signature's key and of the signature itself: HMAC-SHA256 in all policies here.</summary>
    public const int SignatureBytes = 32;

    /// <summary>Bytes of an AES block and its initialization vector.</summary>
    public const int BlockBytes = 16;

    /// <summary>Bytes of a nonce.</summary>
    public const int NonceBytes = 32;

    private const string RsaSha256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
    private const string RsaOaep = "http://www.w3.org/2001/04/xmlenc#rsa-oaep";

    public static UaPolicy Basic256Sha256 { get; } = new("Basic256Sha256", RSASignaturePadding.Pkcs1, RSAEncryptionPadding.OaepSHA1, 42, 32, RsaSha256, RsaOaep);

    public static UaPolicy Aes128Sha256RsaOaep { get; } = new("Aes128_Sha256_RsaOaep", RSASignaturePadding.Pkcs1, RSAEncryptionPadding.OaepSHA1, 42, 16, RsaSha256, RsaOaep);

    public static UaPolicy Aes256Sha256RsaPss { get; } = new(
        "Aes256_Sha256_RsaPss", RSASignaturePadding.Pss, RSAEncryptionPadding.OaepSHA256, 66, 32,
        "http://opcfoundation.org/UA/security/rsa-pss-sha2-256", "http://opcfoundation.org/UA/security/rsa-oaep-sha2-256");

    /// <summary>The policy's URI.</summary>
    public string Uri => $"http://opcfoundation.org/UA/SecurityPolicy#{Name}";

    /// <summary>The policy of a URI; null for None, the deprecated ones and what is not known.</summary>
    public static UaPolicy? Of(string? uri) => new[] { Basic256Sha256, Aes128Sha256RsaOaep, Aes256Sha256RsaPss }.FirstOrDefault(p => p.Uri == uri);

    /// <summary>Keys from two nonces. [OPC 10000-6, 6.7.5]</summary>
    public UaKeys Derive(byte[] secret, byte[] seed)
    {
        var bytes = Expand(secret, seed, SignatureBytes + SymmetricKeyBytes + BlockBytes);
        return new(bytes[..SignatureBytes], bytes[SignatureBytes..(SignatureBytes + SymmetricKeyBytes)], bytes[(SignatureBytes + SymmetricKeyBytes)..]);
    }

    public byte[] Sign(RSA key, ReadOnlySpan<byte> bytes) => key.SignData(bytes, HashAlgorithmName.SHA256, Signature);

    public bool Verify(RSA key, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> signature) => key.VerifyData(bytes, signature, HashAlgorithmName.SHA256, Signature);

    /// <summary>Encrypts block by block.</summary>
    public byte[] Encrypt(RSA key, ReadOnlySpan<byte> plain)
    {
        var (most, size) = ((key.KeySize / 8) - EncryptionOverhead, key.KeySize / 8);
        var encrypted = new byte[(plain.Length + most - 1) / most * size];
        for (var (at, to) = (0, 0); at < plain.Length; at += most, to += size)
        {
            key.Encrypt(plain.Slice(at, Math.Min(most, plain.Length - at)), Encryption).CopyTo(encrypted, to);
        }

        return encrypted;
    }

    /// <summary>Decrypts block by block.</summary>
    /// <exception cref="CryptographicException">The bytes were not encrypted for this key.</exception>
    public byte[] Decrypt(RSA key, ReadOnlySpan<byte> encrypted)
    {
        var size = key.KeySize / 8;
        if (encrypted.Length == 0 || encrypted.Length % size != 0)
        {
            throw new CryptographicException("The encrypted bytes are no whole blocks.");
        }

        var plain = new MemoryStream(encrypted.Length);
        for (var at = 0; at < encrypted.Length; at += size)
        {
            plain.Write(key.Decrypt(encrypted.Slice(at, size), Encryption));
        }

        return plain.ToArray();
    }

    // P_SHA256 of TLS 1.2. [RFC 5246, 5]
    private static byte[] Expand(byte[] secret, byte[] seed, int length)
    {
        var made = new byte[length];
        var link = seed;
        for (var at = 0; at < length;)
        {
            link = HMACSHA256.HashData(secret, link);
            var part = HMACSHA256.HashData(secret, (byte[])[.. link, .. seed]);
            var count = Math.Min(part.Length, length - at);
            part.AsSpan(0, count).CopyTo(made.AsSpan(at));
            at += count;
        }

        return made;
    }
}

/// <summary>The symmetric keys of one direction.</summary>
internal sealed record UaKeys(byte[] Signing, byte[] Encrypting, byte[] Vector);
