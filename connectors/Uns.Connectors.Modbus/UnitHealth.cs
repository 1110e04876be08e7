namespace Uns.Connectors.Modbus;

/// <summary>
/// Which units behind a gateway are silent, and until when they are left alone so that they do not hold up the others.
/// The lanes of a device share it: every call takes the lock for a moment.
/// </summary>
/// <param name="units">How many units are asked at all.</param>
/// <param name="failuresBeforeRest">Failures in a row after which a unit is asked only every recovery period.</param>
/// <param name="recoveryPeriod">The longest rest.</param>
internal sealed class UnitHealth(int units, int failuresBeforeRest, TimeSpan recoveryPeriod)
{
    private static readonly TimeSpan FirstRest = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<byte, Rest> _resting = [];

    /// <summary>True when every unit is silent: then it is the device that is gone.</summary>
    public bool AllSilent
    {
        get
        {
            lock (_gate)
            {
                return _resting.Count >= units && _resting.Values.All(r => r.IsSilent);
            }
        }
    }

    /// <summary>The reason why a unit is left alone at this moment; null when it may be asked.</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="now">A moment that only goes forward, whatever the time of day is set to.</param>
    public string? RestReason(byte unit, TimeSpan now)
    {
        lock (_gate)
        {
            return _resting.TryGetValue(unit, out var rest) && now < rest.Until ? rest.Reason : null;
        }
    }

    /// <summary>True when the unit's last answer is missing: the next question only finds out whether it is back, and is not repeated.</summary>
    public bool IsDoubted(byte unit)
    {
        lock (_gate)
        {
            return _resting.ContainsKey(unit);
        }
    }

    /// <summary>True when the next question to the unit need not wait its whole time; every eighth does.</summary>
    public bool IsProbedShortly(byte unit)
    {
        lock (_gate)
        {
            return _resting.TryGetValue(unit, out var rest) && rest.Failures % 8 != 0;
        }
    }

    /// <summary>The unit gave an answer of its own.</summary>
    public void Answered(byte unit)
    {
        lock (_gate)
        {
            _resting.Remove(unit);
        }
    }

    /// <summary>The unit did not answer, or its gateway said so: it rests 1, 2, 4 … s, and after enough failures the whole recovery period.</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="reason">What its tags say meanwhile.</param>
    /// <param name="isSilent">False when the gateway answered in its place, which shows that the connection lives.</param>
    /// <param name="now">As in <see cref="RestReason"/>.</param>
    public void Failed(byte unit, string reason, bool isSilent, TimeSpan now)
    {
        lock (_gate)
        {
            var failures = _resting.TryGetValue(unit, out var before) ? before.Failures + 1 : 1;
            // Twelve doublings pass an hour, the longest rest there is.
            var length = failures >= failuresBeforeRest ? recoveryPeriod : FirstRest * Math.Pow(2, Math.Min(failures - 1, 12));
            _resting[unit] = new(now + (length > recoveryPeriod ? recoveryPeriod : length), failures, reason, isSilent);
        }
    }

    /// <summary>Forgets everything: a new connection.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _resting.Clear();
        }
    }

    private sealed record Rest(TimeSpan Until, int Failures, string Reason, bool IsSilent);
}
