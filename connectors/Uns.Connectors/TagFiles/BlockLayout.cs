using System.Globalization;

namespace Uns.Connectors.TagFiles;

/// <summary>One value with its place, or why it has none.</summary>
internal readonly record struct PlacedValue(string Path, string Address, int Line, string? Fault);

/// <summary>
/// Works out where the values of a data block with standard access lie: bits are packed, single bytes follow one another, everything of two bytes
/// or more, structures and arrays begin at an even byte, and structures and arrays end at one.
/// </summary>
/// <param name="block">Number of the block.</param>
internal sealed class BlockLayout(int block)
{
    private const int MostElements = 100_000;

    // Structures without values, in arrays of arrays, would be walked for ever; types in types may lie deep.
    private const int MostSteps = 1_000_000;
    private const int DeepestNesting = 64;

    private readonly List<PlacedValue> _values = [];
    private int _byte;
    private int _bit;
    private string? _lostAt;
    private int _steps;
    private int _depth;

    /// <summary>What was placed so far, in order.</summary>
    public IReadOnlyList<PlacedValue> Values => _values;

    /// <summary>Bytes of one value in memory; null for a type that is not known. A bit counts as zero.</summary>
    public static int? WidthOf(string type, int length) => type switch
    {
        "BOOL" => 0,
        "BYTE" or "SINT" or "USINT" or "CHAR" => 1,
        "WORD" or "INT" or "UINT" or "WCHAR" or "DATE" or "S5TIME" => 2,
        "DWORD" or "DINT" or "UDINT" or "REAL" or "TIME" or "TIME_OF_DAY" or "TOD" => 4,
        "LWORD" or "LINT" or "ULINT" or "LREAL" or "DATE_AND_TIME" or "DT" or "LTIME" or "LTIME_OF_DAY" or "LTOD" or "LDT" => 8,
        "DTL" => 12,
        "STRING" => length + 2,
        "WSTRING" => (length * 2) + 4,
        _ => null,
    };

    /// <summary>Places all members of a block.</summary>
    public void Place(IReadOnlyList<BlockMember> members) => PlaceAll(members, "");

    private void PlaceAll(IReadOnlyList<BlockMember> members, string path)
    {
        foreach (var member in members)
        {
            var name = path + member.Name.Replace('/', '_');
            if (_values.Count > MostElements || ++_steps > MostSteps)
            {
                return;
            }

            if (_lostAt is null && FaultOf(member) is { } fault)
            {
                _values.Add(new(name, "", member.Line, fault));
                _lostAt = name;
            }
            else if (_lostAt is { } lost)
            {
                _values.Add(new(name, "", member.Line, $"its place is not known, as that of '{lost}' before it is not."));
            }
            else if (member.Bounds.Count > 0)
            {
                PlaceArray(member, name);
            }
            else
            {
                PlaceOne(member, name);
            }
        }
    }

    private static string? FaultOf(BlockMember member) =>
        member.Unknown is { } unknown ? $"its type \"{unknown}\" is not declared in this source: export the type along with the block."
        : member.Bounds.Any(b => b.High < b.Low) ? "its upper bound lies below its lower one."
        : member.Bounds.Count > 1 && WidthOf(member.Type, member.Length) is 0 or 1 ? "arrays of several dimensions are read of types with two bytes or more."
        : member.Bounds.Aggregate(1L, (count, b) => count * (b.High - (long)b.Low + 1)) > MostElements ? $"it has more than {MostElements} elements."
        : null;

    private void PlaceOne(BlockMember member, string name)
    {
        if (member.Type == "STRUCT")
        {
            Even();
            if (++_depth <= DeepestNesting)
            {
                PlaceAll(member.Members, name + "/");
            }
            else
            {
                _values.Add(new(name, "", member.Line, $"structures lie more than {DeepestNesting} deep."));
                _lostAt ??= name;
            }

            _depth--;
            Even();
            return;
        }

        var width = WidthOf(member.Type, member.Length)!.Value;
        if (width == 0)
        {
            _values.Add(new(name, string.Create(CultureInfo.InvariantCulture, $"DB{block}.DBX{_byte}.{_bit}"), member.Line, null));
            Advance(bits: 1);
            return;
        }

        Align(width);
        _values.Add(new(name, Address(member, ""), member.Line, null));
        _byte += width;
    }

    private void PlaceArray(BlockMember member, string name)
    {
        Even();
        var count = member.Bounds.Aggregate(1, (sum, b) => sum * (b.High - b.Low + 1));
        if (member.Type is "STRUCT" or "STRING" or "WSTRING" or "CHAR" or "WCHAR")
        {
            // Each element is a value of its own: texts and structures are not read in arrays.
            foreach (var index in Indexes(member.Bounds))
            {
                if (_lostAt is not null || _values.Count > MostElements || ++_steps > MostSteps)
                {
                    break;
                }

                PlaceOne(member with { Bounds = [] }, $"{name}/{index}");
                if (member.Type is not "CHAR")
                {
                    Even();
                }
            }
        }
        else
        {
            _values.Add(new(name, Address(member, $"[{count.ToString(CultureInfo.InvariantCulture)}]"), member.Line, null));
            var width = WidthOf(member.Type, member.Length)!.Value;
            if (width == 0)
            {
                Advance(count);
            }
            else
            {
                _byte += width * count;
            }
        }

        Even();
    }

    private static IEnumerable<string> Indexes(IReadOnlyList<(int Low, int High)> bounds)
    {
        IEnumerable<string> indexes = [""];
        foreach (var (low, high) in bounds)
        {
            indexes = indexes.SelectMany(before => Enumerable.Range(low, high - low + 1).Select(i => before.Length == 0 ? i.ToString(CultureInfo.InvariantCulture) : $"{before}/{i}"));
        }

        return indexes;
    }

    private string Address(BlockMember member, string array)
    {
        var letter = WidthOf(member.Type, member.Length) switch { 0 => 'X', 2 => 'W', 4 => 'D', _ => 'B' };
        var bit = letter == 'X' ? ".0" : "";
        var length = member.Type is "STRING" or "WSTRING" ? $"({member.Length})" : "";
        return string.Create(CultureInfo.InvariantCulture, $"DB{block}.DB{letter}{_byte}{bit}:{member.Type}{length}{array}");
    }

    private void Advance(int bits)
    {
        _byte += (_bit + bits) / 8;
        _bit = (_bit + bits) % 8;
    }

    private void Align(int width)
    {
        if (_bit > 0)
        {
            _byte++;
            _bit = 0;
        }

        _byte += width > 1 ? _byte & 1 : 0;
    }

    private void Even() => Align(2);
}
