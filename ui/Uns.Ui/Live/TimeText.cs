using System.Globalization;

namespace Uns.Ui.Live;

/// <summary>Lengths of time with three digits or so, in the unit that suits them.</summary>
public static class TimeText
{
    /// <summary>For example <c>850 µs</c>, <c>12.5 ms</c>, <c>1.7 s</c>, <c>5 min</c>.</summary>
    public static string Of(TimeSpan time) =>
        time.TotalMilliseconds < 1 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMicroseconds:0} µs")
        : time.TotalSeconds < 1 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.#} ms")
        : time.TotalMinutes < 2 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.##} s")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0.#} min");

    /// <summary>A minute, for example <c>2026-12-22 14:05</c>, UTC.</summary>
    public static string Minute(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    /// <summary>The same; a dash where there is none.</summary>
    public static string Of(TimeSpan? time) => time is { } known ? Of(known) : "–";
}
