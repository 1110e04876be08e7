using System.Globalization;
using System.Text.RegularExpressions;
using Uns.Tags;

namespace Uns.Connectors.Modbus;

/// <summary>Reads the notations in which Modbus addresses are written.</summary>
/// <remarks>The README of this room lists them. A number without letters is read by its first digit: 0 coil, 1 discrete input, 3 input register, 4 holding register.</remarks>
public static partial class ModbusAddressReader
{
    /// <summary>Reads one address.</summary>
    /// <param name="text">As the user wrote it.</param>
    /// <param name="oneBased">True when 40001 is the first holding register; false when 40000 is.</param>
    /// <param name="address">The address; null when there is a fault.</param>
    /// <returns>Null when it was understood; else the rest of a sentence that says what to change.</returns>
    public static string? Read(string text, bool oneBased, out ModbusAddress? address)
    {
        address = null;
        var match = Whole().Match(text.Trim());
        if (!match.Success)
        {
            return $"is '{text}': give an address such as 40001, HR1, holding-register:1, 5!400001 or 40001.3.";
        }

        var fault = ReadPlace(match, oneBased, out var table, out var offset, out var named);
        if (fault is not null)
        {
            return $"is '{text}': {fault}";
        }

        var made = new ModbusAddress { Table = table, Offset = offset };
        fault = ReadUnit(match, ref made) ?? ReadType(match, named, ref made) ?? ReadLength(match, ref made) ?? ReadBit(match, ref made) ?? ReadOrder(match, ref made);
        if (fault is not null)
        {
            return $"is '{text}': {fault}";
        }

        address = made;
        return null;
    }

    private static string? ReadPlace(Match match, bool oneBased, out ModbusTable table, out ushort offset, out string named)
    {
        table = ModbusTable.HoldingRegister;
        offset = 0;
        named = "";
        string digits;
        var isOneBased = oneBased;
        if (match.Groups["digits"].Success)
        {
            // 41, 401, 4001, 40001 and 400001 are one register: the zeros after the first digit only fill up.
            var all = match.Groups["digits"].Value;
            if (!TryTable(all[..1], out table) || all.Length is < 2 or > 6)
            {
                return "a plain number has 2 to 6 digits and starts with 0, 1, 3 or 4, e.g. 40001.";
            }

            digits = all[1..];
        }
        else if (match.Groups["x"].Success)
        {
            _ = TryTable(match.Groups["x"].Value, out table);
            digits = match.Groups["xnumber"].Value;
        }
        else if (match.Groups["schneider"].Success)
        {
            // Schneider counts from zero, whatever the device's switch says.
            table = match.Groups["schneider"].Value.Equals("MW", StringComparison.OrdinalIgnoreCase) ? ModbusTable.HoldingRegister : ModbusTable.Coil;
            digits = match.Groups["snumber"].Value;
            isOneBased = false;
        }
        else
        {
            var isTrailing = match.Groups["aveva"].Success;
            var word = match.Groups[isTrailing ? "aveva" : "word"].Value.ToUpperInvariant();
            digits = match.Groups[isTrailing ? "anumber" : "wnumber"].Value;
            if (!TryWord(word, out table, out named))
            {
                return $"'{word}' is no table: give HR, IR, DI, C, holding-register, input-register, discrete-input or coil.";
            }
        }

        var low = isOneBased ? 1 : 0;
        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < low || number > ushort.MaxValue + low)
        {
            return $"the {table.Words()}s run from {low} to {ushort.MaxValue + low} here ({(isOneBased ? "counted from one" : "counted from zero")}).";
        }

