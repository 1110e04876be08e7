using System.Net;
using Uns.Mqtt.Broker.Inspection;

namespace Uns.Mqtt.Broker.Sessions;

/// <summary>
/// Two clients with one identifier drive one another out for ever when both come back by themselves. After some rounds the
/// one that is in stays for a while: a newcomer waits a second, the next one twice as long, up to a minute.
/// </summary>
/// <param name="allowed">Take-overs of one identifier within 30 s before newcomers wait, from 1.</param>
internal sealed class TakeOverBrake(int allowed)
{
    /// <summary>Most identifiers that are watched; any further one is taken over as ever.</summary>
    private const int MostWatched = 10_000;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    /// <summary>Time without a newcomer after which a dispute is over.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(5);

    /// <summary>Who was silent for longer may be the dead link of the very client that comes back.</summary>
    private static readonly TimeSpan Lively = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, Rounds> _watched = new(StringComparer.Ordinal);
    private volatile IReadOnlyList<ClientDispute> _disputes = [];

    /// <summary>The identifiers that are fought over now; from any thread.</summary>
    public IReadOnlyList<ClientDispute> Disputes => _disputes;

    /// <summary>Counts a take-over, or bids the newcomer wait.</summary>
    /// <param name="clientId">The identifier.</param>
    /// <param name="holder">Who is connected by it.</param>
    /// <param name="newcomer">Who wants to be.</param>
    /// <param name="now">Milliseconds of Unix time.</param>
    /// <param name="dispute">What to tell people of, when this is the first who has to wait; else null.</param>
    /// <returns>How long the newcomer has to wait; zero: it may take over.</returns>
    public TimeSpan WaitFor(string clientId, BrokerConnection holder, BrokerConnection newcomer, long now, out ClientDispute? dispute)
    {
        dispute = null;
        if (now - holder.LastHeard > Lively.TotalMilliseconds && Host(holder) == Host(newcomer))
        {
            return TimeSpan.Zero;
        }

        if (!_watched.TryGetValue(clientId, out var rounds))
        {
            if (_watched.Count >= MostWatched)
            {
                return TimeSpan.Zero;
            }

            _watched.Add(clientId, rounds = new());
        }

        rounds.LastTry = now;
        if (now < rounds.ClosedUntil)
        {
            return TimeSpan.FromMilliseconds(rounds.ClosedUntil - now);
        }

        while (rounds.Times.Count > 0 && now - rounds.Times.Peek() > Window.TotalMilliseconds)
        {
            rounds.Times.Dequeue();
        }

        if (rounds.Pause == TimeSpan.Zero && rounds.Times.Count < allowed)
        {
            rounds.Times.Enqueue(now);
            return TimeSpan.Zero;
        }

        if (rounds.Pause == TimeSpan.Zero)
        {
            rounds.CloseFor(ShortestPause, now);
            dispute = new(clientId, holder.Link.Remote, newcomer.Link.Remote, DateTimeOffset.FromUnixTimeMilliseconds(now));
            _disputes = [.. _disputes, dispute];
            return ShortestPause;
        }

        rounds.CloseFor(rounds.Pause * 2 < LongestPause ? rounds.Pause * 2 : LongestPause, now);
        return TimeSpan.Zero;
    }

    /// <summary>Once a second: forgets what is over.</summary>
    public void Tick(long now)
    {
        foreach (var (clientId, rounds) in _watched)
        {
            var kept = rounds.Pause > TimeSpan.Zero ? Settled : Window;
            if (now - rounds.LastTry > kept.TotalMilliseconds)
            {
                _watched.Remove(clientId);
                _disputes = [.. _disputes.Where(d => d.ClientId != clientId)];
            }
        }
    }

    // A client comes from another port each time.
    private static string Host(BrokerConnection connection) =>
        connection.Link.Origin.Remote is IPEndPoint end ? end.Address.ToString() : connection.Link.Remote;

    private sealed class Rounds
    {
        public Queue<long> Times { get; } = new();

        public long LastTry { get; set; }

        public long ClosedUntil { get; private set; }

        public TimeSpan Pause { get; private set; }

        public void CloseFor(TimeSpan pause, long now) => (Pause, ClosedUntil) = (pause, now + (long)pause.TotalMilliseconds);
    }
}
