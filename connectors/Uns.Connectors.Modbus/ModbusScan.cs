using System.Buffers.Binary;
using Uns.Connectors.Modbus.Wire;

namespace Uns.Connectors.Modbus;

/// <summary>Reads a range that nobody has planned: in blocks, and where one is refused, in ever smaller parts down to the place at fault.</summary>
/// <param name="askAsync">Asks a unit and brings its answer.</param>
/// <param name="most">Most registers or bits of one read.</param>
internal sealed class ModbusScan(Func<byte, byte[], CancellationToken, Task<ModbusAnswer>> askAsync, int most)
{
    /// <summary>Reads a range.</summary>
    /// <returns>For each place what it holds (0 or 1 for a bit), or why it could not be read.</returns>
    /// <exception cref="ConnectorException">The connection is gone.</exception>
    public async Task<IReadOnlyList<(ushort Value, string? Fault)>> ReadAsync(byte unit, ModbusTable table, int start, int count, CancellationToken cancellationToken)
    {
        var found = new (ushort, string?)[count];
        var waiting = new Stack<(int At, int Count)>();
        for (var at = (count - 1) / most * most; at >= 0; at -= most)
        {
            waiting.Push((at, Math.Min(most, count - at)));
        }

        while (waiting.TryPop(out var part))
        {
            var answer = await askAsync(unit, ModbusPdu.Read(table, (ushort)(start + part.At), part.Count), cancellationToken);
            switch (answer.Outcome)
            {
                case ModbusOutcome.Silent:
                    // Who is silent once is not asked for the rest: nobody shall wait a minute for it.
                    foreach (var (at, rest) in waiting.Append(part))
                    {
                        Array.Fill(found, ((ushort)0, $"unit {unit} did not answer."), at, rest);
                    }

                    return found;
                case ModbusOutcome.Done:
                    Fill(found.AsSpan(part.At, part.Count), table, answer.Data.Span);
                    break;
                case ModbusOutcome.Refused when part.Count > 1 && (answer.Exception is ModbusException.IllegalAddress or ModbusException.IllegalValue):
                    waiting.Push((part.At + (part.Count / 2), part.Count - (part.Count / 2)));
                    waiting.Push((part.At, part.Count / 2));
                    break;
                default:
                    Array.Fill(found, ((ushort)0, ModbusException.Explain(answer.Exception)), part.At, part.Count);
                    break;
            }
        }

        return found;
    }

    private static void Fill(Span<(ushort Value, string? Fault)> places, ModbusTable table, ReadOnlySpan<byte> data)
    {
        for (var index = 0; index < places.Length; index++)
        {
            places[index] = (table.IsBits()
                ? (ushort)((data[index / 8] >> (index % 8)) & 1)
                : BinaryPrimitives.ReadUInt16BigEndian(data[(index * 2)..]), null);
        }
    }
}
