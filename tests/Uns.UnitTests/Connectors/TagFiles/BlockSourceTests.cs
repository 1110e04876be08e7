using System.Text;
using Uns.Connectors;
using Uns.Connectors.S7;
using Uns.Connectors.TagFiles;

namespace Uns.UnitTests.Connectors.TagFiles;

/// <summary>Sources of data blocks as TIA Portal and STEP 7 write them, and the places of what is in them.</summary>
public sealed class BlockSourceTests
{
    private const string Filler = """
        TYPE "Valve"
        VERSION : 0.1
           STRUCT
              open : Bool;   // fully open
              closed : Bool;
              position : Int;
           END_STRUCT;

        END_TYPE

        DATA_BLOCK "DB10"
        { S7_Optimized_Access := 'FALSE' }
        VERSION : 0.1
        NON_RETAIN
        //Values of the filler
           STRUCT
              running : Bool;   // motor runs
              fault { ExternalWritable := 'False'} : Bool := TRUE;
              mode : Byte;
              speed : Real := 12.5;   // bottles per second
              small : SInt;
              recipe : String[9] := 'milk; (*1*)';
              bits : Array[0..9] of Bool;
              bytes : Array[1..3] of Byte;
              temperatures : Array[0..3] of Int;
              started : DTL;
              inner : Struct
                 a : Bool;
                 b : LReal;
              END_STRUCT;
              valves : Array[1..2] of "Valve";
              names : Array[0..1] of String[4];
              last : Bool;
           END_STRUCT;

        BEGIN
           speed := 3.0;
           valves[1].open := TRUE;

        END_DATA_BLOCK
        """;

    [Fact]
    public void Every_value_has_its_place_and_its_comment()
    {
        var reading = Read(Filler);

        Assert.Equal("S7 block source", reading.Format);
        Assert.Null(reading.Fault);
        Assert.All(reading.Rows, r => Assert.Null(r.Fault));
        Assert.Equal(
            [
                "running DB10.DBX0.0", "fault DB10.DBX0.1", "mode DB10.DBB1:BYTE", "speed DB10.DBD2:REAL", "small DB10.DBB6:SINT",
                "recipe DB10.DBB8:STRING(9)", "bits DB10.DBX20.0:BOOL[10]", "bytes DB10.DBB22:BYTE[3]", "temperatures DB10.DBW26:INT[4]",
                "started DB10.DBB34:DTL", "inner/a DB10.DBX46.0", "inner/b DB10.DBB48:LREAL",
                "valves/1/open DB10.DBX56.0", "valves/1/closed DB10.DBX56.1", "valves/1/position DB10.DBW58:INT",
                "valves/2/open DB10.DBX60.0", "valves/2/closed DB10.DBX60.1", "valves/2/position DB10.DBW62:INT",
                "names/0 DB10.DBB64:STRING(4)", "names/1 DB10.DBB70:STRING(4)", "last DB10.DBX76.0",
            ],
            reading.Rows.Select(r => $"{r.Tag.Name["DB10/".Length..]} {r.Tag.Address}"));
        Assert.Equal("bottles per second", reading.Rows.Single(r => r.Tag.Name == "DB10/speed").Tag.Description);
        Assert.Equal("fully open", reading.Rows.Single(r => r.Tag.Name == "DB10/valves/1/open").Tag.Description);
    }

    [Fact]
    public void What_it_makes_is_a_device_without_faults()
    {
        var device = new DeviceOptions { Name = "filler", Protocol = "s7", Settings = new() { ["Host"] = "10.0.0.1" }, Tags = [.. Read(Filler).Rows.Select(r => r.Tag)] };

        Assert.Empty(new S7Kind().Check(device));
    }

    [Theory]
    [InlineData("DATA_BLOCK DB 7\nSTRUCT\n x : INT ;\nEND_STRUCT ;\nBEGIN\nEND_DATA_BLOCK", "DB7/x DB7.DBW0:INT")]
    [InlineData("DATA_BLOCK \"DB7\"\nVAR RETAIN\n x : Bool;\n y : Bool;\nEND_VAR\nBEGIN\nEND_DATA_BLOCK", "DB7/x DB7.DBX0.0|DB7/y DB7.DBX0.1")]
    [InlineData("TYPE \"T\"\nSTRUCT\n x : Date_And_Time;\nEND_STRUCT;\nEND_TYPE\nDATA_BLOCK \"DB7\"\nVERSION : 0.1\n\"T\"\nBEGIN\nEND_DATA_BLOCK", "DB7/x DB7.DBB0:DATE_AND_TIME")]
    [InlineData("DATA_BLOCK \"DB7\"\nSTRUCT\n m : Array[0..1, 0..2] of Real;\n x : WString[3];\nEND_STRUCT;\nBEGIN\nEND_DATA_BLOCK", "DB7/m DB7.DBD0:REAL[6]|DB7/x DB7.DBB24:WSTRING(3)")]
    public void Other_ways_to_write_it_are_read(string source, string wanted) =>
        Assert.Equal(wanted, string.Join('|', Read(source).Rows.Select(r => r.Fault ?? $"{r.Tag.Name} {r.Tag.Address}")));

