using System.Globalization;
using System.Text;
using Uns.Tags;

namespace Uns.Connectors.Modbus;

/// <summary>What registers would be under every type and byte order, with a hint how likely each is. Pure.</summary>
/// <param name="options">Says how addresses are counted and which unit is the device's own.</param>
internal sealed class RegisterDecoder(ModbusOptions options)
{
    private const int TextBytes = 16;

    private static readonly (DataType Type, int Bits)[] Types =
    [
        (DataType.UInt16, 16), (DataType.Int16, 16), (DataType.Float, 32), (DataType.Int32, 32), (DataType.UInt32, 32),
        (DataType.Double, 64), (DataType.Int64, 64), (DataType.UInt64, 64),
    ];

    /// <summary>Decodes what was read.</summary>
    /// <param name="table">Registers or bits.</param>
    /// <param name="unit">The unit that was asked.</param>
    /// <param name="start">Offset of the first place.</param>
    /// <param name="read">For each place what it holds, or why it could not be read.</param>
    public IReadOnlyList<DecodedPlace> Decode(ModbusTable table, byte unit, int start, IReadOnlyList<(ushort Value, string? Fault)> read)
    {
        var places = new DecodedPlace[read.Count];
        for (var index = 0; index < places.Length; index++)
        {
            var address = Address(table, unit, start + index);
            var (value, fault) = read[index];
            places[index] = fault is not null
                ? new(address, null, fault, [])
                : table.IsBits()
                    ? new(address, value.ToString(CultureInfo.InvariantCulture), null, [new(address, DataType.Boolean, "", 1, value == 0 ? "false" : "true", Likelihood.Possible)])
                    : new(address, value.ToString("X4", CultureInfo.InvariantCulture), null, [.. Readings(address, Whole(read, index))]);
        }

        return places;
    }

    /// <summary>How much a number looks like a measured value.</summary>
    internal static Likelihood Judge(in TagValue value, int bits)
    {
        if (value.IsNull || !double.IsFinite(value.Number))
        {
            return Likelihood.Unlikely;
        }

        var size = Math.Abs(value.Number);
        if (value.Type is DataType.Float or DataType.Double)
        {
            // Integers read as floats are tiny, and floats in the wrong order are tiny or huge.
            return size == 0 ? Likelihood.Possible : size is < 1e-4 or > 1e8 ? Likelihood.Unlikely : size is < 1e-2 or > 1e6 ? Likelihood.Possible : Likelihood.Likely;
        }

        return bits == 16 ? Likelihood.Possible : size > (bits == 32 ? 1e8 : 1e12) ? Likelihood.Unlikely : Likelihood.Possible;
    }

    private static IEnumerable<DecodedReading> Readings(string address, byte[] bytes)
    {
        foreach (var (type, bits) in Types)
        {
            if (bytes.Length * 8 < bits)
            {
                continue;
            }

            foreach (var order in Orders(bits))
            {
                var value = RegisterValue.Read(bytes.AsSpan(0, bits / 8), new ModbusAddress { Order = order }, type, order);
                yield return new($"{address}#{order}", type, order.ToString(), bits, Shown(value), Judge(value, bits));
            }
        }

        foreach (var (suffix, type, bits) in new[] { ("BCD", DataType.UInt16, 16), ("LBCD", DataType.UInt32, 32) })
        {
            if (bytes.Length * 8 >= bits
                && RegisterValue.Read(bytes.AsSpan(0, bits / 8), new ModbusAddress { IsBcd = true, Order = ByteOrder.ABCD }, type, ByteOrder.ABCD) is { IsNull: false } value)
            {
                yield return new($"{address}:{suffix}", type, suffix, bits, Shown(value), Likelihood.Possible);
            }
        }

        foreach (var (letter, order) in new[] { ("H", ByteOrder.ABCD), ("L", ByteOrder.BADC) })
        {
            var text = bytes.ToArray();
            ByteOrders.Arrange(text, order);
            var length = text.AsSpan().IndexOfAnyExceptInRange((byte)0x20, (byte)0x7E);
            length = length < 0 ? text.Length : length;
            if (length >= 2)
            {
                yield return new($"{address}.{text.Length}{letter}", DataType.String, letter, 0, Encoding.ASCII.GetString(text, 0, length), length >= 4 ? Likelihood.Likely : Likelihood.Possible);
            }
        }
    }

    private static ByteOrder[] Orders(int bits) => bits switch
    {
        16 => [ByteOrder.ABCD, ByteOrder.BADC],
        32 => [ByteOrder.ABCD, ByteOrder.CDAB, ByteOrder.BADC, ByteOrder.DCBA],
        _ => [ByteOrder.ABCD, ByteOrder.CDAB, ByteOrder.BADC, ByteOrder.DCBA, ByteOrder.CDABGHEF, ByteOrder.EFGHABCD],
    };

    private static string Shown(in TagValue value) => value switch
    {
        { IsNull: true } => "–",
        { Type: DataType.Float } => ((float)value.Number).ToString("G7", CultureInfo.InvariantCulture),
        { Type: DataType.Double } => value.Number.ToString("G10", CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    // The registers from here on that could be read, as bytes; as many as the longest reading takes.
    private static byte[] Whole(IReadOnlyList<(ushort Value, string? Fault)> read, int index) =>
        [.. read.Skip(index).Take(TextBytes / 2).TakeWhile(r => r.Fault is null).SelectMany(r => new[] { (byte)(r.Value >> 8), (byte)r.Value })];

    // As this device's addresses are written: counted from one or from zero, its own unit left out.
    private string Address(ModbusTable table, byte unit, int offset)
    {
        var number = offset + (options.FirstAddress == FirstAddress.One ? 1 : 0);
        return string.Create(CultureInfo.InvariantCulture, $"{(unit == options.Unit ? "" : $"{unit}!")}{table.Letters()}{number}");
    }
}
