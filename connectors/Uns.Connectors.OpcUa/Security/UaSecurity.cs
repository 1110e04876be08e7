using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa.Security;

/// <summary>How the messages of a channel are protected.</summary>
internal enum UaMode
{
    /// <summary>Not at all.</summary>
    None = 1,

    /// <summary>Signed: nobody changes them on the way.</summary>
    Sign = 2,

    /// <summary>Signed and encrypted: nobody reads them on the way.</summary>
    SignAndEncrypt = 3,
}

/// <summary>Puts messages of one channel into chunks and takes them out again, signed and encrypted as agreed.</summary>
/// <remarks>OPC 10000-6, 6.7.2 (chunks) and 6.7.4 to 6.7.6 (keys). One caller at a time for each direction.</remarks>
internal sealed class UaSecurity : IDisposable
{
    public const string PolicyNone = "http://opcfoundation.org/UA/SecurityPolicy#None";
    private const int SequenceBytes = 8;

    private readonly UaPolicy? _policy;
    private readonly UaMode _mode;
    private readonly X509Certificate2? _own;
    private readonly X509Certificate2? _peer;
    private readonly RSA? _ownKey;
    private readonly RSA? _peerKey;
    private readonly Dictionary<uint, (UaKeys Ours, UaKeys Theirs)> _keys = [];
    private uint _token;

    private UaSecurity(UaPolicy? policy, UaMode mode, X509Certificate2? own, X509Certificate2? peer)
    {
        (_policy, _mode, _own, _peer) = (policy, mode, own, peer);
        _ownKey = own?.GetRSAPrivateKey();
        _peerKey = peer?.GetRSAPublicKey();
    }

    /// <summary>No protection.</summary>
    public static UaSecurity None() => new(null, UaMode.None, null, null);

    /// <summary>Protection by a policy.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="mode">Sign or SignAndEncrypt.</param>
    /// <param name="own">Our certificate, with its RSA key; not disposed of here.</param>
    /// <param name="peer">The server's; not disposed of here.</param>
    public static UaSecurity Of(UaPolicy policy, UaMode mode, X509Certificate2 own, X509Certificate2 peer) => new(policy, mode, own, peer);

    public UaPolicy? Policy => _policy;

    public UaMode Mode => _mode;

    public X509Certificate2? Own => _own;

    public X509Certificate2? Peer => _peer;

    /// <summary>A new nonce for a token; null without protection.</summary>
    public byte[]? NewNonce() => _policy is null ? null : RandomNumberGenerator.GetBytes(UaPolicy.NonceBytes);

    /// <summary>Takes a new token into use; the one before is still understood, as the server may use it until it hears ours.</summary>
    public void Adopt(uint token, byte[]? ourNonce, byte[]? theirNonce)
    {
        if (_policy is not null)
        {
            if (ourNonce is null || theirNonce is not { Length: UaPolicy.NonceBytes })
            {
                throw new UaFormatException($"the server's nonce has {theirNonce?.Length ?? 0} bytes, {_policy.Name} wants {UaPolicy.NonceBytes}");
            }

            foreach (var old in _keys.Keys.Where(k => k != _token).ToList())
            {
                _keys.Remove(old);
            }

            _keys[token] = (_policy.Derive(theirNonce, ourNonce), _policy.Derive(ourNonce, theirNonce));
        }

        _token = token;
    }

    /// <summary>Signs for the server's eyes: certificates and nonces of a session. Null without protection.</summary>
    public (string Algorithm, byte[] Signature)? SignFor(ReadOnlySpan<byte> bytes) =>
        _policy is null ? null : (_policy.SignatureUri, _policy.Sign(_ownKey!, bytes));

    /// <summary>True when the server signed these bytes.</summary>
    public bool IsSignedByPeer(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> signature) => _policy is null || _policy.Verify(_peerKey!, bytes, signature);

