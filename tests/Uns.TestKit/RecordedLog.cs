using Microsoft.Extensions.Logging;

namespace Uns.TestKit;

/// <summary>Keeps what is logged, from one level up. Safe to call from many threads.</summary>
/// <param name="least">The lowest level that is kept.</param>
public sealed class RecordedLog(LogLevel least = LogLevel.Warning) : ILogger, ILoggerProvider
{
    private readonly Lock _gate = new();
    private readonly List<(LogLevel Level, EventId Event, string Text)> _entries = [];

    /// <summary>What was logged, in order; an exception stands behind its text.</summary>
    public IReadOnlyList<(LogLevel Level, EventId Event, string Text)> Entries
    {
        get
        {
            lock (_gate)
            {
                return [.. _entries];
            }
        }
    }

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => logLevel >= least;

    /// <inheritdoc/>
    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (logLevel >= least)
        {
            var text = formatter(state, exception);
            lock (_gate)
            {
                _entries.Add((logLevel, eventId, exception is null ? text : $"{text} {exception}"));
            }
        }
    }

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => this;

    /// <inheritdoc/>
    public void Dispose()
    {
        // Nothing is held.
    }
}
