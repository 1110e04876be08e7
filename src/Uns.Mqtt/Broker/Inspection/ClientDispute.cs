namespace Uns.Mqtt.Broker.Inspection;

/// <summary>Two clients with one identifier that drive one another out again and again.</summary>
/// <param name="ClientId">The identifier.</param>
/// <param name="Holder">Where the one is that was connected when the broker began to hold the other off.</param>
/// <param name="Newcomer">Where the other one is.</param>
/// <param name="Since">When that was, in UTC.</param>
public sealed record ClientDispute(string ClientId, string Holder, string Newcomer, DateTimeOffset Since)
{
    /// <summary>The same in a sentence that says what to do.</summary>
    public override string ToString() =>
        $"Two clients call themselves '{ClientId}', one at {Holder} and one at {Newcomer}, and drive one another out: give one of them another client identifier.";
}
