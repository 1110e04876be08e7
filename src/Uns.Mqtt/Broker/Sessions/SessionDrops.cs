namespace Uns.Mqtt.Broker.Sessions;

/// <summary>What one session lost, by reason. Most sessions lose nothing and have none.</summary>
internal sealed class SessionDrops
{
    public long SlowReceiver { get; set; }

    public long QueueFull { get; set; }

    public long Expired { get; set; }

    public long TooLarge { get; set; }

    public long NotAuthorized { get; set; }
}