    [Theory]
    [InlineData("DATA_BLOCK \"Motor\"\nSTRUCT\n x : Int;\nEND_STRUCT;\nEND_DATA_BLOCK", "the block \"Motor\" has no number in its source")]
    [InlineData("DATA_BLOCK \"DB1\"\n{ S7_Optimized_Access := 'TRUE' }\nSTRUCT\n x : Int;\nEND_STRUCT;\nEND_DATA_BLOCK", "is optimised and has no places: untick")]
    [InlineData("DATA_BLOCK \"DB1\"\nSTRUCT\n x : \"Other\";\n y : Int;\nEND_STRUCT;\nEND_DATA_BLOCK", "its type \"Other\" is not declared in this source|its place is not known, as that of 'x' before it is not.")]
    [InlineData("DATA_BLOCK \"DB1\"\nSTRUCT\n x : Array[1..2, 1..2] of Bool;\nEND_STRUCT;\nEND_DATA_BLOCK", "arrays of several dimensions")]
    [InlineData("DATA_BLOCK \"DB1\"\nSTRUCT\n x Int;\nEND_STRUCT;\nEND_DATA_BLOCK", "line 3: 'Int' stands where : was awaited.")]
    [InlineData("DATA_BLOCK \"DB1\"\nSTRUCT\n x : Int;\nEND_DATA_BLOCK", "it ends in the middle of a declaration.")]
    public void What_has_no_place_says_why(string source, string words)
    {
        var faults = Read(source).Rows.Select(r => r.Fault).ToList();

        Assert.All(words.Split('|'), w => Assert.Contains(faults, f => f?.Contains(w, StringComparison.Ordinal) == true));
    }

    [Fact]
    public void A_number_may_come_from_the_one_who_imports()
    {
        var source = Encoding.UTF8.GetBytes("DATA_BLOCK \"Motor\"\nSTRUCT\n x : Int;\nEND_STRUCT;\nBEGIN\nEND_DATA_BLOCK");

        var row = Assert.Single(TagFileReader.Read(source, new Dictionary<string, string> { ["block"] = "42" }).Rows);

        Assert.Equal(("Motor/x", "DB42.DBW0:INT"), (row.Tag.Name, row.Tag.Address));
        Assert.Contains("give its number", TagFileReader.Read(source, new Dictionary<string, string> { ["block"] = "many" }).Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Sources_that_would_grow_without_end_are_cut_off()
    {
        var types = string.Concat(Enumerable.Range(1, 200).Select(i => $"TYPE \"T{i}\"\nSTRUCT\n a : \"T{i - 1}\";\n b : \"T{i - 1}\";\nEND_STRUCT;\nEND_TYPE\n"));
        var deep = "TYPE \"T0\"\nSTRUCT\n x : Int;\nEND_STRUCT;\nEND_TYPE\n" + types + "DATA_BLOCK \"DB1\"\n\"T200\"\nBEGIN\nEND_DATA_BLOCK";
        Assert.InRange(Read(deep).Rows.Count, 1, DeviceChecks.MaximumTags + 1);
        Assert.InRange(
            Read("TYPE \"E\"\nSTRUCT\nEND_STRUCT;\nEND_TYPE\nTYPE \"F\"\nSTRUCT\n e : Array[1..99999] of \"E\";\nEND_STRUCT;\nEND_TYPE\n"
                + "DATA_BLOCK \"DB1\"\nSTRUCT\n f : Array[1..99999] of \"F\";\nEND_STRUCT;\nEND_DATA_BLOCK").Rows.Count,
            0,
            DeviceChecks.MaximumTags);
    }

    [Fact]
    public void A_source_cut_or_garbled_anywhere_never_throws()
    {
        for (var length = 0; length < Filler.Length; length++)
        {
            _ = Read(Filler[..length] + "\nDATA_BLOCK END_DATA_BLOCK");
        }

        var random = new Random(8);
        for (var round = 0; round < 3000; round++)
        {
            var text = Filler.ToCharArray();
            for (var change = 0; change < 20; change++)
            {
                text[random.Next(text.Length)] = "\"';:=[]{}().,*/ \nA1"[random.Next(19)];
            }

            _ = Read(new string(text));
        }
    }

    private static TagFileReading Read(string source) => TagFileReader.Read(Encoding.UTF8.GetBytes(source));
}
