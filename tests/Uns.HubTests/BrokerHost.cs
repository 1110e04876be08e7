using Uns.TestKit;

namespace Uns.HubTests;

/// <summary>The broker with its store in a process of its own.</summary>
internal static class BrokerHost
{
    /// <summary>The built program, in the configuration of the running tests.</summary>
    public static string Program { get; } = Path.Combine(
        PeerProcess.Root(), "artifacts", "bin", "Uns.BrokerHost", new DirectoryInfo(AppContext.BaseDirectory).Name, "Uns.BrokerHost.dll");
}
