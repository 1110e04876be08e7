using System.Globalization;
using System.Text.RegularExpressions;
using Uns.Tags;

namespace Uns.Connectors.S7;

/// <summary>Reads the notations in which S7 addresses are written: TIA and STEP 7, Kepware, Neuron, UMH, PLC4X.</summary>
/// <remarks>
/// The type comes from the tag's own column, else from the address, else from the width: bit, BYTE, WORD or DWORD.
/// <c>DW</c> is a double word, as UMH writes it; German mnemonics E and A are inputs and outputs.
/// </remarks>
public static partial class S7AddressReader
{
    /// <summary>Reads one address.</summary>
    /// <param name="text">As the user wrote it.</param>
    /// <param name="wanted">The tag's own type; Unknown leaves it to the address.</param>
    /// <param name="address">The address; null when there is a fault.</param>
    /// <returns>Null when it was understood; else the rest of a sentence that says what to change.</returns>
    public static string? Read(string text, DataType wanted, out S7Address? address)
    {
        address = null;
        if (text.Contains('"', StringComparison.Ordinal))
        {
            return $"is '{text}', a symbol: PUT/GET knows only places, give the offset such as DB1.DBD4:REAL, or use the CPU's OPC UA server.";
        }

        var match = Block().Match(text.Trim());
        var isBlock = match.Success;
        if (Numbered().Match(text.Trim()) is { Success: true } numbered)
        {
            var wrong = MakeNumbered(numbered, wanted, out address);
            return wrong is null ? null : $"is '{text}': {wrong}";
        }

        if (!isBlock)
        {
            match = Umh().Match(text.Trim());
            match = match.Success ? match : Plain().Match(text.Trim());
        }

        if (!match.Success)
        {
            return $"is '{text}': give an address such as DB1.DBD4:REAL, DB1.DBX5.2, M10.0 or MW10:INT.";
        }

        var fault = Make(match, isBlock, wanted, out address);
        return fault is null ? null : $"is '{text}': {fault}";
    }

    private static string? Make(Match match, bool isBlock, DataType wanted, out S7Address? address)
    {
        address = null;
        var block = 0;
        if ((isBlock && !TryNumber(match.Groups["block"].Value, 1, 65535, out block)) || !TryNumber(match.Groups["byte"].Value, 0, 65535, out var place))
        {
            return "blocks run from 1 to 65535, bytes from 0 to 65535.";
        }

        var size = match.Groups["size"].Value;
        var word = match.Groups["type"].Value;
        var hasPoint = TryNumber(match.Groups["point"].Value, 0, 16382, out var point);
        var hasLength = TryNumber(match.Groups["length"].Value, 0, 16382, out var length);
        S7Type? fromSize = size.Length > 0 ? S7Types.Of(size) : null;
        var named = word.Length > 0 ? S7Types.Of(word) : null;
        if ((word.Length > 0 && named is null) || (size.Length > 0 && fromSize is null))
        {
            return $"'{(named is null && word.Length > 0 ? word : size)}' is no type: give BOOL, BYTE, WORD, DWORD, INT, DINT, REAL, LREAL, STRING(n) and so on.";
        }

        var isArray = TagArray.IsArray(wanted);
        wanted = isArray ? TagArray.ElementOf(wanted) : wanted;
        var own = wanted == DataType.Unknown ? null : S7Types.Of(wanted);
        if (own is null && wanted != DataType.Unknown)
        {
            return $"a CPU holds no {wanted}.";
        }

        // What the address names more closely is kept where it is the same to a tag: WORD and UINT, TIME and DINT.
        var spoken = named ?? fromSize;
        var type = spoken is { } close && (own is null || close.TagType() == wanted) ? close : own ?? (hasPoint && spoken is null ? S7Type.Bool : spoken);
        if (named is null && own is null && hasPoint && fromSize is S7Type.Word or S7Type.Byte or S7Type.DWord)
        {
            // A width with a bit behind it, without a type: Neuron writes DBW5.2 for a bit.
            type = S7Type.Bool;
        }

        if (type is not { } chosen)
        {
            return "the type is missing: write it behind a colon, e.g. DB1:4:REAL.";
        }

        if (named is not null && own is not null && named.Value.TagType() != wanted)
        {
            return $"it says {named.Value.Word()} and DataType is {wanted}: make them agree, or leave one out.";
        }

        return isArray && !hasLength
            ? $"an array needs its number of elements, e.g. DB1.DBW20:{chosen.Word()}[10]."
            : Finish(match, isBlock, block, place, (chosen, size), (hasPoint, point), (hasLength, length), out address);
    }