        offset = (ushort)(number - low);
        return null;
    }

    private static bool TryTable(string digit, out ModbusTable table)
    {
        table = digit switch
        {
            "0" => ModbusTable.Coil,
            "1" => ModbusTable.DiscreteInput,
            "3" => ModbusTable.InputRegister,
            _ => ModbusTable.HoldingRegister,
        };
        return digit is "0" or "1" or "3" or "4";
    }

    private static bool TryWord(string word, out ModbusTable table, out string named)
    {
        named = "";
        table = word switch
        {
            "C" or "CO" or "COIL" => ModbusTable.Coil,
            "DI" or "DISCRETE-INPUT" => ModbusTable.DiscreteInput,
            "INPUT-REGISTER" => ModbusTable.InputRegister,
            _ => word.StartsWith("IR", StringComparison.Ordinal) ? ModbusTable.InputRegister : ModbusTable.HoldingRegister,
        };
        if (word.StartsWith("HR", StringComparison.Ordinal) || word.StartsWith("IR", StringComparison.Ordinal))
        {
            named = word[2..];
            return true;
        }

        return table != ModbusTable.HoldingRegister || word == "HOLDING-REGISTER";
    }

    private static string? ReadUnit(Match match, ref ModbusAddress made)
    {
        if (!match.Groups["unit"].Success)
        {
            return null;
        }

        if (!byte.TryParse(match.Groups["unit"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var unit))
        {
            return "the unit before the ! is 0 to 255.";
        }

        made = made with { Unit = unit };
        return null;
    }

    private static string? ReadType(Match match, string named, ref ModbusAddress made)
    {
        var word = match.Groups["type"].Success ? match.Groups["type"].Value : named;
        if (word.Length == 0)
        {
            return null;
        }

        // After HR and IR the letters are those of Ignition and AVEVA; with a length, S is a text.
        var type = word.ToUpperInvariant() switch
        {
            "S" when match.Groups["length"].Success => DataType.String,
            "S" or "INT" or "INT16" or "SHORT" => DataType.Int16,
            "US" or "UINT" or "UINT16" or "WORD" or "USHORT" or "BCD" => DataType.UInt16,
            "I" or "INT32" or "DINT" or "LONG" => DataType.Int32,
            "UI" or "UINT32" or "UDINT" or "DWORD" or "LBCD" => DataType.UInt32,
            "I_64" or "INT64" or "LINT" or "LLONG" => DataType.Int64,
            "UI_64" or "UINT64" or "ULINT" or "LWORD" or "QWORD" => DataType.UInt64,
            "F" or "FLOAT" or "FLOAT32" or "REAL" => DataType.Float,
            "D" or "DOUBLE" or "FLOAT64" or "LREAL" => DataType.Double,
            "BOOL" or "BOOLEAN" or "BIT" => DataType.Boolean,
            "STRING" => DataType.String,
            _ => DataType.Unknown,
        };
        made = made with { Type = type, IsBcd = word.EndsWith("BCD", StringComparison.OrdinalIgnoreCase) };
        return type == DataType.Unknown ? $"'{word}' is no type: give INT16, UINT16, INT32, UINT32, INT64, UINT64, FLOAT, DOUBLE, BCD, LBCD, BOOL or STRING." : null;
    }

    private static string? ReadLength(Match match, ref ModbusAddress made)
    {
        var letters = match.Groups["letters"].Value.ToUpperInvariant();
        if (!match.Groups["length"].Success)
        {
            return null;
        }

        if (!int.TryParse(match.Groups["length"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length is < 1 or > 2000)
        {
            return "a text or an array has a length of 1 to 2000.";
        }

        TextLayout? layout = letters switch
        {
            "H" => TextLayout.HighByteFirst,
            "L" => TextLayout.LowByteFirst,
            "D" => TextLayout.HighByteOnly,
            "E" => TextLayout.LowByteOnly,
            _ => made.Type == DataType.String ? TextLayout.HighByteFirst : null,
        };
        made = made with { Length = length, Text = layout, Type = layout is null ? made.Type : DataType.String };
        return layout is not null && made.Table.IsBits() ? "a text lies in registers, not in bits." : null;
    }

    private static string? ReadBit(Match match, ref ModbusAddress made)
    {
        if (!match.Groups["bit"].Success)
        {
            return null;
        }

        if (made.Table.IsBits())
        {
            return $"a {made.Table.Words()} is one bit already: leave out .{match.Groups["bit"].Value}.";
        }

        if (!int.TryParse(match.Groups["bit"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var bit) || bit > 15)
        {
            return $".{match.Groups["bit"].Value} is no bit of a register: give .0 to .15, or .{match.Groups["bit"].Value}H for a text.";
        }

        if (made.Length > 0)
        {
            return $".{bit} is one bit, and a length stands behind it: leave one of the two out.";
        }

        made = made with { Bit = bit };
        return null;
    }

    private static string? ReadOrder(Match match, ref ModbusAddress made)
    {
        if (!match.Groups["order"].Success)
        {
            return null;
        }

        // Neuron's letters run against intuition: L is the usual order, B the swapped one.
        ByteOrder? order = match.Groups["order"].Value.ToUpperInvariant() switch
        {
            "L" or "LL" or "AB" or "ABCD" or "ABCDEFGH" => ByteOrder.ABCD,
            "B" or "LB" or "BA" or "BADC" or "BADCFEHG" => ByteOrder.BADC,
            "BL" or "CDAB" or "GHEFCDAB" => ByteOrder.CDAB,
            "BB" or "DCBA" or "HGFEDCBA" => ByteOrder.DCBA,
            "WS" or "CDABGHEF" => ByteOrder.CDABGHEF,
            "WR" or "EFGHABCD" => ByteOrder.EFGHABCD,
            _ => null,
        };
        made = made with { Order = order };
        return order is null ? $"#{match.Groups["order"].Value} is no byte order: give #ABCD, #CDAB, #BADC or #DCBA." : null;
    }

    [GeneratedRegex(
        """
        ^(?:(?<unit>\d{1,9})!)?
        (?:(?<anumber>\d+)\s+(?<aveva>[HI]R[A-Z_0-9]*)
          |(?<digits>\d{1,9})
          |(?<x>[0134])x(?<xnumber>\d+)
          |%(?<schneider>MW?)(?<snumber>\d+)
          |(?<word>(?:HR|IR)(?:UI_64|I_64|UI|US|[FIDS])?|CO?|DI|(?:holding|input)-register|discrete-input|coil)[:\[]?(?<wnumber>\d+)\]?)
        (?:\.(?<length>\d+)(?<letters>[HLDE])|\.(?<bit>\d+)|(?:\s*\[|(?<=HRS\d+|IRS\d+):)(?<length>\d+)(?<letters>[HLDE]?)\]?)?
        (?:\#(?<order>[A-Z]+))?
        (?:\.(?<length>\d+)(?<letters>[HLDE]))?
        (?:[:@](?<type>[A-Z][A-Z0-9_]*)(?:\[(?<length>\d+)\])?)?
        (?:\#(?<order>[A-Z]+))?$
        """,
        RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Whole();
}
