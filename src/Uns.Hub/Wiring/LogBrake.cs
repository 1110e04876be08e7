using System.Collections.Concurrent;

namespace Uns.Hub.Wiring;

/// <summary>
/// Lets each kind of event through twenty times in ten seconds. What is more is counted, and told in one line when the ten seconds
/// are over: a client that sends nonsense in a loop must fill neither the disk nor the reader's screen.
/// </summary>
/// <param name="inner">Writes what passes.</param>
/// <param name="clock">Counts the ten seconds.</param>
internal sealed class LogBrake(ILoggerProvider inner, TimeProvider clock) : ILoggerProvider
{
    private const int Most = 20;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);
    private readonly ConcurrentDictionary<(string Category, int Event), Kind> _kinds = new();

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName, inner.CreateLogger(categoryName));

    public void Dispose()
    {
        foreach (var kind in _kinds.Values)
        {
            kind.Dispose();
        }

        inner.Dispose();
    }

    private sealed class Logger(LogBrake brake, string category, ILogger inner) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => inner.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (inner.IsEnabled(logLevel) && brake._kinds.GetOrAdd((category, eventId.Id), _ => new Kind(inner, brake.Clock)).Passes(logLevel, eventId))
            {
                inner.Log(logLevel, eventId, state, exception, formatter);
            }
        }
    }

    private TimeProvider Clock => clock;

    /// <summary>One kind of event: its window begins with the first.</summary>
    private sealed class Kind : IDisposable
    {
        private readonly Lock _gate = new();
        private readonly ILogger _inner;
        private readonly ITimer _end;
        private LogLevel _level;
        private EventId _event;
        private int _seen;

        public Kind(ILogger inner, TimeProvider clock)
        {
            _inner = inner;
            _end = clock.CreateTimer(_ => End(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public bool Passes(LogLevel level, EventId id)
        {
            lock (_gate)
            {
                if (_seen++ == 0)
                {
                    _end.Change(Window, Timeout.InfiniteTimeSpan);
                }

                (_level, _event) = (level, id);
                return _seen <= Most;
            }
        }

        public void Dispose() => _end.Dispose();

        private void End()
        {
            int left;
            lock (_gate)
            {
                left = _seen - Most;
                _seen = 0;
            }

            if (left > 0)
            {
                _inner.Log(_level, _event, left, null, static (count, _) => $"And {count} more of this kind within {Window.TotalSeconds:0} s, which are left out.");
            }
        }
    }
}
