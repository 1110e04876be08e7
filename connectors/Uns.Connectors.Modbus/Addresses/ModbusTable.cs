namespace Uns.Connectors.Modbus;

/// <summary>The four tables of the data model.</summary>
/// <remarks>Modbus Application Protocol V1.1b3, 4.3.</remarks>
public enum ModbusTable
{
    /// <summary>Single bits, read and write. FC 1, 5, 15.</summary>
    Coil,

    /// <summary>Single bits, read only. FC 2.</summary>
    DiscreteInput,

    /// <summary>16-bit registers, read only. FC 4.</summary>
    InputRegister,

    /// <summary>16-bit registers, read and write. FC 3, 6, 16, 22.</summary>
    HoldingRegister,
}

/// <summary>What the tables have in common.</summary>
internal static class ModbusTables
{
    public static bool IsBits(this ModbusTable table) => table is ModbusTable.Coil or ModbusTable.DiscreteInput;

    public static string Words(this ModbusTable table) => table switch
    {
        ModbusTable.Coil => "coil",
        ModbusTable.DiscreteInput => "discrete input",
        ModbusTable.InputRegister => "input register",
        _ => "holding register",
    };

    public static string Letters(this ModbusTable table) => table switch
    {
        ModbusTable.Coil => "C",
        ModbusTable.DiscreteInput => "DI",
        ModbusTable.InputRegister => "IR",
        _ => "HR",
    };
}
