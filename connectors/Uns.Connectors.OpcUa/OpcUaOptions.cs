using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Uns.Connectors.OpcUa.Security;

namespace Uns.Connectors.OpcUa;

/// <summary>Which algorithms protect the messages.</summary>
public enum OpcUaSecurityPolicy
{
    /// <summary>No protection.</summary>
    None,

    /// <summary>RSA with SHA-256, AES with 256 bits.</summary>
    Basic256Sha256,

    /// <summary>RSA-OAEP with SHA-256, AES with 128 bits.</summary>
    Aes128Sha256RsaOaep,

    /// <summary>RSA-PSS with SHA-256, AES with 256 bits: the strongest.</summary>
    Aes256Sha256RsaPss,
}

/// <summary>What a policy other than None does to the messages.</summary>
public enum OpcUaSecurityMode
{
    /// <summary>Signed and encrypted.</summary>
    SignAndEncrypt,

    /// <summary>Signed alone: others may read them.</summary>
    Sign,
}

/// <summary>One OPC UA server, as the user writes it in a device's settings.</summary>
public sealed record OpcUaOptions
{
    /// <summary>The server's address, e.g. <c>opc.tcp://10.0.0.7:4840</c>; a path may follow the port.</summary>
    [Setting("Endpoint", "Address of the server, such as opc.tcp://10.0.0.7:4840; port 4840 unless named.")]
    public string Endpoint { get; init; } = "";

    /// <summary>Longest wait for one answer, above zero and at most one minute.</summary>
    /// <value>Five seconds unless set.</value>
    [Setting("Answer timeout", "Longest wait for one answer, above zero and at most 1 min.")]
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often the server must give a sign of life when nothing changes, 1 s to 1 min. Three times as long without one ends the connection.</summary>
    /// <value>Five seconds unless set.</value>
    [Setting("Keep alive", "How often the server gives a sign of life when nothing changes, 1 s to 1 min; silence of three times that ends the connection.")]
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Most nodes in one request, 1 to 10,000. Small controllers take 100.</summary>
    /// <value>100 unless set.</value>
    [Setting("Nodes per request", "Most nodes in one request, 1 to 10000; small controllers take 100.")]
    public int NodesPerRequest { get; init; } = 100;

    /// <summary>How many changes of one value the server keeps until they are told, 1 to 1,000.</summary>
    /// <value>Ten unless set: what happens during a short break of the line is not lost.</value>
    [Setting("Queue size", "How many changes of one value the server keeps until they are told, also while the connection is broken, 1 to 1000.")]
    public int QueueSize { get; init; } = 10;

    /// <summary>Node ids of the methods that may be called, parted by <c>|</c>; <c>*</c> for all, empty for none.</summary>
    [Setting("Methods", "Node ids of the methods that may be called, parted by a bar; * for all, empty for none.")]
    public string Methods { get; init; } = "";

    /// <summary>Which algorithms protect the messages.</summary>
    /// <value>None unless set.</value>
    [Setting("Security policy", "None, Basic256Sha256, Aes128Sha256RsaOaep or Aes256Sha256RsaPss; the server's certificate must then be accepted once.")]
    public OpcUaSecurityPolicy SecurityPolicy { get; init; } = OpcUaSecurityPolicy.None;

    /// <summary>What the policy does to the messages; without meaning for None.</summary>
    /// <value>Signed and encrypted unless set.</value>
    [Setting("Security mode", "SignAndEncrypt, or Sign alone; without meaning for policy None.")]
    public OpcUaSecurityMode SecurityMode { get; init; } = OpcUaSecurityMode.SignAndEncrypt;

    /// <summary>Name of the user; empty for none.</summary>
    [Setting("User", "Name of the user; empty for anonymous.")]
    public string User { get; init; } = "";

    /// <summary>The user's password.</summary>
    [Setting("Password", "Password of the user.", IsSecret = true)]
    public string Password { get; init; } = "";

