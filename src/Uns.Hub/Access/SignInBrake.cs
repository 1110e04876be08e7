using System.Net;
using System.Net.Sockets;

namespace Uns.Hub.Access;

/// <summary>
/// Makes guessing slow: after some failures of a name, or from an address, each further one doubles the time until the next attempt is looked at.
/// Names that nobody has are braked like those that somebody has, so that the brake tells nothing.
/// </summary>
internal sealed class SignInBrake(TimeProvider clock)
{
    /// <summary>Failures that cost no time.</summary>
    public const int Free = 5;

    /// <summary>Longest time between two attempts: who forgot the password waits a minute, who guesses gets 1,440 a day.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    /// <summary>After this time without an attempt all is forgotten.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromMinutes(15);

    /// <summary>Names and addresses that are remembered; a quarter makes room, those with the fewest failures first, so that a flood of names frees none that is braked.</summary>
    private const int MostRemembered = 10_000;

    private const int LongestKey = 100;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Count> _counts = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Lets an attempt pass, counted as a failure until <see cref="Forgive"/>: attempts at the same moment count too.</summary>
    /// <returns>Zero when it may be looked at; else the time to wait.</returns>
    public TimeSpan Begin(string name, IPAddress? address)
    {
        var (byName, byAddress) = Keys(name, address);
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            var wait = TimeSpan.FromTicks(Math.Max(WaitOf(byName, now).Ticks, WaitOf(byAddress, now).Ticks));
            if (wait > TimeSpan.Zero)
            {
                return wait;
            }

            Add(byName, now);
            Add(byAddress, now);
            return TimeSpan.Zero;
        }
    }

    /// <summary>The attempt was right: the name starts anew, and the address gets this one back. It keeps its other failures, else one right password would buy free guesses.</summary>
    public void Forgive(string name, IPAddress? address)
    {
        var (byName, byAddress) = Keys(name, address);
        lock (_gate)
        {
            _counts.Remove(byName);
            TakeBack(byAddress);
        }
    }

    /// <summary>The attempt was not looked at.</summary>
    public void TakeBack(string name, IPAddress? address)
    {
        var (byName, byAddress) = Keys(name, address);
        lock (_gate)
        {
            TakeBack(byName);
            TakeBack(byAddress);
        }
    }

    private static (string Name, string Address) Keys(string name, IPAddress? address)
    {
        name = name.Trim();
        return ("n " + (name.Length > LongestKey ? name[..LongestKey] : name), "a " + Network(address));
    }

    // Whoever has one IPv6 address has a whole network of them.
    private static string Network(IPAddress? address)
    {
        if (address is null)
        {
            return "none";
        }

        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)) : address.ToString();
    }

    private TimeSpan WaitOf(string key, DateTimeOffset now)
    {
        if (!_counts.TryGetValue(key, out var count) || now - count.Last >= Memory || count.Failures < Free)
        {
            return TimeSpan.Zero;
        }

        var pause = TimeSpan.FromSeconds(Math.Min(Longest.TotalSeconds, Math.Pow(2, Math.Min(count.Failures - Free, 30))));
        var left = count.Last + pause - now;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private void Add(string key, DateTimeOffset now)
    {
        if (_counts.Count >= MostRemembered && !_counts.ContainsKey(key))
        {
            foreach (var old in _counts.OrderBy(c => c.Value.Failures).ThenBy(c => c.Value.Last).Take(MostRemembered / 4).Select(c => c.Key).ToList())
            {
                _counts.Remove(old);
            }
        }

        var failures = _counts.TryGetValue(key, out var count) && now - count.Last < Memory ? count.Failures : 0;
        _counts[key] = new Count(failures + 1, now);
    }

    private void TakeBack(string key)
    {
        if (_counts.TryGetValue(key, out var count))
        {
            _counts[key] = count with { Failures = count.Failures - 1 };
        }
    }

    private readonly record struct Count(int Failures, DateTimeOffset Last);
}
