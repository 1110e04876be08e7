using Uns.Tags;

namespace Uns.Connectors.TagFiles;

/// <summary>The words that tools use for data types. Null for a word that means none.</summary>
internal static class TypeWords
{
    /// <summary>Words that mean the same everywhere, IEC 61131-3's among them.</summary>
    public static DataType? Iec(string word) => word.Trim().ToUpperInvariant() switch
    {
        "BOOL" or "BOOLEAN" or "BIT" or "DISCRETE" => DataType.Boolean,
        "SINT" or "SBYTE" or "INT8" => DataType.Int8,
        "USINT" or "BYTE" or "UINT8" => DataType.UInt8,
        "INT" or "INT16" or "SHORT" => DataType.Int16,
        "UINT" or "UINT16" or "WORD" or "USHORT" => DataType.UInt16,
        "DINT" or "INT32" or "INTEGER" or "TIME" => DataType.Int32,
        "UDINT" or "UINT32" or "DWORD" or "TIME_OF_DAY" or "TOD" => DataType.UInt32,
        "LINT" or "INT64" or "LTIME" => DataType.Int64,
        "ULINT" or "UINT64" or "LWORD" or "QWORD" => DataType.UInt64,
        "REAL" or "FLOAT" or "FLOAT32" or "SINGLE" => DataType.Float,
        "LREAL" or "DOUBLE" or "FLOAT64" => DataType.Double,
        "STRING" or "WSTRING" or "TEXT" or "CHAR" or "WCHAR" => DataType.String,
        "DATETIME" or "DATE_AND_TIME" or "DT" or "DTL" or "DATE" or "LDT" => DataType.DateTime,
        "BYTES" or "BYTESTRING" => DataType.Bytes,
        "UUID" or "GUID" => DataType.Uuid,
        _ => null,
    };

    /// <summary>Kepware: Long has 32 bits, LLong 64, Char is a signed byte. An array's type ends in Array or [n].</summary>
    public static DataType? Kepware(string word)
    {
        var plain = word.Split('[', ' ')[0];
        var element = plain.ToUpperInvariant() switch
        {
            "CHAR" => DataType.Int8,
            "LONG" => DataType.Int32,
            "LLONG" => DataType.Int64,
            "BCD" => DataType.UInt16,
            "LBCD" => DataType.UInt32,
            _ => Iec(plain),
        };
        return element is { } type && plain.Length < word.Trim().Length ? TagArray.ArrayOf(type) : element;
    }

    /// <summary>Ignition: the digit counts bytes. Numbers are those of its tables before version 8.</summary>
    public static DataType? Ignition(string word) => word.ToUpperInvariant() switch
    {
        "INT1" or "0" => DataType.Int8,
        "INT2" or "1" => DataType.Int16,
        "INT4" or "2" => DataType.Int32,
        "INT8" or "3" => DataType.Int64,
        "FLOAT4" or "4" => DataType.Float,
        "FLOAT8" or "5" => DataType.Double,
        "BOOLEAN" or "6" => DataType.Boolean,
        "STRING" or "TEXT" or "7" => DataType.String,
        "DATETIME" or "8" => DataType.DateTime,
        "INT1ARRAY" => DataType.Int8Array,
        "INT2ARRAY" => DataType.Int16Array,
        "INT4ARRAY" => DataType.Int32Array,
        "INT8ARRAY" => DataType.Int64Array,
        "FLOAT4ARRAY" => DataType.FloatArray,
        "FLOAT8ARRAY" => DataType.DoubleArray,
        "BOOLEANARRAY" => DataType.BooleanArray,
        _ => null,
    };

    /// <summary>Sparkplug's own names, with Factory+'s byte order behind them.</summary>
    public static DataType? Sparkplug(string word)
    {
        var plain = word.EndsWith("LE", StringComparison.Ordinal) || word.EndsWith("BE", StringComparison.Ordinal) ? word[..^2] : word;
        return Enum.TryParse<DataType>(plain, ignoreCase: true, out var type) && type != DataType.Unknown && !char.IsDigit(plain[0]) ? type : Iec(plain);
    }
}
