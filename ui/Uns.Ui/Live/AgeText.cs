namespace Uns.Ui.Live;

/// <summary>Time spans as people say them.</summary>
public static class AgeText
{
    /// <summary>For example <c>now</c>, <c>4 s</c>, <c>3 min</c>, <c>2 h</c>, <c>5 d</c>; <c>ahead by 4 s</c> when the source's clock is ahead.</summary>
    public static string Of(TimeSpan age)
    {
        if (age < TimeSpan.FromSeconds(-2))
        {
            return T($"ahead by {Of(-age)}");
        }

        return age.TotalSeconds < 1 ? T("now")
            : age.TotalSeconds < 120 ? T($"{(int)age.TotalSeconds} s")
            : age.TotalMinutes < 120 ? T($"{(int)age.TotalMinutes} min")
            : age.TotalHours < 48 ? T($"{(int)age.TotalHours} h")
            : T($"{(int)age.TotalDays} d");
    }
}
