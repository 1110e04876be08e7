using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Uns.Hub.Wiring;

/// <summary>The log on the console: a flood of one event is cut short, and a reader that stands still holds up no plant.</summary>
internal static class BrakedConsole
{
    /// <summary>Writes what is logged to the console.</summary>
    /// <param name="logging">Takes it as its only provider.</param>
    /// <param name="clock">Counts the brake's time.</param>
    /// <param name="format">How a line looks.</param>
    public static ILoggingBuilder AddBrakedConsole(this ILoggingBuilder logging, TimeProvider clock, Action<SimpleConsoleFormatterOptions> format)
    {
        logging.AddSimpleConsole(format);
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite);
        logging.Services.RemoveAll<ILoggerProvider>();
        logging.Services.AddSingleton<ILoggerProvider>(s => new LogBrake(
            new ConsoleLoggerProvider(s.GetRequiredService<IOptionsMonitor<ConsoleLoggerOptions>>(), s.GetServices<ConsoleFormatter>()), clock));
        return logging;
    }
}
