using System.Globalization;

namespace Uns.Connectors;

/// <summary>Reads the figures of one device as somebody who looks for the reason would. Pure.</summary>
internal static class DeviceFindings
{
    // So much of a period a cycle may be late before it is worth a sentence.
    private const double LateCycle = 1.05;

    // One request in a hundred may go missing on a good line.
    private const double ManyTimeouts = 0.01;

    private const double LongTail = 5;

    /// <summary>What slows the device down, the most telling first.</summary>
    public static IEnumerable<string> Of(DeviceDiagnostics found)
    {
        var traffic = found.Traffic;
        if (found.Status.State is ConnectorState.Reconnecting or ConnectorState.Faulted)
        {
            yield return $"It is not connected: {found.Status.LastError}";
        }

        foreach (var group in found.Groups.Where(g => g.Cycle > g.Period * LateCycle))
        {
            yield return $"The {Time(group.Period)} group comes every {Time(group.Cycle!.Value)}{(found.Groups.Count(g => g.Period == group.Period) > 1 ? $" (connection {group.Lane + 1})" : "")}; {group.Missed} cycles were missed.";
        }

        foreach (var remark in traffic.Remarks)
        {
            yield return remark;
        }

        foreach (var warning in found.Budget.Warnings)
        {
            yield return warning;
        }

        if (traffic.Timeouts > traffic.Requests * ManyTimeouts)
        {
            var worst = traffic.Stations.Where(s => s.Timeouts > 0).OrderByDescending(s => s.Timeouts).ToList();
            var whose = traffic.Stations.Count > 1 ? $" Most by unit {worst[0].Station}: {worst[0].Timeouts} of {worst[0].Requests}." : "";
            yield return $"{traffic.Timeouts} of {traffic.Requests} requests were not answered in time.{whose}";
        }

        if (traffic is { RoundTrip50: { } half, RoundTrip99: { } most } && most > half * LongTail && most > TimeSpan.FromMilliseconds(100))
        {
            yield return $"Half of the answers come within {Time(half)}, but one in a hundred needs up to {Time(most)}: device or network stall now and then.";
        }

        if (traffic.DroppedAnswers > 0)
        {
            yield return $"{traffic.DroppedAnswers} late or foreign answers were dropped: the answer timeout may be short for this device.";
        }

        if (traffic.Refusals > 0)
        {
            yield return $"{traffic.Refusals} requests were refused: see the last errors.";
        }
    }

    private static string Time(TimeSpan time) => time.TotalSeconds >= 1
        ? $"{time.TotalSeconds.ToString("0.##", CultureInfo.InvariantCulture)} s"
        : $"{time.TotalMilliseconds.ToString("0.#", CultureInfo.InvariantCulture)} ms";
}
