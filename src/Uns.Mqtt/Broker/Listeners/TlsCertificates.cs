using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace Uns.Mqtt.Broker.Listeners;

/// <summary>
/// The certificate files of a listener. Looks at them at each new connection, at most once a second, and reads them again
/// when they have changed; a pair that cannot be used leaves the last good one in place. Safe to call from many threads.
/// </summary>
public sealed partial class TlsCertificates
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);
    private readonly TlsListenerOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private SslServerAuthenticationOptions _current;
    private string _stamp;
    private long _lookedAt;

    /// <summary>Reads the files.</summary>
    /// <exception cref="ListenerException">A file is missing, is not what it must be, or key and certificate do not belong together; the message names it.</exception>
    public TlsCertificates(TlsListenerOptions options, TimeProvider clock, ILogger logger)
    {
        (_options, _clock, _logger) = (options, clock, logger);
        _stamp = Stamp();
        _current = Load();
        _lookedAt = clock.GetTimestamp();
    }

    /// <summary>What the next connection is met with.</summary>
    public SslServerAuthenticationOptions Current
    {
        get
        {
            lock (_gate)
            {
                if (_clock.GetElapsedTime(_lookedAt) >= Pace)
                {
                    _lookedAt = _clock.GetTimestamp();
                    Renew();
                }

                return _current;
            }
        }
    }

    private void Renew()
    {
        var stamp = Stamp();
        if (stamp == _stamp)
        {
            return;
        }

        _stamp = stamp;
        try
        {
            _current = Load();
            LogRenewed(_logger, _options.CertificateFile, _current.ServerCertificateContext!.TargetCertificate.NotAfter.ToUniversalTime());
        }
        catch (ListenerException fault)
        {
            LogKept(_logger, fault.Message);
        }
    }

    private string Stamp() => string.Join('|', new[] { _options.CertificateFile, _options.KeyFile, _options.ClientAuthorityFile }
        .Select(f => f is null ? "" : $"{File.GetLastWriteTimeUtc(f).Ticks} {(File.Exists(f) ? new FileInfo(f).Length : -1)}"));

    private SslServerAuthenticationOptions Load()
    {
        var (certificate, chain) = LoadServer();
        var key = _options.KeyFile ?? _options.CertificateFile;
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(key) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != 0)
        {
            LogOpenKey(_logger, key);
        }

        var rule = _options.ClientCertificates;
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, chain, offline: true),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ClientCertificateRequired = rule != ClientCertificateRule.None,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        };
        if (rule != ClientCertificateRule.None)
        {
            options.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(LoadAuthorities());
            options.CertificateChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
            options.RemoteCertificateValidationCallback = (_, shown, _, errors) =>
                shown is null ? rule == ClientCertificateRule.Optional : errors == SslPolicyErrors.None;
        }

        return options;
    }

    private (X509Certificate2 Certificate, X509Certificate2Collection Chain) LoadServer()
    {
        var file = _options.CertificateFile;
        try
        {
            var chain = new X509Certificate2Collection();
            if (Path.GetExtension(file).ToUpperInvariant() is ".PFX" or ".P12")
            {
                chain = X509CertificateLoader.LoadPkcs12CollectionFromFile(file, _options.Password);
                var own = chain.FirstOrDefault(c => c.HasPrivateKey) ?? throw new ListenerException($"The file {file} holds no private key: give one with certificate and key.");
                return (own, chain);
            }

            chain.ImportFromPemFile(file);
            var key = _options.KeyFile ?? file;
            var certificate = _options.Password is null ? X509Certificate2.CreateFromPemFile(file, key) : X509Certificate2.CreateFromEncryptedPemFile(file, _options.Password, key);
            return (certificate, chain);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ListenerException($"The certificate {file} or its key {_options.KeyFile ?? file} cannot be read: {e.Message}", e);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new ListenerException($"The certificate {file} and the key {_options.KeyFile ?? file} cannot be used together: {e.Message} Give a PEM certificate with its own key, or a .pfx file with its password.", e);
        }
    }

    private X509Certificate2Collection LoadAuthorities()
    {
        var file = _options.ClientAuthorityFile ?? throw new ListenerException("Client certificates are asked for and no file of authorities is named: give one in PEM.");
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new ListenerException($"The authorities in {file} cannot be read: {e.Message}", e);
        }

        return authorities.Count > 0 ? authorities : throw new ListenerException($"The file {file} holds no certificate: give the authorities in PEM.");
    }

    [LoggerMessage(1017, LogLevel.Warning, "The key {File} can be read or written by every user of this machine: let its owner alone have it (chmod 600).")]
    private static partial void LogOpenKey(ILogger logger, string file);

    [LoggerMessage(1100, LogLevel.Information, "The certificate {File} was read again; it is valid until {Until:u}.")]
    private static partial void LogRenewed(ILogger logger, string file, DateTime until);

    [LoggerMessage(1101, LogLevel.Error, "The changed certificate is not taken, the last good one stays in use. {Fault}")]
    private static partial void LogKept(ILogger logger, string fault);
}
