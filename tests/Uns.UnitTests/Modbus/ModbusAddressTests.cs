using Uns.Connectors.Modbus;
using Uns.Tags;

namespace Uns.UnitTests.Modbus;

public sealed class ModbusAddressTests
{
    [Theory]
    // One register or bit in every notation.
    [InlineData("40001", "HR1")]
    [InlineData("400001", "HR1")]
    [InlineData("4001", "HR1")]
    [InlineData("401", "HR1")]
    [InlineData("41", "HR1")]
    [InlineData("4x00001", "HR1")]
    [InlineData("4x0001", "HR1")]
    [InlineData("HR1", "HR1")]
    [InlineData("hr1", "HR1")]
    [InlineData("HR[1]", "HR1")]
    [InlineData("holding-register:1", "HR1")]
    [InlineData("30001", "IR1")]
    [InlineData("300001", "IR1")]
    [InlineData("3x1", "IR1")]
    [InlineData("IR1", "IR1")]
    [InlineData("input-register:1", "IR1")]
    [InlineData("10001", "DI1")]
    [InlineData("100001", "DI1")]
    [InlineData("1x1", "DI1")]
    [InlineData("DI1", "DI1")]
    [InlineData("discrete-input:1", "DI1")]
    [InlineData("00001", "C1")]
    [InlineData("000001", "C1")]
    [InlineData("0x1", "C1")]
    [InlineData("C1", "C1")]
    [InlineData("coil:1", "C1")]
    // Six digits reach all registers; five do not.
    [InlineData("410001", "HR10001")]
    [InlineData("465536", "HR65536")]
    [InlineData("49999", "HR9999")]
    // AVEVA, Ignition, PLC4X: the type in the address.
    [InlineData("219 HRS", "HR219:Int16")]
    [InlineData("100 HRF", "HR100:Float")]
    [InlineData("HRF100", "HR100:Float")]
    [InlineData("HRI100", "HR100:Int32")]
    [InlineData("HRUI100", "HR100:UInt32")]
    [InlineData("HRD100", "HR100:Double")]
    [InlineData("IRF7", "IR7:Float")]
    [InlineData("HRS30:10", "HR30[10H]")]
    [InlineData("40005@INT", "HR5:Int16")]
    [InlineData("40001:FLOAT", "HR1:Float")]
    [InlineData("holding-register:1:REAL", "HR1:Float")]
    // Schneider counts from zero.
    [InlineData("%MW10", "HR11")]
    [InlineData("%MW0", "HR1")]
    [InlineData("%M3", "C4")]
    // Bits, texts, orders, units.
    [InlineData("40001.3", "HR1.3")]
    [InlineData("HR5.15", "HR5.15")]
    [InlineData("40001.20H", "HR1[20H]")]
    [InlineData("40001.20L", "HR1[20L]")]
    [InlineData("40001.20D", "HR1[20D]")]
    [InlineData("40001.20E", "HR1[20E]")]
    [InlineData("HR30[8]", "HR30[8]")]
    [InlineData("HRS30:10L", "HR30[10L]")]
    // Arrays and BCD.
    [InlineData("40001 [10]", "HR1[10]")]
    [InlineData("400005[10]@INT", "HR5[10]:Int16")]
    [InlineData("HR1:STRING[4]", "HR1[4H]")]
    [InlineData("HR1:FLOAT[4]", "HR1[4]:Float")]
    [InlineData("C1[16]", "C1[16]")]
    [InlineData("40001:BCD", "HR1:BCD")]
    [InlineData("40001@LBCD", "HR1:LBCD")]
    [InlineData("HR1:LBCD[3]#CDAB", "HR1[3]:LBCD#CDAB")]
    [InlineData("1!400001#LL", "1!HR1#ABCD")]
    [InlineData("1!400001#LB", "1!HR1#BADC")]
    [InlineData("1!400001#BL", "1!HR1#CDAB")]
    [InlineData("1!400001#BB", "1!HR1#DCBA")]
    [InlineData("1!400001#WS", "1!HR1#CDABGHEF")]
    [InlineData("1!400001#WR", "1!HR1#EFGHABCD")]
    [InlineData("1!400001#B", "1!HR1#BADC")]
    [InlineData("5!HR7:Float#CDAB", "5!HR7:Float#CDAB")]
    [InlineData("255!1x9", "255!DI9")]
    public void Every_notation_has_one_canonical_form(string written, string canonical)
    {
        Assert.Null(ModbusAddressReader.Read(written, oneBased: true, out var address));
        Assert.Equal(canonical, address!.ToString());

        Assert.Null(ModbusAddressReader.Read(canonical, oneBased: true, out var again));
        Assert.Equal(address, again);
    }

    [Theory]
    [InlineData("40000", 0)]
    [InlineData("40001", 1)]
    [InlineData("HR0", 0)]
    [InlineData("465535", 65535)]
    [InlineData("%MW10", 10)]
    public void Counted_from_zero_the_number_is_the_offset(string written, int offset)
    {
        Assert.Null(ModbusAddressReader.Read(written, oneBased: false, out var address));
        Assert.Equal(offset, address!.Offset);
    }

    [Theory]
    [InlineData("")]
    [InlineData("4")]
    [InlineData("20001")]
    [InlineData("50001")]
    [InlineData("40000")]
    [InlineData("4000001")]
    [InlineData("465537")]
    [InlineData("HR0")]
    [InlineData("HR65537")]
    [InlineData("40001.16")]
    [InlineData("C1.0")]
    [InlineData("40001.1.20D")]
    [InlineData("40001.1#LL.20H")]
    [InlineData("HR1.1:BOOL[4]")]
    [InlineData("256!40001")]
    [InlineData("40001#XY")]
    [InlineData("40001:COLOUR")]
    [InlineData("HR1[2001]")]
    [InlineData("C1[8L]")]
    [InlineData("40001:INT[0]")]
    [InlineData("HR1[0]")]
    [InlineData("coil")]
    [InlineData("HRX1")]
    [InlineData("Pump/Speed")]
    [InlineData("99999999999999999999")]
    public void A_fault_quotes_what_was_written(string written)
    {
        var fault = ModbusAddressReader.Read(written, oneBased: true, out var address);

        Assert.Null(address);
        Assert.StartsWith($"is '{written}': ", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("40001", DataType.Unknown, DataType.UInt16)]
    [InlineData("40001", DataType.Int32, DataType.Int32)]
    [InlineData("40001.3", DataType.Unknown, DataType.Boolean)]
    [InlineData("00001", DataType.Unknown, DataType.Boolean)]
    [InlineData("40001.20H", DataType.Unknown, DataType.String)]
    [InlineData("40001:FLOAT", DataType.Unknown, DataType.Float)]
    [InlineData("HR1[8]", DataType.Unknown, DataType.String)]
    [InlineData("HR1[8]", DataType.String, DataType.String)]
    [InlineData("HR1[8]", DataType.Int16, DataType.Int16Array)]
    [InlineData("HR1[8]", DataType.FloatArray, DataType.FloatArray)]
    [InlineData("400005[10]@INT", DataType.Unknown, DataType.Int16Array)]
    [InlineData("C1[8]", DataType.Unknown, DataType.BooleanArray)]
    [InlineData("40001:BCD", DataType.Unknown, DataType.UInt16)]
    [InlineData("40001:LBCD", DataType.Unknown, DataType.UInt32)]
    public void The_type_comes_from_the_tag_else_from_the_address(string written, DataType wanted, DataType raw)
    {
        Assert.Null(ModbusAddressReader.Read(written, oneBased: true, out var address));
        Assert.Equal(raw, address!.RawType(wanted));
    }
}