    /// <summary>A PKCS #12 file with the user's certificate and key; empty for none.</summary>
    [Setting("User certificate", "PKCS #12 file with the user's certificate and key, opened with Password; empty for none.")]
    public string UserCertificate { get; init; } = "";

    /// <summary>Finds every fault at once, so that the user mends the device in one go.</summary>
    public IEnumerable<SettingFault> Check()
    {
        if (Server() is null)
        {
            yield return new(nameof(Endpoint), $"is '{Endpoint}': give an address such as opc.tcp://10.0.0.7:4840.");
        }

        if (AnswerTimeout <= TimeSpan.Zero || AnswerTimeout > TimeSpan.FromMinutes(1))
        {
            yield return new(nameof(AnswerTimeout), $"is {AnswerTimeout:c}: give more than zero and at most one minute.");
        }

        if (UserCertificate.Length > 0 && User.Length > 0)
        {
            yield return new(nameof(UserCertificate), "is given along with User: give one of them.");
        }

        if (UserCertificate.Length > 0 && !File.Exists(UserCertificate))
        {
            yield return new(nameof(UserCertificate), $"is '{UserCertificate}': there is no such file.");
        }

        if (KeepAlive < TimeSpan.FromSeconds(1) || KeepAlive > TimeSpan.FromMinutes(1))
        {
            yield return new(nameof(KeepAlive), $"is {KeepAlive:c}: give one second to one minute.");
        }

        if (NodesPerRequest is < 1 or > 10_000)
        {
            yield return new(nameof(NodesPerRequest), $"is {NodesPerRequest.ToString(CultureInfo.InvariantCulture)}: give 1 to 10000.");
        }

        if (QueueSize is < 1 or > 1_000)
        {
            yield return new(nameof(QueueSize), $"is {QueueSize.ToString(CultureInfo.InvariantCulture)}: give 1 to 1000.");
        }

        foreach (var wrong in AllowedMethods().Where(m => m != "*" && !Wire.NodeId.TryParse(m, out _, out _)))
        {
            yield return new(nameof(Methods), $"has '{wrong}': give node ids such as nsu=urn:plant;s=Line1.Start, parted by |, or * for all.");
        }
    }

    /// <summary>The methods that may be called, as they are written.</summary>
    internal IReadOnlyList<string> AllowedMethods() => Methods.Split('|', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The policy's algorithms; null for None.</summary>
    internal UaPolicy? Policy() => SecurityPolicy switch
    {
        OpcUaSecurityPolicy.Basic256Sha256 => UaPolicy.Basic256Sha256,
        OpcUaSecurityPolicy.Aes128Sha256RsaOaep => UaPolicy.Aes128Sha256RsaOaep,
        OpcUaSecurityPolicy.Aes256Sha256RsaPss => UaPolicy.Aes256Sha256RsaPss,
        _ => null,
    };

    /// <summary>Who we are to the server.</summary>
    /// <exception cref="ConnectorException">The user's certificate cannot be read.</exception>
    internal UaUser Who()
    {
        if (UserCertificate.Length == 0)
        {
            return User.Length == 0 ? UaUser.Anonymous : new(User, Password, null);
        }

        try
        {
            return new(null, null, X509CertificateLoader.LoadPkcs12FromFile(UserCertificate, Password));
        }
        catch (Exception broken) when (broken is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new ConnectorException($"UserCertificate '{UserCertificate}' cannot be opened: {broken.Message}", broken);
        }
    }

    /// <summary>Host and port of the endpoint; null when it is no opc.tcp address.</summary>
    internal DeviceEndPoint? Server() =>
        Uri.TryCreate(Endpoint, UriKind.Absolute, out var uri) && uri.Scheme == "opc.tcp" && uri.Host.Length > 0
            ? new DeviceEndPoint(uri.Host.Trim('[', ']'), uri.Port > 0 ? uri.Port : 4840)
            : null;
}
