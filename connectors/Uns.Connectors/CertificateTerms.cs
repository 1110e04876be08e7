using System.Globalization;

namespace Uns.Connectors;

/// <summary>When people are told that a certificate comes to its end: 60, 30 and 7 days before, and when it is over. Pure.</summary>
public static class CertificateTerms
{
    private static readonly int[] Days = [7, 30, 60];

    /// <summary>The stage that a certificate has reached.</summary>
    /// <returns>60, 30 or 7 for so many days left or fewer, 0 when it is over; null while it has more than 60 days.</returns>
    public static int? StageOf(DateTimeOffset end, DateTimeOffset now)
    {
        if (end <= now)
        {
            return 0;
        }

        foreach (var days in Days)
        {
            if (end - now <= TimeSpan.FromDays(days))
            {
                return days;
            }
        }

        return null;
    }

    /// <summary>What is to be said about a certificate; null while there is nothing.</summary>
    /// <param name="whose">The beginning of the sentence, such as <c>The certificate of CN=plc</c>.</param>
    /// <param name="end">Until when it is valid.</param>
    /// <param name="now">The time now.</param>
    /// <param name="what">What to do, as a whole sentence.</param>
    public static string? Sentence(string whose, DateTimeOffset end, DateTimeOffset now, string what) => StageOf(end, now) switch
    {
        null => null,
        0 => $"{whose} ended on {Date(end)}. {what}",
        _ => $"{whose} ends on {Date(end)}, in {Math.Floor((end - now).TotalDays).ToString(CultureInfo.InvariantCulture)} days. {what}",
    };

    private static string Date(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
