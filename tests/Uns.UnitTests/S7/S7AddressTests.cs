using Uns.Connectors.S7;
using Uns.Tags;

namespace Uns.UnitTests.S7;

public sealed class S7AddressTests
{
    [Theory]
    // TIA and STEP 7.
    [InlineData("DB1.DBX5.2", DataType.Unknown, "DB1.DBX5.2:BOOL")]
    [InlineData("DB1.DBB5", DataType.Unknown, "DB1.DBB5:BYTE")]
    [InlineData("DB1.DBW20", DataType.Unknown, "DB1.DBW20:WORD")]
    [InlineData("DB1.DBW20", DataType.Int16, "DB1.DBW20:INT")]
    [InlineData("DB1.DBD4", DataType.Unknown, "DB1.DBD4:DWORD")]
    [InlineData("DB1.DBD4", DataType.Float, "DB1.DBD4:REAL")]
    [InlineData("%DB1.DBW20", DataType.Int16, "DB1.DBW20:INT")]
    [InlineData("%M0.0", DataType.Unknown, "M0.0:BOOL")]
    [InlineData("%MW10", DataType.Unknown, "MW10:WORD")]
    [InlineData("%I0.0", DataType.Unknown, "I0.0:BOOL")]
    [InlineData("%IW2", DataType.Unknown, "IW2:WORD")]
    [InlineData("%Q0.0", DataType.Unknown, "Q0.0:BOOL")]
    [InlineData("E0.1", DataType.Unknown, "I0.1:BOOL")]
    [InlineData("AW4", DataType.Int16, "QW4:INT")]
    [InlineData("MD10", DataType.Float, "MD10:REAL")]
    [InlineData("PIW256", DataType.Unknown, "PIW256:WORD")]
    // Kepware.
    [InlineData("DB1,X5.2", DataType.Unknown, "DB1.DBX5.2:BOOL")]
    [InlineData("DB1,W20", DataType.Unknown, "DB1.DBW20:WORD")]
    [InlineData("DB1,INT20", DataType.Unknown, "DB1.DBW20:INT")]
    [InlineData("DB1,DWORD4", DataType.Unknown, "DB1.DBD4:DWORD")]
    [InlineData("DB1,D4", DataType.Unknown, "DB1.DBD4:DWORD")]
    [InlineData("DB1,REAL4", DataType.Unknown, "DB1.DBD4:REAL")]
    [InlineData("DB1,STRING30.10", DataType.Unknown, "DB1.DBB30:STRING(10)")]
    [InlineData("F0.0", DataType.Unknown, "M0.0:BOOL")]
    // Neuron: the type column gives the size.
    [InlineData("DB1.DBW5.2", DataType.Boolean, "DB1.DBX5.2:BOOL")]
    [InlineData("DB1.DBW5.2", DataType.Unknown, "DB1.DBX5.2:BOOL")]
    [InlineData("DB1.DBW20", DataType.UInt16, "DB1.DBW20:WORD")]
    [InlineData("DB1.DBW4", DataType.UInt32, "DB1.DBD4:UDINT")]
    [InlineData("DB1.DBW4", DataType.Float, "DB1.DBD4:REAL")]
    [InlineData("DB1.DBW30.10", DataType.String, "DB1.DBB30:STRING(10)")]
    [InlineData("DB1.DBW30.10D", DataType.String, "DB1.DBB30:WSTRING(10)")]
    // UMH.
    [InlineData("DB1.X5.2", DataType.Unknown, "DB1.DBX5.2:BOOL")]
    [InlineData("DB1.W20", DataType.Unknown, "DB1.DBW20:WORD")]
    [InlineData("DB1.I20", DataType.Unknown, "DB1.DBW20:INT")]
    [InlineData("DB1.DW4", DataType.Unknown, "DB1.DBD4:DWORD")]
    [InlineData("DB1.R4", DataType.Unknown, "DB1.DBD4:REAL")]
    [InlineData("DB1.S30.10", DataType.Unknown, "DB1.DBB30:STRING(10)")]
    [InlineData("MK.X0.0", DataType.Unknown, "M0.0:BOOL")]
    [InlineData("MK.W10", DataType.Unknown, "MW10:WORD")]
    [InlineData("PE.X0.0", DataType.Unknown, "I0.0:BOOL")]
    [InlineData("PA.W0", DataType.Unknown, "QW0:WORD")]
    // PLC4X, and our own.
    [InlineData("%DB1.DBX5.2:BOOL", DataType.Unknown, "DB1.DBX5.2:BOOL")]
    [InlineData("%DB1:5.2:BOOL", DataType.Unknown, "DB1.DBX5.2:BOOL")]
    [InlineData("%DB1.DBW20:WORD", DataType.Unknown, "DB1.DBW20:WORD")]
    [InlineData("%DB1.DBW20:INT", DataType.Unknown, "DB1.DBW20:INT")]
    [InlineData("%DB1.DBD4:DWORD", DataType.Unknown, "DB1.DBD4:DWORD")]
    [InlineData("%DB1.DBD4:REAL", DataType.Unknown, "DB1.DBD4:REAL")]
    [InlineData("%DB1:4:REAL", DataType.Unknown, "DB1.DBD4:REAL")]
    [InlineData("%DB1:30:STRING(10)", DataType.Unknown, "DB1.DBB30:STRING(10)")]
    [InlineData("%M0.0:BOOL", DataType.Unknown, "M0.0:BOOL")]
    [InlineData("%I0.0:BOOL", DataType.Unknown, "I0.0:BOOL")]
    [InlineData("MW10:INT", DataType.Unknown, "MW10:INT")]
    [InlineData("DB1.DBB8:LREAL", DataType.Unknown, "DB1.DBB8:LREAL")]
    [InlineData("DB1.DBB8:DTL", DataType.Unknown, "DB1.DBB8:DTL")]
    [InlineData("DB1.DBD8:TIME", DataType.Int32, "DB1.DBD8:TIME")]
    [InlineData("DB1.DBB8:LTIME", DataType.Unknown, "DB1.DBB8:LTIME")]
    [InlineData("DB1.DBB8:LDT", DataType.Unknown, "DB1.DBB8:LDT")]
    [InlineData("DB1.DBB8:LTOD", DataType.UInt64, "DB1.DBB8:LTOD")]
    [InlineData("DB1.DBW8:S5TIME", DataType.Unknown, "DB1.DBW8:S5TIME")]
    // Timers and counters.
    [InlineData("T5", DataType.Unknown, "T5")]
    [InlineData("%T5:S5TIME", DataType.Int32, "T5")]
    [InlineData("C7", DataType.Unknown, "C7")]
    [InlineData("Z7", DataType.UInt16, "C7")]
    [InlineData("C7:COUNTER[3]", DataType.Unknown, "C7:COUNTER[3]")]
    [InlineData("T0:S5TIME[2]", DataType.Int32Array, "T0:S5TIME[2]")]
    // Arrays.
    [InlineData("DB1.DBW20:INT[10]", DataType.Unknown, "DB1.DBW20:INT[10]")]
    [InlineData("%DB1:20:REAL[4]", DataType.FloatArray, "DB1.DBD20:REAL[4]")]
    [InlineData("DB1,INT20[10]", DataType.Unknown, "DB1.DBW20:INT[10]")]
    [InlineData("DB1,REAL4 [8]", DataType.Unknown, "DB1.DBD4:REAL[8]")]
    [InlineData("DB1.DBX5.2:BOOL[12]", DataType.Unknown, "DB1.DBX5.2:BOOL[12]")]
    [InlineData("MW10:INT[3]", DataType.Int16Array, "MW10:INT[3]")]
    [InlineData("DB1.DBB8:DTL[2]", DataType.Unknown, "DB1.DBB8:DTL[2]")]
    public void Every_notation_has_one_canonical_form(string written, DataType type, string canonical)
    {
        Assert.Null(S7AddressReader.Read(written, type, out var address));
        Assert.Equal(canonical, address!.ToString());

        Assert.Null(S7AddressReader.Read(canonical, DataType.Unknown, out var again));
        Assert.Equal(address, again);
    }