    private static string? Finish(
        Match match, bool isBlock, int block, int place, (S7Type Type, string Size) what, (bool Given, int Value) point, (bool Given, int Value) length, out S7Address? address)
    {
        address = null;
        var (type, size) = what;
        var isText = type is S7Type.String or S7Type.WString;
        if (isText && match.Groups["wide"].Success)
        {
            type = S7Type.WString;
        }

        var most = type == S7Type.WString ? 16382 : 254;
        var characters = length.Given ? length.Value : point.Value;
        if (isText && (!(length.Given || point.Given) || characters < 1 || characters > most))
        {
            return $"a {type.Word()} needs its length, 1 to {most}, e.g. DB1.DBB30:{type.Word()}(10).";
        }

        if (!isText && length.Given && (!type.ComesInArrays() || length.Value < 1 || !match.Groups["array"].Success))
        {
            return $"a {type.Word()} has no length{(type.ComesInArrays() ? $"; an array is written {type.Word()}[10]" : "")}.";
        }

        if (type == S7Type.Bool && (!point.Given || point.Value > 7))
        {
            return "a bit is named by its byte and .0 to .7, e.g. DB1.DBX5.2.";
        }

        if (type != S7Type.Bool && !isText && point.Given)
        {
            return $"a {type.Word()} has no bit: leave out .{point.Value}.";
        }

        // Neuron writes W for every width; the other mnemonics say the width and must be right.
        var width = size.ToUpperInvariant() switch { "B" => 1, "D" => 4, _ => 0 };
        if (width > 0 && match.Groups["type"].Length == 0 && !isText && type != S7Type.Bool && type.Width(0) != width)
        {
            return $"{size} is {width} bytes and {type.Word()} has {type.Width(0)}: make them agree.";
        }

        var area = isBlock ? S7Area.DataBlock : AreaOf(match.Groups["area"].Value);
        address = new(area, block, place, type == S7Type.Bool ? point.Value : 0, type, isText ? characters : 0) { Count = isText ? 0 : length.Value };
        return null;
    }

    // Timers and counters are numbered; their type goes without saying.
    private static string? MakeNumbered(Match match, DataType wanted, out S7Address? address)
    {
        address = null;
        var isTimer = match.Groups["area"].ValueSpan is "T" or "t";
        var type = isTimer ? S7Type.S5Time : S7Type.Counter;
        var tagType = match.Groups["array"].Success ? TagArray.ArrayOf(type.TagType()) : type.TagType();
        if (wanted != DataType.Unknown && wanted != tagType)
        {
            return $"a {(isTimer ? "timer" : "counter")} is read as {tagType} and DataType is {wanted}: leave it out.";
        }

        if (!TryNumber(match.Groups["number"].Value, 0, 2047, out var number) || (match.Groups["array"].Success && !TryNumber(match.Groups["length"].Value, 1, 2048, out _)))
        {
            return "timers and counters run from 0 to 2047.";
        }

        _ = TryNumber(match.Groups["length"].Value, 1, 2048, out var count);
        address = new(isTimer ? S7Area.Timer : S7Area.Counter, 0, number * 2, 0, type, 0) { Count = count };
        return null;
    }

    private static S7Area AreaOf(string letters) => letters.ToUpperInvariant() switch
    {
        "I" or "E" or "PE." => S7Area.Input,
        "Q" or "A" or "O" or "PA." => S7Area.Output,
        "M" or "F" or "MK." => S7Area.Merker,
        _ => S7Area.Periphery,
    };

    private static bool TryNumber(string text, int low, int high, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= low && number <= high;

    [GeneratedRegex(
        """
        ^%?DB(?<block>\d{1,9})
        (?:[.,](?:DB)?(?<size>[A-Z_]*)(?<byte>\d{1,9})|:(?<byte>\d{1,9}))
        (?:\.(?<point>\d{1,9})(?<wide>D)?)?
        (?:\s*(?<array>\[)(?<length>\d{1,9})\])?
        (?::(?<type>[A-Z][A-Z0-9_]*)(?:\((?<length>\d{1,9})\)|(?<array>\[)(?<length>\d{1,9})\])?)?$
        """,
        RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Block();

    [GeneratedRegex(
        """
        ^(?<area>MK\.|PE\.|PA\.)(?<size>[A-Z]+)(?<byte>\d{1,9})(?:\.(?<point>\d{1,9})(?<wide>D)?)?$
        """,
        RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Umh();

    [GeneratedRegex(
        """
        ^%?(?<area>P[IQEA]|[IEQAOMF])(?<size>[XBWD]|DINT|INT|DWORD|WORD|REAL|STRING|)(?<byte>\d{1,9})
        (?:\.(?<point>\d{1,9})(?<wide>D)?)?
        (?:\s*(?<array>\[)(?<length>\d{1,9})\])?
        (?::(?<type>[A-Z][A-Z0-9_]*)(?:\((?<length>\d{1,9})\)|(?<array>\[)(?<length>\d{1,9})\])?)?$
        """,
        RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Plain();

    [GeneratedRegex(@"^%?(?<area>T|C|Z)(?<number>\d{1,9})(?::(?:S5TIME|COUNTER)(?:(?<array>\[)(?<length>\d{1,9})\])?)?$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Numbered();
}
