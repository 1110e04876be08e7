using System.Net;
using System.Net.Sockets;

namespace Uns.Hub.Access;

/// <summary>
/// Makes guessing slow: after some failures from an address, or of a name from a network, each further one doubles the time until the next attempt is looked at.
/// Whoever guesses a name elsewhere shuts nobody out: not from other networks, not at the machine itself, and not where the name signed in before.
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

    /// <summary>Counts that are remembered; a quarter makes room, those with the fewest failures first, so that a flood of names frees none that is braked.</summary>
    private const int MostRemembered = 10_000;

    private const int MostAtHome = 1000; // Names with the addresses where they signed in; the first makes room.
    private const int LongestKey = 100;
    private const int NetworkBytes = 3; // A /24: what a small office or a line's network is.
    private const int NetworkBytesV6 = 8; // Whoever has one IPv6 address has a whole /64 of them.

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Count> _counts = new(StringComparer.OrdinalIgnoreCase);
    private readonly OrderedDictionary<string, bool> _atHome = new(StringComparer.OrdinalIgnoreCase);

    // The time of day can be set, this only goes forward.
    private TimeSpan Now => clock.GetElapsedTime(0);

    /// <summary>Lets an attempt pass, counted as a failure until <see cref="Forgive"/>: attempts at the same moment count too.</summary>
    /// <returns>Zero when it may be looked at; else the time to wait.</returns>
    public TimeSpan Begin(string name, IPAddress? address)
    {
        var keys = new Keys(name, address);
        lock (_gate)
        {
            var now = Now;
            var wait = WaitOf(keys.Address, now);
            if (!keys.IsLoopback && !_atHome.ContainsKey(keys.Home) && WaitOf(keys.Name, now) is var byName && byName > wait)
            {
                wait = byName;
            }

            if (wait > TimeSpan.Zero)
            {
                return wait;
            }

            Add(keys.Name, now);
            Add(keys.Address, now);
            return TimeSpan.Zero;
        }
    }

    /// <summary>The attempt was right: the name starts anew, and the address gets this one back. It keeps its other failures, else one right password would buy free guesses.</summary>
    public void Forgive(string name, IPAddress? address)
    {
        var keys = new Keys(name, address);
        lock (_gate)
        {
            _counts.Remove(keys.Name);
            TakeBack(keys.Address);
            if (_atHome.TryAdd(keys.Home, true) && _atHome.Count > MostAtHome)
            {
                _atHome.RemoveAt(0);
            }
        }
    }

    /// <summary>The attempt was not looked at.</summary>
    public void TakeBack(string name, IPAddress? address)
    {
        var keys = new Keys(name, address);
        lock (_gate)
        {
            TakeBack(keys.Name);
            TakeBack(keys.Address);
        }
    }

    private TimeSpan WaitOf(string key, TimeSpan now)
    {
        if (!_counts.TryGetValue(key, out var count) || now - count.Last >= Memory || count.Failures < Free)
        {
            return TimeSpan.Zero;
        }

        var pause = TimeSpan.FromSeconds(Math.Min(Longest.TotalSeconds, Math.Pow(2, Math.Min(count.Failures - Free, 30))));
        var left = count.Last + pause - now;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private void Add(string key, TimeSpan now)
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

    private readonly record struct Count(int Failures, TimeSpan Last);

    private readonly record struct Keys
    {
        public Keys(string name, IPAddress? address)
        {
            address = address?.IsIPv4MappedToIPv6 == true ? address.MapToIPv4() : address;
            name = name.Trim();
            name = name.Length > LongestKey ? name[..LongestKey] : name;
            var bytes = address?.GetAddressBytes() ?? [];
            var isV6 = address?.AddressFamily == AddressFamily.InterNetworkV6;
            var from = Convert.ToHexString(isV6 ? bytes.AsSpan(0, NetworkBytesV6) : bytes);
            Address = "a " + from;
            Name = $"n {(isV6 ? from : Convert.ToHexString(bytes.AsSpan(0, Math.Min(NetworkBytes, bytes.Length))))} {name}";
            Home = $"{from} {name}";
            IsLoopback = address is not null && IPAddress.IsLoopback(address);
        }

        /// <summary>The name from one network.</summary>
        public string Name { get; }

        /// <summary>The address, whatever the name.</summary>
        public string Address { get; }

        /// <summary>The name at the address.</summary>
        public string Home { get; }

        public bool IsLoopback { get; }
    }
}
