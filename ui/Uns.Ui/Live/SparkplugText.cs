using System.Globalization;
using Uns.Tree;

namespace Uns.Ui.Live;

/// <summary>Edge nodes as the pages say them.</summary>
public static class SparkplugText
{
    /// <summary>The badge's class for a node's state.</summary>
    public static string Look(NodeHealth node) => node.IsWell ? "good" : node.State == "Offline" ? "off" : node.State == "Awaits birth" ? "stale" : "bad";

    /// <summary>How far a clock is ahead or behind; empty when it is not known, or under a second.</summary>
    public static string Clock(TimeSpan? skew) => skew is not { } ahead || ahead.Duration() < TimeSpan.FromSeconds(1)
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $"{ahead.TotalSeconds:+0;-0} s");

    /// <summary>A moment as UTC with seconds; empty when there is none.</summary>
    public static string Moment(DateTimeOffset? time) => time is { } at ? at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture) : "";
}
