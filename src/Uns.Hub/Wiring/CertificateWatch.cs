using System.Security.Cryptography;
using Uns.Connectors;
using Uns.Connectors.OpcUa.Security;

namespace Uns.Hub.Wiring;

/// <summary>Tells once at each stage that a certificate comes to its end: our own, and those that were accepted.</summary>
internal sealed partial class CertificateWatch(CertificateStore trust, ILogger<CertificateWatch> logger)
{
    /// <summary>Most events kept.</summary>
    public const int MostEvents = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _told = new(StringComparer.Ordinal);
    private readonly Queue<CertificateEvent> _events = new();

    /// <summary>Certificates that have reached a stage, the most pressing first; what is new is kept as an event and logged.</summary>
    public IReadOnlyList<CertificateEvent> Look(DateTimeOffset now)
    {
        var found = trust.All().Where(c => c.IsTrusted)
            .Select(c => Of(c, $"The certificate of {c.Subject}", "Renew it there, and accept the new one here.", now))
            .Prepend(Own(now))
            .OfType<CertificateEvent>().OrderBy(e => e.Stage).ToList();
        lock (_gate)
        {
            foreach (var gone in _told.Keys.Except(found.Select(f => f.Thumbprint)).ToList())
            {
                _told.Remove(gone);
            }

            foreach (var reached in found.Where(f => _told.GetValueOrDefault(f.Thumbprint, int.MaxValue) > f.Stage))
            {
                _told[reached.Thumbprint] = reached.Stage;
                _events.Enqueue(reached);
                if (_events.Count > MostEvents)
                {
                    _events.Dequeue();
                }

                LogEnding(reached.Sentence);
            }
        }

        return found;
    }

    /// <summary>What was told so far, the oldest first.</summary>
    public IReadOnlyList<CertificateEvent> Events()
    {
        lock (_gate)
        {
            return [.. _events];
        }
    }

    private CertificateEvent? Own(DateTimeOffset now)
    {
        try
        {
            return Of(trust.OwnView(), "The hub's own certificate for OPC UA", "Renew it on the page Certificates, and let the servers accept it.", now);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return new(now, "own", 0, $"The hub's own certificate for OPC UA cannot be read or made: {unreadable.Message}");
        }
    }

    private static CertificateEvent? Of(ServerCertificate certificate, string whose, string what, DateTimeOffset now) =>
        CertificateTerms.StageOf(certificate.NotAfter, now) is { } stage
            ? new(now, certificate.Thumbprint, stage, CertificateTerms.Sentence(whose, certificate.NotAfter, now, what)!)
            : null;

    [LoggerMessage(4103, LogLevel.Warning, "{Sentence}")]
    private partial void LogEnding(string sentence);
}

/// <summary>A certificate has reached a stage before its end.</summary>
/// <param name="At">When that was found. UTC.</param>
/// <param name="Thumbprint">SHA-256 of the certificate.</param>
/// <param name="Stage">60, 30 or 7 days left at most; 0 when it is over.</param>
/// <param name="Sentence">What is to be done.</param>
internal sealed record CertificateEvent(DateTimeOffset At, string Thumbprint, int Stage, string Sentence);