    /// <summary>Most bytes of a body in one chunk of a size.</summary>
    public int MostBody(bool isOpen, int chunkBytes)
    {
        if (_policy is null)
        {
            return chunkBytes - 12 - (isOpen ? OpenHeader().Length : 4) - SequenceBytes;
        }

        if (isOpen)
        {
            var size = _peerKey!.KeySize / 8;
            var blocks = (chunkBytes - 12 - OpenHeader().Length) / size;
            return (blocks * (size - _policy.EncryptionOverhead)) - SequenceBytes - 2 - (_ownKey!.KeySize / 8);
        }

        var room = (chunkBytes - 16) / UaPolicy.BlockBytes * UaPolicy.BlockBytes;
        return room - SequenceBytes - UaPolicy.SignatureBytes - (_mode == UaMode.SignAndEncrypt ? 1 : 0);
    }

    /// <summary>One whole chunk.</summary>
    public byte[] Wrap(string kind, char final, uint channel, uint sequence, uint request, ReadOnlySpan<byte> body)
    {
        var isOpen = kind == "OPN";
        var header = isOpen ? OpenHeader() : BitConverter.GetBytes(_token);
        var start = 12 + header.Length;
        var plain = start + SequenceBytes + body.Length;
        var (padding, signature, length) = Sizes(isOpen, start, plain);
        var chunk = new byte[plain + padding + signature];
        Encoding.ASCII.GetBytes(kind, chunk);
        chunk[3] = (byte)final;
        BinaryPrimitives.WriteInt32LittleEndian(chunk.AsSpan(4), length);
        BinaryPrimitives.WriteUInt32LittleEndian(chunk.AsSpan(8), channel);
        header.CopyTo(chunk, 12);
        BinaryPrimitives.WriteUInt32LittleEndian(chunk.AsSpan(start), sequence);
        BinaryPrimitives.WriteUInt32LittleEndian(chunk.AsSpan(start + 4), request);
        body.CopyTo(chunk.AsSpan(start + SequenceBytes));
        Pad(chunk.AsSpan(plain, padding), isOpen);
        return Protect(chunk, isOpen, start, signature);
    }

    /// <summary>Checks and opens one chunk, from sequence number to the end of the body.</summary>
    /// <param name="chunk">The whole chunk as received.</param>
    /// <param name="isOpen">True for an OPN chunk.</param>
    /// <exception cref="UaFormatException">It is not what was agreed on, or somebody changed it.</exception>
    public ReadOnlyMemory<byte> Unwrap(ReadOnlyMemory<byte> chunk, bool isOpen)
    {
        var reader = new UaReader(chunk.Span[8..]);
        reader.UInt32(); // Channel.
        if (isOpen)
        {
            var policy = reader.String();
            var certificate = reader.ByteString();
            reader.ByteString();
            if (policy != (_policy?.Uri ?? PolicyNone))
            {
                throw new UaFormatException($"the channel was opened with policy '{policy}', {_policy?.Uri ?? PolicyNone} was asked for");
            }

            if (_peer is not null && !certificate.AsSpan().StartsWith(_peer.RawDataMemory.Span))
            {
                throw new UaFormatException("the channel was opened with another certificate than the server showed before");
            }
        }

        var token = isOpen ? 0 : reader.UInt32();
        var start = chunk.Length - reader.Left;
        if (_policy is null)
        {
            return chunk[start..];
        }

        try
        {
            return isOpen ? OpenAsymmetric(chunk, start) : OpenSymmetric(chunk, start, token);
        }
        catch (CryptographicException broken)
        {
            throw new UaFormatException($"a message cannot be decrypted: {broken.Message}");
        }
    }

    public void Dispose()
    {
        _ownKey?.Dispose();
        _peerKey?.Dispose();
    }

    private byte[] OpenHeader() => _policy is null
        ? new UaWriter().String(PolicyNone).ByteString(null).ByteString(null).Written.ToArray()
        : new UaWriter().String(_policy.Uri).ByteString(_own!.RawData).ByteString(_peer!.GetCertHash(HashAlgorithmName.SHA1)).Written.ToArray();

    // Bytes of padding and signature, and of the whole chunk once encrypted.
    private (int Padding, int Signature, int Length) Sizes(bool isOpen, int start, int plain)
    {
        if (_policy is null)
        {
            return (0, 0, plain);
        }

        if (!isOpen)
        {
            var padding = _mode == UaMode.SignAndEncrypt ? 1 + Fill(plain - start + 1 + UaPolicy.SignatureBytes, UaPolicy.BlockBytes) : 0;
            return (padding, UaPolicy.SignatureBytes, plain + padding + UaPolicy.SignatureBytes);
        }

        var (size, signature) = (_peerKey!.KeySize / 8, _ownKey!.KeySize / 8);
        var block = size - _policy.EncryptionOverhead;
        var marks = size > 256 ? 2 : 1; // The size of the padding takes two bytes for keys beyond 2048 bits.
        var whole = marks + Fill(plain - start + marks + signature, block);
        return (whole, signature, start + ((plain - start + whole + signature) / block * size));
    }

