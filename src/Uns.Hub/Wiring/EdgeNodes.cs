using Uns.Sparkplug.EdgeNode;
using Uns.Tags;

namespace Uns.Hub.Wiring;

/// <summary>The edge nodes that speak for the devices: one for all of them, or one for each.</summary>
/// <param name="isSplit">True: one for each device.</param>
/// <param name="make">Makes the edge node of a device; null: the one of all.</param>
internal sealed class EdgeNodes(bool isSplit, Func<string?, EdgeNodePublisher> make)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Member> _members = new(StringComparer.Ordinal);
    private Func<string, string, TagValue, CancellationToken, Task>? _onCommand;
    private CancellationToken? _running;

    /// <summary>Every edge node there is now.</summary>
    public IReadOnlyList<EdgeNodePublisher> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _members.Values.Select(m => m.Node)];
            }
        }
    }

    /// <summary>The edge node that speaks for a device; made, and started, when it is not there yet.</summary>
    public EdgeNodePublisher For(string device) => MemberOf(isSplit ? device : "").Node;

    /// <summary>A device is gone for good: it dies, and with it an edge node of its own.</summary>
    public async Task RemoveAsync(string device)
    {
        Member? member;
        lock (_gate)
        {
            if (!isSplit)
            {
                _members.GetValueOrDefault("")?.Node.RemoveDevice(device);
                return;
            }

            _members.Remove(device, out member);
        }

        if (member is not null)
        {
            await member.Stop.CancelAsync();
            await member.Run;
            await member.Stopping.DisposeAsync();
            member.Stop.Dispose();
        }
    }

    /// <summary>Runs all of them, those that are made later too, until cancelled.</summary>
    /// <param name="onCommand">Sets a tag of a device.</param>
    /// <param name="cancellationToken">Ends all of them as planned.</param>
    public async Task RunAsync(Func<string, string, TagValue, CancellationToken, Task> onCommand, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            (_onCommand, _running) = (onCommand, cancellationToken);
            foreach (var member in _members.Values)
            {
                Start(member);
            }
        }

        if (!isSplit)
        {
            await MemberOf("").Run; // A fault of it is the hub's.
            return;
        }

        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var stopping = cancellationToken.Register(stopped.SetResult);
        await stopped.Task;
        List<Task> runs;
        lock (_gate)
        {
            runs = [.. _members.Values.Select(m => m.Run)];
        }

        await Task.WhenAll(runs);
    }

    private Member MemberOf(string key)
    {
        lock (_gate)
        {
            if (!_members.TryGetValue(key, out var member))
            {
                _members.Add(key, member = new Member(make(key.Length == 0 ? null : key)));
                Start(member);
            }

            return member;
        }
    }

    private void Start(Member member)
    {
        if (_running is { } running && member.Run == Task.CompletedTask)
        {
            member.Node.OnCommand = _onCommand;
            member.Stopping = running.Register(member.Stop.Cancel);
            member.Run = Task.Run(() => member.Node.RunAsync(member.Stop.Token), CancellationToken.None);
        }
    }

    private sealed class Member(EdgeNodePublisher node)
    {
        public EdgeNodePublisher Node { get; } = node;

        public CancellationTokenSource Stop { get; } = new();

        public CancellationTokenRegistration Stopping { get; set; }

        public Task Run { get; set; } = Task.CompletedTask;
    }
}
