using System.Globalization;

namespace Uns.Connectors.Simulated;

/// <summary>What a tag without a device is: a signal that moves by itself, or a value that stays as it was written.</summary>
/// <param name="Signal">Its course; of a memory, what it holds at first.</param>
/// <param name="IsMemory">True when it keeps what is written.</param>
public sealed record SimulatedAddress(Signal Signal, bool IsMemory)
{
    /// <summary>The address in its one notation, e.g. <c>sine(0, 100, 00:01:00)</c>.</summary>
    public override string ToString()
    {
        var low = Signal.Low.ToString("R", CultureInfo.InvariantCulture);
        return IsMemory ? $"memory({low})"
            : Signal.Shape == SignalShape.Constant ? $"constant({low})"
            : $"{Signal.Shape.ToString().ToLowerInvariant()}({low}, {Signal.High.ToString("R", CultureInfo.InvariantCulture)}, {Signal.Period:c}{(Signal.Seed == 0 ? "" : $", {Signal.Seed}")})";
    }
}

/// <summary>Reads the addresses of signals: <c>sine(LOW, HIGH, PERIOD)</c>, also <c>ramp</c>, <c>walk</c>, <c>counter</c> and <c>square</c>; <c>constant(VALUE)</c>, <c>memory(VALUE)</c>.</summary>
public static class SimulatedAddressReader
{
    private static readonly TimeSpan ShortestPeriod = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPeriod = TimeSpan.FromDays(7);

    /// <summary>Reads one address.</summary>
    /// <param name="text">As the user wrote it.</param>
    /// <param name="address">The address; null when there is a fault.</param>
    /// <returns>Null when it was understood; else the rest of a sentence that says what to change.</returns>
    public static string? Read(string text, out SimulatedAddress? address)
    {
        address = null;
        var open = text.IndexOf('(', StringComparison.Ordinal);
        var end = text.TrimEnd();
        if (open < 1 || !end.EndsWith(')'))
        {
            return $"is '{text}': give a signal such as sine(0, 100, 1m), walk(20, 30, 10s), constant(5) or memory(0).";
        }

        var word = text[..open].Trim().ToLowerInvariant();
        var parts = end[(open + 1)..^1].Split(',', StringSplitOptions.TrimEntries);
        if (word is "constant" or "memory")
        {
            if (parts.Length != 1 || !TryNumber(parts[0], out var value))
            {
                return $"is '{text}': give {word} one finite number, e.g. {word}(5).";
            }

            address = new(Signal.Constant(value), word == "memory");
            return null;
        }

        if (!Enum.TryParse<SignalShape>(word, ignoreCase: true, out var shape) || shape is SignalShape.Constant or SignalShape.Replay || char.IsDigit(word[0]))
        {
            return $"is '{text}': '{word}' is no signal, give sine, ramp, walk, counter, square, constant or memory.";
        }

        return ReadMoving(text, shape, parts, out address);
    }

    private static string? ReadMoving(string text, SignalShape shape, string[] parts, out SimulatedAddress? address)
    {
        address = null;
        var seed = 0;
        if (parts.Length is < 3 or > 4 || !TryNumber(parts[0], out var low) || !TryNumber(parts[1], out var high)
            || (parts.Length == 4 && !int.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out seed)))
        {
            return $"is '{text}': give lowest and highest value and a period, e.g. sine(0, 100, 1m), and if wanted a whole number that tells it from others.";
        }

        if (!(low <= high))
        {
            return $"is '{text}': the lowest value is {parts[0]} and the highest {parts[1]}, give them in this order.";
        }

        if (SettingsReader.ParseDuration(parts[2]) is not { } period || period < ShortestPeriod || period > LongestPeriod)
        {
            return $"is '{text}': the period is {parts[2]}, give 10ms to 7 days, e.g. 1m.";
        }

        address = new(new Signal(shape, low, high, period, seed), IsMemory: false);
        return null;
    }

    private static bool TryNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);
}
