using System.Text.Json.Nodes;

namespace Uns.Connectors;

/// <summary>
/// Looks around in a device over one connection of its own: the first look opens it, those that follow use it, and it is closed after a time without a look, or by
/// whoever holds the visit. The device need not be saved.
/// </summary>
/// <remarks>
/// At most one connection at a time, apart from one that is being closed. Looks may come at the same time. After one that failed or was given up the connection is not used again;
/// where a connection from an earlier look fails, the look is made once more over a new one: the device may have closed it meanwhile. Safe to call from many tasks.
/// </remarks>
public sealed class DeviceVisit(TimeProvider clock) : IAsyncDisposable
{
    /// <summary>How long a connection is kept without a look.</summary>
    public static TimeSpan Silence { get; } = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _oneOpens = new(1, 1);
    private readonly HashSet<Task> _closing = [];
    private Line? _line;
    private bool _isOver;

    /// <summary>One level of what the device offers.</summary>
    /// <param name="kind">The device's protocol.</param>
    /// <param name="device">The device; its tags are left out of account. One with other settings than before is connected to anew.</param>
    /// <param name="below">A <see cref="BrowseEntry.Id"/> from an earlier look, or null for the root.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <exception cref="ConnectorException">A setting is wrong, or the device cannot be reached; the message says what to change.</exception>
    public async Task<IReadOnlyList<BrowseEntry>> BrowseAsync(IConnectorKind kind, DeviceOptions device, string? below, CancellationToken cancellationToken)
    {
        IReadOnlyList<BrowseEntry> found = [];
        await LookAsync(kind, device, async (connector, token) => found = await connector.BrowseAsync(below, token), DeviceBrowser.Limit, cancellationToken);
        return found;
    }

    /// <summary>Any look at the device.</summary>
    /// <param name="kind">The device's protocol.</param>
    /// <param name="device">The device; its tags are left out of account.</param>
    /// <param name="look">Gets the connected connector; it may be called a second time, and goes on then from where it was.</param>
    /// <param name="limit">Longest time, connection included; above zero.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <exception cref="ConnectorException">A setting is wrong, or the device cannot be reached; the message says what to change.</exception>
    /// <exception cref="ObjectDisposedException">The visit is over.</exception>
    public async Task LookAsync(IConnectorKind kind, DeviceOptions device, Func<IConnector, CancellationToken, Task> look, TimeSpan limit, CancellationToken cancellationToken)
    {
        device = device with { Tags = [] };
        if (kind.Check(device) is { Count: > 0 } faults)
        {
            throw new ConnectorException(string.Join(" ", faults));
        }

        using var patience = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            while (true)
            {
                var (line, isNew) = await EnterAsync(kind, device, either.Token);
                var isWell = false;
                try
                {
                    await look(line.Connector, either.Token);
                    isWell = true;
                    return;
                }
                catch (ConnectorException) when (!isNew && !either.IsCancellationRequested)
                {
                    // Once more, over a new connection.
                }
                finally
                {
                    Leave(line, isWell);
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ConnectorException($"The device did not show what it offers within {limit.TotalSeconds:0} s.");
        }
    }

    /// <summary>Closes the connection once the looks that are under way have ended. No look may follow.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] closing;
        lock (_gate)
        {
            _isOver = true;
            Drop(_line);
            closing = [.. _closing];
        }

        await Task.WhenAll(closing);
    }

    // The connection that is there, or a new one: at most one is opened at a time.
    private async Task<(Line Line, bool IsNew)> EnterAsync(IConnectorKind kind, DeviceOptions device, CancellationToken cancellationToken)
    {
        await _oneOpens.WaitAsync(cancellationToken);
        try
        {
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_isOver, this);
                if (_line is { } there && there.IsFor(kind, device))
                {
                    there.Looks++;
                    return (there, false);
                }

                Drop(_line);
            }

            var connector = kind.Plan(device, clock).Connector;
            try
            {
                await connector.ConnectAsync(cancellationToken);
            }
            catch
            {
                await connector.DisposeAsync();
                throw;
            }

            var line = new Line(kind, device, connector) { Looks = 1 };
            line.Timer = clock.CreateTimer(_ => CloseIfSilent(line), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            lock (_gate)
            {
                _line = line;
                if (_isOver)
                {
                    Drop(line); // The visit ended meanwhile: it is closed when this look is over.
                }
            }

            return (line, true);
        }
        finally
        {
            _oneOpens.Release();
        }
    }

    private void Leave(Line line, bool isWell)
    {
        lock (_gate)
        {
            line.Looks--;
            if (!isWell)
            {
                Drop(line);
            }
            else if (line.IsDropped)
            {
                CloseIfLeft(line);
            }
            else if (line.Looks == 0)
            {
                line.LeftAt = clock.GetTimestamp();
                line.Timer!.Change(Silence, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void CloseIfSilent(Line line)
    {
        lock (_gate)
        {
            if (line.Looks > 0 || line.IsDropped)
            {
                return;
            }

            var left = Silence - clock.GetElapsedTime(line.LeftAt);
            if (left > TimeSpan.Zero)
            {
                line.Timer!.Change(left, Timeout.InfiniteTimeSpan); // Somebody looked meanwhile, or the timer was early.
            }
            else
            {
                Drop(line);
            }
        }
    }

    // No look begins over it any more; it is closed when the last one has left. Under the lock.
    private void Drop(Line? line)
    {
        if (line is null)
        {
            return;
        }

        line.IsDropped = true;
        _line = _line == line ? null : _line;
        CloseIfLeft(line);
    }

    private void CloseIfLeft(Line line)
    {
        if (line.Looks > 0 || line.IsClosed)
        {
            return;
        }

        line.IsClosed = true;
        var closing = Task.Run(() => CloseAsync(line));
        _closing.Add(closing);
        _ = closing.ContinueWith(
            done =>
            {
                lock (_gate)
                {
                    _closing.Remove(done);
                }
            },
            CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private static async Task CloseAsync(Line line)
    {
        await line.Timer!.DisposeAsync();
        await line.Connector.DisposeAsync();
    }

    private sealed class Line(IConnectorKind kind, DeviceOptions device, IConnector connector)
    {
        public IConnector Connector => connector;

        public ITimer? Timer { get; set; }

        /// <summary>Looks that are under way.</summary>
        public int Looks { get; set; }

        /// <summary>When the last look left, as a timestamp of the clock.</summary>
        public long LeftAt { get; set; }

        public bool IsDropped { get; set; }

        public bool IsClosed { get; set; }

        public bool IsFor(IConnectorKind asked, DeviceOptions wanted) => asked.Protocol == kind.Protocol && JsonNode.DeepEquals(device.Settings, wanted.Settings);
    }
}
