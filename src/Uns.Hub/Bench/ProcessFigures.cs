using System.Globalization;
using System.Net;

namespace Uns.Hub.Bench;

/// <summary>What a process under test costs, as Linux counts it in <c>/proc</c>.</summary>
internal sealed class ProcessFigures(int pid)
{
    private const double NanosecondsPerTick = 1e9 / 100; // USER_HZ is 100 on every Linux of today.

    private static readonly string[] Tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    /// <summary>The process.</summary>
    public int Pid { get; } = pid;

    /// <summary>Memory in use (RSS), in bytes.</summary>
    public long MemoryBytes
    {
        get
        {
            foreach (var line in File.ReadLines($"/proc/{Pid}/status"))
            {
                if (line.StartsWith("VmRSS:", StringComparison.Ordinal))
                {
                    return long.Parse(line.AsSpan(6).Trim().ToString().Split(' ')[0], CultureInfo.InvariantCulture) * 1024;
                }
            }

            return 0;
        }
    }

    /// <summary>Processor time of all its threads since it began, in nanoseconds.</summary>
    /// <exception cref="BenchException">The process is gone.</exception>
    public double CpuNanoseconds()
    {
        try
        {
            // User and system time stand 11 fields behind the name's closing bracket, in ticks.
            var stat = File.ReadAllText($"/proc/{Pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            var ticks = (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) * NanosecondsPerTick;

            // The scheduler's own count is finer, but knows only the threads that live.
            var fine = 0.0;
            foreach (var task in Directory.EnumerateDirectories($"/proc/{Pid}/task"))
            {
                fine += double.Parse(File.ReadAllText(Path.Combine(task, "schedstat")).Split(' ')[0], CultureInfo.InvariantCulture);
            }

            return fine > 0 ? fine : ticks;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            throw new BenchException($"The processor time of process {Pid} cannot be read: {gone.Message}");
        }
    }

    /// <summary>The process of this machine that listens on a port.</summary>
    /// <returns>Null when none is found: another machine, or a process of another user.</returns>
    public static ProcessFigures? Listening(IPEndPoint at)
    {
        var port = at.Port.ToString("X4", CultureInfo.InvariantCulture);
        var sockets = new HashSet<string>(StringComparer.Ordinal);
        foreach (var table in Tables.Where(File.Exists))
        {
            foreach (var row in File.ReadLines(table).Skip(1))
            {
                var fields = row.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (fields[3] == "0A" && fields[1].EndsWith($":{port}", StringComparison.Ordinal))
                {
                    sockets.Add($"socket:[{fields[9]}]");
                }
            }
        }

        return Directory.EnumerateDirectories("/proc").Select(d => Path.GetFileName(d)).Where(d => int.TryParse(d, out _))
            .Where(d => Holds(d, sockets)).Select(d => new ProcessFigures(int.Parse(d, CultureInfo.InvariantCulture))).FirstOrDefault();
    }

    private static bool Holds(string pid, HashSet<string> sockets)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries($"/proc/{pid}/fd").Any(f => new FileInfo(f).LinkTarget is { } target && sockets.Contains(target));
        }
        catch (Exception hidden) when (hidden is IOException or UnauthorizedAccessException)
        {
            return false; // It ended meanwhile, or belongs to another user.
        }
    }
}
