using System.Globalization;
using Uns.Tags;

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

    /// <summary>Counters of an S7-300 or 400, two bytes each.</summary>
    Counter = 0x1C,

    /// <summary>Timers of an S7-300 or 400, two bytes each.</summary>
    Timer = 0x1D,
}

/// <summary>Where a value lies in a SIMATIC CPU, whatever notation it was written in.</summary>
/// <param name="Area">Which memory.</param>
/// <param name="Block">Number of the data block; zero for other areas.</param>
/// <param name="Byte">First byte, from zero; of timer and counter n, 2n.</param>
/// <param name="Bit">Bit of the byte, 0 to 7; zero for whole bytes.</param>
/// <param name="Type">What lies there.</param>
/// <param name="TextLength">Characters a text has room for; zero for other types.</param>
public sealed record S7Address(S7Area Area, int Block, int Byte, int Bit, S7Type Type, int TextLength)
{
    /// <summary>Elements of an array; zero for a single value.</summary>
    public int Count { get; init; }

    /// <summary>Bytes it takes.</summary>
    public int Width => Type == S7Type.Bool && Count > 0 ? (Bit + Count + 7) / 8 : Type.Width(TextLength) * Math.Max(1, Count);

    /// <summary>The tag's raw type.</summary>
    public DataType TagType => Count > 0 ? TagArray.ArrayOf(Type.TagType()) : Type.TagType();

    /// <summary>The address in the one notation of this software, e.g. <c>DB1.DBD4:REAL</c>, <c>DB1.DBX5.2:BOOL</c>, <c>M10.0:BOOL</c>, <c>MW10:INT</c>.</summary>
    public override string ToString()
    {
        var size = Type == S7Type.Bool ? "X" : Type.Width(0) switch { 2 when TextLength == 0 => "W", 4 when TextLength == 0 => "D", _ => "B" };
        var place = Byte.ToString(CultureInfo.InvariantCulture);
        var bit = Type == S7Type.Bool ? $".{Bit.ToString(CultureInfo.InvariantCulture)}" : "";
        var length = TextLength > 0 ? $"({TextLength.ToString(CultureInfo.InvariantCulture)})" : Count > 0 ? $"[{Count.ToString(CultureInfo.InvariantCulture)}]" : "";
        if (Area is S7Area.Timer or S7Area.Counter)
        {
            return $"{(Area == S7Area.Timer ? "T" : "C")}{(Byte / 2).ToString(CultureInfo.InvariantCulture)}{(Count > 0 ? $":{Type.Word()}{length}" : "")}";
        }

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
