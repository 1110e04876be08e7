using System.Diagnostics;

namespace Uns.Benchmarks;

/// <summary>Another process of this program, started by its own name or by <c>dotnet</c> as this one was.</summary>
internal static class OwnProcess
{
    /// <summary>How to start it; what it reads and prints goes to the one who starts it.</summary>
    /// <param name="arguments">Its command line.</param>
    public static ProcessStartInfo Of(params IEnumerable<string> arguments)
    {
        var program = Environment.ProcessPath!;
        IEnumerable<string> itself = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [typeof(OwnProcess).Assembly.Location] : [];
        return new(program, [.. itself, .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
    }
}
