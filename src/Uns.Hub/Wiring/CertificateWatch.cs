using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Uns.Connectors;
using Uns.Connectors.OpcUa.Security;
using Uns.Ui.Texts;
using static Uns.Ui.Texts.Wording;

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
            .Select(c => Of(c, c.Subject, now))
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
            return Of(trust.OwnView(), null, now);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return Told(now, "own", 0, Later($"The hub's own certificate for OPC UA cannot be read or made: {unreadable.Message}"));
        }
    }

    // Of whom it is, null for our own.
    private static CertificateEvent? Of(ServerCertificate certificate, string? subject, DateTimeOffset now)
    {
        if (CertificateTerms.StageOf(certificate.NotAfter, now) is not { } stage)
        {
            return null;
        }

        var (end, days) = (certificate.NotAfter.UtcDateTime, Math.Floor((certificate.NotAfter - now).TotalDays));
        return Told(now, certificate.Thumbprint, stage, (subject, stage) switch
        {
            (null, 0) => Later($"The hub's own certificate for OPC UA ended on {end:yyyy-MM-dd}. Renew it on the page Certificates, and let the servers accept it."),
            (null, _) => Later($"The hub's own certificate for OPC UA ends on {end:yyyy-MM-dd}, in {days} days. Renew it on the page Certificates, and let the servers accept it."),
            (_, 0) => Later($"The certificate of {subject} ended on {end:yyyy-MM-dd}. Renew it there, and accept the new one here."),
            _ => Later($"The certificate of {subject} ends on {end:yyyy-MM-dd}, in {days} days. Renew it there, and accept the new one here."),
        });
    }

    private static CertificateEvent Told(DateTimeOffset now, string thumbprint, int stage, Sentence said) => new(now, thumbprint, stage, said.ToString()) { Said = said };

    [LoggerMessage(4103, LogLevel.Warning, "{Sentence}")]
    private partial void LogEnding(string sentence);
}

/// <summary>A certificate has reached a stage before its end.</summary>
/// <param name="At">When that was found. UTC.</param>
/// <param name="Thumbprint">SHA-256 of the certificate.</param>
/// <param name="Stage">60, 30 or 7 days left at most; 0 when it is over.</param>
/// <param name="Sentence">What is to be done.</param>
internal sealed record CertificateEvent(DateTimeOffset At, string Thumbprint, int Stage, string Sentence)
{
    /// <summary>The same, to be said in the reader's language.</summary>
    [JsonIgnore]
    public Sentence Said { get; init; } = "";
}
