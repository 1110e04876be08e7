using System.Globalization;

namespace Uns.Ui.Trends;

/// <summary>One line of a scale.</summary>
/// <param name="At">Where, in the scale's own unit.</param>
/// <param name="Text">What stands beside it.</param>
public readonly record struct Tick(double At, string Text);

/// <summary>Round numbers and round times for scales.</summary>
public static class Ticks
{
    private static readonly double[] Seconds =
        [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600, 2_592_000, 5_184_000, 7_776_000, 15_552_000, 31_536_000];

    /// <summary>Round values between two, at most <paramref name="most"/> + 1.</summary>
    public static IReadOnlyList<Tick> Values(double low, double high, int most)
    {
        var raw = (high - low) / Math.Max(1, most);
        if (!(raw > 0) || !double.IsFinite(raw))
        {
            return [];
        }

        var magnitude = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        var step = magnitude * (raw / magnitude is var r && r <= 1 ? 1 : r <= 2 ? 2 : r <= 5 ? 5 : 10);
        var digits = Math.Clamp((int)-Math.Floor(Math.Log10(step)), 0, 15);
        var ticks = new List<Tick>();
        for (var i = Math.Ceiling(low / step); i * step <= high + (step * 1e-9) && ticks.Count <= most + 1; i++)
        {
            var at = i * step;
            ticks.Add(new(at, Math.Abs(at) is >= 1e7 or (> 0 and < 1e-4) ? at.ToString("0.###E+0", CultureInfo.InvariantCulture) : at.ToString("F" + digits, CultureInfo.InvariantCulture)));
        }

        return ticks;
    }

    /// <summary>Round moments between two, ms since 1970, UTC; at most <paramref name="most"/> + 1.</summary>
    public static IReadOnlyList<Tick> Times(long from, long to, int most)
    {
        var wanted = (to - from) / 1000.0 / Math.Max(1, most);
        var step = (long)(Array.Find(Seconds, s => s >= wanted) is var found && found > 0 ? found : Math.Ceiling(wanted / 31_536_000) * 31_536_000) * 1000;
        var format = step >= 86_400_000 ? "yyyy-MM-dd" : to - from > 86_400_000 ? "MM-dd HH:mm" : step >= 60_000 ? "HH:mm" : "HH:mm:ss";
        var ticks = new List<Tick>();
        for (var at = (from + step - 1) / step * step; at <= to; at += step)
        {
            ticks.Add(new(at, DateTimeOffset.FromUnixTimeMilliseconds(at).UtcDateTime.ToString(format, CultureInfo.InvariantCulture)));
        }

        return ticks;
    }
}
