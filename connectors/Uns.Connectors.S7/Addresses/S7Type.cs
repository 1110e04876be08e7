using Uns.Tags;

namespace Uns.Connectors.S7;

/// <summary>The data types of a SIMATIC CPU that are read here. The names are TIA's own.</summary>
public enum S7Type
{
#pragma warning disable CS1591 // The names are the vendor's and say what they are.
    Bool, Byte, Word, DWord, LWord, SInt, USInt, Int, UInt, DInt, UDInt, LInt, ULInt, Real, LReal, Char, WChar, String, WString, Date, Time, LTime, S5Time, TimeOfDay, LTimeOfDay, DateAndTime, LDateAndTime, Dtl, Counter,
#pragma warning restore CS1591
}

/// <summary>What the types have in common: width and the tag type they become.</summary>
internal static class S7Types
{
    /// <summary>Bytes in the memory of the CPU; for texts with their header.</summary>
    public static int Width(this S7Type type, int textLength) => type switch
    {
        S7Type.Word or S7Type.Int or S7Type.UInt or S7Type.WChar or S7Type.Date or S7Type.S5Time or S7Type.Counter => 2,
        S7Type.DWord or S7Type.DInt or S7Type.UDInt or S7Type.Real or S7Type.Time or S7Type.TimeOfDay => 4,
        S7Type.LWord or S7Type.LInt or S7Type.ULInt or S7Type.LReal or S7Type.DateAndTime or S7Type.LTime or S7Type.LTimeOfDay or S7Type.LDateAndTime => 8,
        S7Type.Dtl => 12,
        S7Type.String => 2 + textLength,
        S7Type.WString => 4 + (2 * textLength),
        _ => 1,
    };

    /// <summary>The tag's raw type.</summary>
    public static DataType TagType(this S7Type type) => type switch
    {
        S7Type.Bool => DataType.Boolean,
        S7Type.Byte or S7Type.USInt => DataType.UInt8,
        S7Type.Word or S7Type.UInt or S7Type.Counter => DataType.UInt16,
        S7Type.DWord or S7Type.UDInt or S7Type.TimeOfDay => DataType.UInt32,
        S7Type.LWord or S7Type.ULInt or S7Type.LTimeOfDay => DataType.UInt64,
        S7Type.SInt => DataType.Int8,
        S7Type.Int => DataType.Int16,
        S7Type.DInt or S7Type.Time or S7Type.S5Time => DataType.Int32,
        S7Type.LInt or S7Type.LTime => DataType.Int64,
        S7Type.Real => DataType.Float,
        S7Type.LReal => DataType.Double,
        S7Type.Date or S7Type.DateAndTime or S7Type.LDateAndTime or S7Type.Dtl => DataType.DateTime,
        _ => DataType.String,
    };

    /// <summary>The type that a tag's own column names; null for one that a CPU does not hold.</summary>
    public static S7Type? Of(DataType type) => type switch
    {
        DataType.Boolean => S7Type.Bool,
        DataType.UInt8 => S7Type.USInt,
        DataType.UInt16 => S7Type.UInt,
        DataType.UInt32 => S7Type.UDInt,
        DataType.UInt64 => S7Type.ULInt,
        DataType.Int8 => S7Type.SInt,
        DataType.Int16 => S7Type.Int,
        DataType.Int32 => S7Type.DInt,
        DataType.Int64 => S7Type.LInt,
        DataType.Float => S7Type.Real,
        DataType.Double => S7Type.LReal,
        DataType.String => S7Type.String,
        DataType.DateTime => S7Type.Dtl,
        _ => null,
    };

    /// <summary>The type a word names, TIA's, Kepware's, UMH's or PLC4X's; null for none.</summary>
    public static S7Type? Of(string word) => word.ToUpperInvariant() switch
    {
        "BOOL" or "X" or "BIT" => S7Type.Bool,
        "BYTE" or "B" => S7Type.Byte,
        "WORD" or "W" => S7Type.Word,
        "DWORD" or "D" or "DW" => S7Type.DWord,
        "LWORD" => S7Type.LWord,
        "SINT" => S7Type.SInt,
        "USINT" => S7Type.USInt,
        "INT" or "I" => S7Type.Int,
        "UINT" => S7Type.UInt,
        "DINT" or "DI" => S7Type.DInt,
        "UDINT" => S7Type.UDInt,
        "LINT" => S7Type.LInt,
        "ULINT" => S7Type.ULInt,
        "REAL" or "R" => S7Type.Real,
        "LREAL" => S7Type.LReal,
        "CHAR" or "C" => S7Type.Char,
        "WCHAR" => S7Type.WChar,
        "STRING" or "S" => S7Type.String,
        "WSTRING" => S7Type.WString,
        "DATE" => S7Type.Date,
        "TIME" => S7Type.Time,
        "LTIME" => S7Type.LTime,
        "S5TIME" => S7Type.S5Time,
        "COUNTER" => S7Type.Counter,
        "LTOD" or "LTIME_OF_DAY" => S7Type.LTimeOfDay,
        "LDT" or "DATE_AND_LTIME" => S7Type.LDateAndTime,
        "TOD" or "TIME_OF_DAY" => S7Type.TimeOfDay,
        "DT" or "DATE_AND_TIME" => S7Type.DateAndTime,
        "DTL" => S7Type.Dtl,
        _ => null,
    };

    /// <summary>True for the types that are read in arrays: all but texts.</summary>
    public static bool ComesInArrays(this S7Type type) => type is not (S7Type.String or S7Type.WString or S7Type.Char or S7Type.WChar);

    /// <summary>TIA's word for the type.</summary>
    public static string Word(this S7Type type) => type switch
    {
        S7Type.TimeOfDay => "TOD",
        S7Type.LTimeOfDay => "LTOD",
        S7Type.LDateAndTime => "LDT",
        S7Type.DateAndTime => "DT",
        _ => type.ToString().ToUpperInvariant(),
    };
}
