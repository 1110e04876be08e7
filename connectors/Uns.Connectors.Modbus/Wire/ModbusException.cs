namespace Uns.Connectors.Modbus.Wire;

/// <summary>The exception codes a device answers with, and what they mean to the one who set it up.</summary>
/// <remarks>Modbus Application Protocol V1.1b3, 7.</remarks>
internal static class ModbusException
{
    public const byte IllegalFunction = 1;
    public const byte IllegalAddress = 2;
    public const byte IllegalValue = 3;
    public const byte Acknowledge = 5;
    public const byte Busy = 6;
    public const byte GatewayPath = 0x0A;
    public const byte GatewayTarget = 0x0B;

    /// <summary>Code and meaning, as the end of a sentence.</summary>
    public static string Explain(byte code) => code switch
    {
        IllegalFunction => "exception 1, illegal function: the device does not know this kind of access.",
        IllegalAddress => "exception 2, illegal data address: the device has nothing at this address.",
        IllegalValue => "exception 3, illegal data value: the device does not take this value or length.",
        4 => "exception 4, device failure: the device could not do it.",
        Acknowledge => "exception 5, acknowledge: the device is still working on it.",
        Busy => "exception 6, device busy: it asks to be left alone for a while.",
        7 => "exception 7, negative acknowledge: the device cannot do it now.",
        8 => "exception 8, memory parity error: the device's memory is faulty.",
        GatewayPath => "exception 10, gateway path unavailable: the gateway is not set up for this unit.",
        GatewayTarget => "exception 11, gateway target failed to respond: the unit behind the gateway is silent.",
        _ => $"exception {code}, which the standard does not name.",
    };
}
