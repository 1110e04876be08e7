namespace Uns.Connectors.Modbus;

/// <summary>Which units behind a gateway are silent, and until when they are left alone so that they do not hold up the others. Pure.</summary>
/// <param name="units">How many units are asked at all.</param>
internal sealed class UnitHealth(int units)
{
    private static readonly TimeSpan FirstRest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(30);

    private readonly Dictionary<byte, Rest> _resting = [];

    /// <summary>True when every unit is silent: then it is the device that is gone.</summary>
    public bool AllSilent => _resting.Count >= units && _resting.Values.All(r => r.IsSilent);

    /// <summary>The reason why a unit is left alone at this time; null when it may be asked.</summary>
    public string? RestReason(byte unit, DateTimeOffset now) =>
        _resting.TryGetValue(unit, out var rest) && now < rest.Until ? rest.Reason : null;

    /// <summary>The unit gave an answer of its own.</summary>
    public void Answered(byte unit) => _resting.Remove(unit);

    /// <summary>The unit did not answer, or its gateway said so: it rests 1, 2, 4 … 30 s.</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="reason">What its tags say meanwhile.</param>
    /// <param name="isSilent">False when the gateway answered in its place, which shows that the connection lives.</param>
    /// <param name="now">The time.</param>
    public void Failed(byte unit, string reason, bool isSilent, DateTimeOffset now)
    {
        var length = _resting.TryGetValue(unit, out var before) ? before.Length * 2 : FirstRest;
        length = length > LongestRest ? LongestRest : length;
        _resting[unit] = new(now + length, length, reason, isSilent);
    }

    /// <summary>Forgets everything: a new connection.</summary>
    public void Clear() => _resting.Clear();

    private sealed record Rest(DateTimeOffset Until, TimeSpan Length, string Reason, bool IsSilent);
}
