using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Uns.Connectors;
using Uns.Ui.Changes;

namespace Uns.Hub.Changes;

/// <summary>
/// Passwords of devices as they lie on disk: sealed by AES-256-GCM, each bound to its device and setting. In memory they are open.
/// The nonce is made of the password itself and a key: the same settings are written alike, so that a version is known by its documents.
/// </summary>
/// <param name="key">32 random bytes.</param>
/// <param name="kinds">Say which settings are secret.</param>
internal sealed class SecretSeal(byte[] key, IEnumerable<IConnectorKind> kinds)
{
    /// <summary>What a sealed secret begins with.</summary>
    public const string Prefix = "sealed:1:";

    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    private readonly byte[] _sealing = HKDF.DeriveKey(HashAlgorithmName.SHA256, key, 32, info: "seal"u8.ToArray());
    private readonly byte[] _nonces = HKDF.DeriveKey(HashAlgorithmName.SHA256, key, 32, info: "nonce"u8.ToArray());
    private readonly Dictionary<string, IReadOnlyList<SettingField>> _fields = kinds.ToDictionary(k => k.Protocol, k => k.Fields, StringComparer.OrdinalIgnoreCase);

    /// <summary>True for a secret that is sealed and could not be opened.</summary>
    public static bool IsSealed(JsonNode? value) => value?.GetValueKind() == JsonValueKind.String && value.GetValue<string>().StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>The device as it may lie on disk. What is sealed already stays so.</summary>
    public DeviceOptions Seal(DeviceOptions device) => Change(device, (name, value) => IsSecret(device, name) && IsGiven(value) && !IsSealed(value) ? Seal(Place(device, name), value!) : null);

    /// <summary>The device as it is used. A secret that another key sealed stays sealed.</summary>
    public DeviceOptions Open(DeviceOptions device) => Change(device, (name, value) => IsSealed(value) ? Open(Place(device, name), value!.GetValue<string>()) : null);

    /// <inheritdoc cref="Seal(DeviceOptions)"/>
    public DraftContent Seal(DraftContent content) => Change(content, Seal);

    /// <inheritdoc cref="Open(DeviceOptions)"/>
    public DraftContent Open(DraftContent content) => Change(content, Open);

    private static DraftContent Change(DraftContent content, Func<DeviceOptions, DeviceOptions> change) => new(
        content.Change with { Devices = [.. content.Change.Devices.Select(change)] }, content.Opened with { Devices = [.. content.Opened.Devices.Select(change)] });

    private static DeviceOptions Change(DeviceOptions device, Func<string, JsonNode?, JsonNode?> change)
    {
        var changed = device.Settings.Select(s => (s.Key, Value: change(s.Key, s.Value))).Where(s => s.Value is not null).ToDictionary(s => s.Key, s => s.Value, StringComparer.Ordinal);
        return changed.Count == 0 ? device : device with { Settings = new JsonObject(device.Settings.Select(s => new KeyValuePair<string, JsonNode?>(s.Key, changed.GetValueOrDefault(s.Key) ?? s.Value?.DeepClone()))) };
    }

    private bool IsSecret(DeviceOptions device, string name) =>
        _fields.TryGetValue(device.Protocol, out var fields) && fields.Any(f => f.Kind == "secret" && f.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static bool IsGiven(JsonNode? value) => value is not null && value.ToString().Length > 0;

    // A sealed secret that is copied to another device or setting opens nowhere.
    private static byte[] Place(DeviceOptions device, string name) => Encoding.UTF8.GetBytes($"{device.Name.ToUpperInvariant()}/{name.ToUpperInvariant()}");

    private JsonValue Seal(byte[] place, JsonNode value)
    {
        var open = Encoding.UTF8.GetBytes(value.ToJsonString());
        var box = new byte[NonceBytes + TagBytes + open.Length];
        byte[] told = [.. place, 0, .. open];
        HMACSHA256.HashData(_nonces, told).AsSpan(0, NonceBytes).CopyTo(box);
        using var aes = new AesGcm(_sealing, TagBytes);
        aes.Encrypt(box.AsSpan(0, NonceBytes), open, box.AsSpan(NonceBytes + TagBytes), box.AsSpan(NonceBytes, TagBytes), place);
        return JsonValue.Create(Prefix + Convert.ToBase64String(box));
    }

    private JsonNode? Open(byte[] place, string given)
    {
        try
        {
            var box = Convert.FromBase64String(given[Prefix.Length..]);
            if (box.Length < NonceBytes + TagBytes)
            {
                return null;
            }

            var open = new byte[box.Length - NonceBytes - TagBytes];
            using var aes = new AesGcm(_sealing, TagBytes);
            aes.Decrypt(box.AsSpan(0, NonceBytes), box.AsSpan(NonceBytes + TagBytes), box.AsSpan(NonceBytes, TagBytes), open, place);
            return JsonNode.Parse(open);
        }
        catch (Exception other) when (other is FormatException or CryptographicException or JsonException)
        {
            return null; // Another key's, or nothing that was ever sealed.
        }
    }
}