    private static int Fill(int bytes, int block) => (block - (bytes % block)) % block;

    private void Pad(Span<byte> padding, bool isOpen)
    {
        if (padding.IsEmpty)
        {
            return;
        }

        var hasTwoMarks = isOpen && _peerKey!.KeySize / 8 > 256;
        var count = padding.Length - (hasTwoMarks ? 2 : 1);
        padding.Fill((byte)count);
        if (hasTwoMarks)
        {
            padding[^1] = (byte)(count >> 8);
        }
    }

    private byte[] Protect(byte[] chunk, bool isOpen, int start, int signature)
    {
        if (_policy is null)
        {
            return chunk;
        }

        var signed = chunk.AsSpan(0, chunk.Length - signature);
        if (isOpen)
        {
            _policy.Sign(_ownKey!, signed).CopyTo(chunk, signed.Length);
            return [.. chunk.AsSpan(0, start), .. _policy.Encrypt(_peerKey!, chunk.AsSpan(start))];
        }

        var keys = _keys[_token].Ours;
        HMACSHA256.HashData(keys.Signing, signed, chunk.AsSpan(signed.Length));
        if (_mode == UaMode.SignAndEncrypt)
        {
            using var aes = Aes.Create();
            aes.Key = keys.Encrypting;
            aes.EncryptCbc(chunk.AsSpan(start).ToArray(), keys.Vector, chunk.AsSpan(start), PaddingMode.None);
        }

        return chunk;
    }

    private ReadOnlyMemory<byte> OpenAsymmetric(ReadOnlyMemory<byte> chunk, int start)
    {
        byte[] whole = [.. chunk.Span[..start], .. _policy!.Decrypt(_ownKey!, chunk.Span[start..])];
        var signature = _peerKey!.KeySize / 8;
        // The length in the header is that of the encrypted chunk, and was signed so.
        if (whole.Length < start + SequenceBytes + 1 + signature || !_policy.Verify(_peerKey, whole.AsSpan(0, whole.Length - signature), whole.AsSpan(whole.Length - signature)))
        {
            throw new UaFormatException("the signature of the opened channel is wrong");
        }

        var end = whole.Length - signature;
        var marks = _ownKey!.KeySize / 8 > 256 ? 2 : 1;
        var count = marks == 2 ? (whole[end - 1] << 8) | whole[end - 2] : whole[end - 1];
        return Trimmed(whole, start, end, count + marks);
    }

    private ReadOnlyMemory<byte> OpenSymmetric(ReadOnlyMemory<byte> chunk, int start, uint token)
    {
        if (!_keys.TryGetValue(token, out var keys))
        {
            throw new UaFormatException($"a message came under token {token}, which is not known");
        }

        var whole = chunk.ToArray();
        if (_mode == UaMode.SignAndEncrypt)
        {
            using var aes = Aes.Create();
            aes.Key = keys.Theirs.Encrypting;
            aes.DecryptCbc(chunk.Span[start..], keys.Theirs.Vector, whole.AsSpan(start), PaddingMode.None);
        }

        var end = whole.Length - UaPolicy.SignatureBytes;
        if (end < start + SequenceBytes
            || !CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(keys.Theirs.Signing, whole.AsSpan(0, end)), whole.AsSpan(end)))
        {
            throw new UaFormatException("the signature of a message is wrong");
        }

        return _mode == UaMode.SignAndEncrypt ? Trimmed(whole, start, end, whole[end - 1] + 1) : whole.AsMemory(start, end - start);
    }

    private static ReadOnlyMemory<byte> Trimmed(byte[] whole, int start, int end, int padding) =>
        end - padding >= start + SequenceBytes
            ? whole.AsMemory(start, end - padding - start)
            : throw new UaFormatException($"a message has {padding} bytes of padding, more than it is long");
}
