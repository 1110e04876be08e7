using Uns.Connectors.Modbus;
using Uns.Connectors.OpcUa;
using Uns.Connectors.S7;
using Uns.Tags;

namespace Uns.UnitTests.Connectors;

/// <summary>Every notation that engineers own is read, and becomes one form.</summary>
public sealed class NotationTests
{
    public static TheoryData<string, string, DataType, string> Modbus() => Rows("Modbus");

    public static TheoryData<string, string, DataType, string> S7() => Rows("S7");

    public static TheoryData<string, string, DataType, string> OpcUa() => Rows("OpcUa");

    [Theory]
    [MemberData(nameof(Modbus))]
    public void Of_Modbus(string who, string written, DataType type, string canonical)
    {
        Assert.True(ModbusAddressReader.Read(written, oneBased: true, out var address) is null, $"{who}: {written}");
        Assert.Equal(canonical, address!.ToString());
        Assert.Equal(DataType.Unknown, type);
        // Counted from zero the same text is one place further, but where its author always counts from zero.
        var isHigher = ModbusAddressReader.Read(written, oneBased: false, out var zeroBased) is null && zeroBased!.Offset == address.Offset + 1;
        Assert.True(isHigher || who is "Schneider" or "six digits, the last", $"{who}: {written}");
    }

    [Theory]
    [MemberData(nameof(S7))]
    public void Of_S7(string who, string written, DataType type, string canonical)
    {
        Assert.True(S7AddressReader.Read(written, type, out var address) is null, $"{who}: {written}");
        Assert.Equal(canonical, address!.ToString());
    }

    [Theory]
    [MemberData(nameof(OpcUa))]
    public void Of_OPC_UA(string who, string written, DataType type, string canonical)
    {
        Assert.True(OpcUaItem.Read(new() { Name = "tag", Address = written, DataType = type }, out var item) is null, $"{who}: {written}");
        Assert.Equal(canonical, item.Written);
    }

    [Theory]
    [InlineData("Modbus", 55)]
    [InlineData("S7", 60)]
    [InlineData("OpcUa", 17)]
    public void The_table_only_grows(string room, int least) => Assert.True(Notations.Of(room).Count >= least, $"{Notations.Of(room).Count} rows");

    private static TheoryData<string, string, DataType, string> Rows(string room)
    {
        var rows = new TheoryData<string, string, DataType, string>();
        foreach (var row in Notations.Of(room))
        {
            rows.Add(row.Who, row.Written, row.Type, row.Canonical);
        }

        return rows;
    }
}
