using System.Text;

namespace Uns.Connectors.Modbus.Wire;

/// <summary>Cuts the answers to function 43/14 into facts. Pure.</summary>
/// <remarks>Modbus Application Protocol V1.1b3, 6.21.</remarks>
internal sealed class ModbusIdentity
{
    private const int LongestFact = 128;

    // Number of the object and its name, [V1.1b3, 6.21] table of objects.
    private static readonly string[] Names = ["Vendor", "Product", "Revision", "Address", "Name", "Model", "Application"];

    private readonly SortedDictionary<byte, string> _found = [];

    /// <summary>What was found so far.</summary>
    public DeviceIdentity Identity => new([.. _found.Select(f => new IdentityFact(f.Key < Names.Length ? Names[f.Key] : $"Object {f.Key}", f.Value))]);

    /// <summary>Takes one answer.</summary>
    /// <param name="data">After function and kind: code, conformity, more follows, next object, count, then objects. Its length has been checked.</param>
    /// <returns>The object to ask from next; null when that was all.</returns>
    public byte? Take(ReadOnlySpan<byte> data)
    {
        var (more, next, count) = (data[2], data[3], data[4]);
        var rest = data[5..];
        for (; count > 0 && rest.Length >= 2 && rest.Length >= 2 + rest[1]; count--)
        {
            var text = Encoding.Latin1.GetString(rest.Slice(2, rest[1])).Trim('\0', ' ');
            if (text.Length > 0)
            {
                _found[rest[0]] = text[..Math.Min(text.Length, LongestFact)];
            }

            rest = rest[(2 + rest[1])..];
        }

        return more == 0xFF && next > 0 ? next : null;
    }
}
