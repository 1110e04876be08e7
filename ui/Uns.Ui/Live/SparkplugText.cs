using System.Globalization;
using Uns.Tree;

namespace Uns.Ui.Live;

/// <summary>Edge nodes as the pages say them.</summary>
public static class SparkplugText
{
    /// <summary>The badge's class for a node's state.</summary>
    public static string Look(NodeHealth node) => node.IsWell ? "good" : node.State == "Offline" ? "off" : node.State is "Awaits birth" or "Birth missing" ? "stale" : "bad";

    /// <summary>How far a clock is ahead or behind; empty when it is not known, or under a second.</summary>
    public static string Clock(TimeSpan? skew) => skew is not { } ahead || ahead.Duration() < TimeSpan.FromSeconds(1)
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $"{ahead.TotalSeconds:+0;-0} s");

    /// <summary>For what a node is asked for a rebirth.</summary>
    public static string Causes(IReadOnlyList<string> causes) => causes.Count == 0
        ? T("nothing, unless a person asks")
        : string.Join(", ", causes.Select(cause => cause switch { "gap" => T("lost or unreadable messages"), "unknown" => T("what no birth named"), _ => T("the host's start") }));

    /// <summary>A moment as UTC with seconds; empty when there is none.</summary>
    public static string Moment(DateTimeOffset? time) => time is { } at ? at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture) : "";
}