    [Theory]
    [InlineData("", DataType.Unknown)]
    [InlineData("DB1", DataType.Unknown)]
    [InlineData("DB0.DBW0", DataType.Unknown)]
    [InlineData("DB1.DBX5.8", DataType.Unknown)]
    [InlineData("DB1.DBX5", DataType.Unknown)]
    [InlineData("DB1:4", DataType.Unknown)]
    [InlineData("DB1.DBD4", DataType.Int16)]
    [InlineData("DB1.DBB4", DataType.Float)]
    [InlineData("DB1.DBD4:REAL", DataType.Int32)]
    [InlineData("DB1.DBW4:COLOUR", DataType.Unknown)]
    [InlineData("DB1.DBW4", DataType.Uuid)]
    [InlineData("DB1.DBB30:STRING", DataType.Unknown)]
    [InlineData("DB1.DBB30:STRING(255)", DataType.Unknown)]
    [InlineData("DB1.DBB30:STRING(0)", DataType.Unknown)]
    [InlineData("DB1.DBD4:REAL(4)", DataType.Unknown)]
    [InlineData("DB1.DBD4.1:REAL", DataType.Unknown)]
    [InlineData("DB99999.DBW4", DataType.Unknown)]
    [InlineData("T2048", DataType.Unknown)]
    [InlineData("T5", DataType.UInt16)]
    [InlineData("C5:COUNTER[0]", DataType.Unknown)]
    [InlineData("DB1.DBW20:INT[0]", DataType.Unknown)]
    [InlineData("DB1.DBW20", DataType.Int16Array)]
    [InlineData("DB1.DBB20:CHAR[4]", DataType.Unknown)]
    [InlineData("\"Data_block\".Pump[3].speed", DataType.Float)]
    public void A_fault_quotes_what_was_written(string written, DataType type)
    {
        var fault = S7AddressReader.Read(written, type, out var address);

        Assert.Null(address);
        Assert.StartsWith($"is '{written}'", fault, StringComparison.Ordinal);
    }
}
