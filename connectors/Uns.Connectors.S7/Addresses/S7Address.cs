using System.Globalization;

namespace Uns.Connectors.S7;

/// <summary>The memory areas of a CPU; the numbers are the wire's own.</summary>
public enum S7Area
{
    /// <summary>Periphery, past the process image.</summary>
    Periphery = 0x80,

    /// <summary>Inputs, process image.</summary>
    Input = 0x81,

    /// <summary>Outputs, process image.</summary>
    Output = 0x82,

    /// <summary>Merkers (bit memory).</summary>
    Merker = 0x83,

    /// <summary>Data block.</summary>
    DataBlock = 0x84,
}

/// <summary>Where a value lies in a SIMATIC CPU, whatever notation it was written in.</summary>
/// <param name="Area">Which memory.</param>
/// <param name="Block">Number of the data block; zero for other areas.</param>
/// <param name="Byte">First byte, from zero.</param>
/// <param name="Bit">Bit of the byte, 0 to 7; zero for whole bytes.</param>
/// <param name="Type">What lies there.</param>
/// <param name="TextLength">Characters a text has room for; zero for other types.</param>
public sealed record S7Address(S7Area Area, int Block, int Byte, int Bit, S7Type Type, int TextLength)
{
    /// <summary>Bytes it takes.</summary>
    public int Width => Type.Width(TextLength);

    /// <summary>The address in the one notation of this software, e.g. <c>DB1.DBD4:REAL</c>, <c>DB1.DBX5.2:BOOL</c>, <c>M10.0:BOOL</c>, <c>MW10:INT</c>.</summary>
    public override string ToString()
    {
        var size = Type == S7Type.Bool ? "X" : Type.Width(0) switch { 2 when TextLength == 0 => "W", 4 when TextLength == 0 => "D", _ => "B" };
        var place = Byte.ToString(CultureInfo.InvariantCulture);
        var bit = Type == S7Type.Bool ? $".{Bit.ToString(CultureInfo.InvariantCulture)}" : "";
        var length = TextLength == 0 ? "" : $"({TextLength.ToString(CultureInfo.InvariantCulture)})";
        var where = Area switch
        {
            S7Area.DataBlock => $"DB{Block.ToString(CultureInfo.InvariantCulture)}.DB{size}",
            S7Area.Input => "I",
            S7Area.Output => "Q",
            S7Area.Merker => "M",
            _ => "PI",
        };
        return $"{where}{(Area == S7Area.DataBlock || size == "X" ? "" : size)}{place}{bit}:{Type.Word()}{length}";
    }
}
