namespace Uns.Connectors.Simulated;

/// <summary>Signals without a device, as the user writes them.</summary>
public sealed record SimulatedOptions
{
    /// <summary>Tells the walks of one device from those of another, 0 to 1000000.</summary>
    /// <value>0 unless set.</value>
    [Setting("Seed", "Shifts all signals of this device, so that two devices do not march in step; 0 to 1000000.")]
    public int Seed { get; init; }

    /// <summary>How long each read takes, 0 to 10 s.</summary>
    /// <value>Nothing unless set.</value>
    [Setting("Latency", "How long each read takes, 0 to 10 s, to see what a slow device does.")]
    public TimeSpan Latency { get; init; }

    /// <summary>Finds every fault at once, so that the user mends the settings in one go.</summary>
    public IEnumerable<SettingFault> Check()
    {
        if (Seed is < 0 or > 1_000_000)
        {
            yield return new("Settings.Seed", $"is {Seed}: give 0 to 1000000.");
        }

        if (Latency < TimeSpan.Zero || Latency > TimeSpan.FromSeconds(10))
        {
            yield return new("Settings.Latency", $"is {Latency:c}: give 0 to 10 s.");
        }
    }
}
