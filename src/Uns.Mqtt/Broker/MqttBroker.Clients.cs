using Uns.Mqtt.Broker.Inspection;

namespace Uns.Mqtt.Broker;

/// <content>The clients, for operators. Every answer is made on the I/O thread, in pieces that do not hold it up.</content>
public sealed partial class MqttBroker
{
    /// <summary>Most clients of one answer.</summary>
    public const int MaximumClientPage = 1000;

    // As many keys are taken from the I/O thread's hands in one go: some ten microseconds.
    private const int KeysAtOnce = 1000;

    /// <summary>Lists clients, connected or away, by client identifier.</summary>
    /// <param name="search">Part of the identifier, without regard to case; empty: all.</param>
    /// <param name="most">Most to give, 1 to <see cref="MaximumClientPage"/>.</param>
    /// <param name="after">Only identifiers behind this one in ordinal order; null: from the first.</param>
    /// <exception cref="InvalidOperationException">The broker does not run.</exception>
    public async Task<ClientPage> ListClientsAsync(string search = "", int most = MaximumClientPage, string? after = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(most, MaximumClientPage);
        var all = await OnLoopAsync(_core.AllSessions);
        var matching = Array.FindAll(all, s => !s.IsGhost && s.ClientId.Contains(search, StringComparison.OrdinalIgnoreCase));
        Array.Sort(matching, static (a, b) => string.CompareOrdinal(a.ClientId, b.ClientId));
        var shown = matching.SkipWhile(s => after is not null && string.CompareOrdinal(s.ClientId, after) <= 0).Take(most).Select(s => s.ClientId).ToList();
        return new(matching.Length, await OnLoopAsync(() => shown.Select(_core.Find).OfType<Sessions.Session>().Select(_core.Describe).ToList()));
    }

    /// <summary>One page of the clients, connected or away, in any order over all of them.</summary>
    /// <param name="order">What they are sorted by.</param>
    /// <param name="isDescending">True: the largest first.</param>
    /// <param name="search">Part of the identifier, without regard to case; empty: all.</param>
    /// <param name="page">Which page, from 1; further back than there are gives the last.</param>
    /// <param name="size">Clients of a page, 1 to <see cref="MaximumClientPage"/>.</param>
    /// <remarks>The I/O thread only tells what is sorted by, in short pieces between its other work; what changes meanwhile may stand at its old place.</remarks>
    /// <exception cref="InvalidOperationException">The broker does not run.</exception>
    public async Task<SortedClientPage> ListClientsAsync(ClientOrder order, bool isDescending = false, string search = "", int page = 1, int size = 100)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, MaximumClientPage);
        var all = await OnLoopAsync(_core.AllSessions);
        var matching = Array.FindAll(all, s => !s.IsGhost && s.ClientId.Contains(search, StringComparison.OrdinalIgnoreCase));
        var keys = new ClientKey[matching.Length];
        for (var first = 0; first < keys.Length; first += KeysAtOnce)
        {
            var (from, to) = (first, Math.Min(first + KeysAtOnce, keys.Length));
            await OnLoopAsync(() =>
            {
                for (var at = from; at < to; at++)
                {
                    keys[at] = new ClientKey(matching[at], order);
                }

                return to;
            });
        }

        Array.Sort(keys, (one, other) => ClientKey.Compare(one, other, order, isDescending));
        page = Math.Clamp(page, 1, Math.Max(1, (keys.Length + size - 1) / size));
        var shown = keys.Skip((page - 1) * size).Take(size).Select(k => k.ClientId).ToList();
        return new(keys.Length, page, await OnLoopAsync(() => shown.Select(_core.Find).OfType<Sessions.Session>().Select(_core.Describe).ToList()));
    }

    /// <summary>One client with its subscriptions and its will.</summary>
    /// <returns>Null when there is no session of that identifier.</returns>
    /// <exception cref="InvalidOperationException">The broker does not run.</exception>
    public Task<ClientDetail?> FindClientAsync(string clientId) => OnLoopAsync(() => _core.Find(clientId) is { } session ? _core.DescribeWhole(session) : null);

    /// <summary>Lists who gets the messages of a topic, connected or away, by client identifier.</summary>
    /// <param name="topic">A topic name, without wildcards.</param>
    /// <param name="most">Most to give, 1 to <see cref="MaximumClientPage"/>.</param>
    /// <exception cref="ArgumentException">It is no topic name: it is empty, or has a wildcard.</exception>
    /// <exception cref="ArgumentOutOfRangeException">As many cannot be given.</exception>
    /// <exception cref="InvalidOperationException">The broker does not run.</exception>
    public Task<List<SubscriberInfo>> ListSubscribersAsync(string topic, int most = MaximumClientPage)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic);
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(most, MaximumClientPage);
        return topic.AsSpan().ContainsAny('+', '#')
            ? throw new ArgumentException($"'{topic}' has a wildcard: give a topic name.", nameof(topic))
            : OnLoopAsync(() => _core.SubscribersOf(topic, most));
    }

    /// <summary>Ends a client's connection with reason 0x98 (administrative action). Its will is published and its session waits as long as it was to.</summary>
    /// <returns>False when no such client is connected.</returns>
    /// <exception cref="InvalidOperationException">The broker does not run.</exception>
    public Task<bool> DisconnectClientAsync(string clientId) => OnLoopAsync(() => _core.Disconnect(clientId));

    /// <summary>Ends a session with all that waits in it, and its connection before it with reason 0x98.</summary>
    /// <returns>False when there is no such session.</returns>
    /// <exception cref="InvalidOperationException">The broker does not run.</exception>
    public Task<bool> DropSessionAsync(string clientId) => OnLoopAsync(() => _core.Drop(clientId));

    /// <summary>Follows the messages of some topics to their subscribers; null ends it.</summary>
    public IDeliveryFollower? Follower
    {
        get => _core.Follower;
        set => _core.Follower = value;
    }

    private async Task<T> OnLoopAsync<T>(Func<T> ask)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_isRunning)
        {
            _loop.Post(() => answer.TrySetResult(ask()));
            await Task.WhenAny(answer.Task, _loop.Ended);
        }

        return answer.Task.IsCompleted ? await answer.Task : throw new InvalidOperationException("The broker does not run.");
    }
}
