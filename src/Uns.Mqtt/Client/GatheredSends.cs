namespace Uns.Mqtt.Client;

/// <summary>Until it is disposed, once, what its client publishes leaves in fuller sends; see <see cref="MqttClient.Gather"/>.</summary>
public sealed class GatheredSends : IDisposable
{
    private SendBuffer? _sending;

    internal GatheredSends(SendBuffer sending)
    {
        _sending = sending;
        sending.Gather();
    }

    /// <summary>What was gathered leaves.</summary>
    public void Dispose() => Interlocked.Exchange(ref _sending, null)?.LetGo();
}
