using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa.Server;

/// <summary>The beginning of every answer.</summary>
/// <remarks>OPC 10000-4, 7.34.</remarks>
internal static class ServerAnswer
{
    private const uint ServiceFault = 397;

    public static UaWriter Head(uint type, uint handle, TimeProvider clock, uint status = 0) =>
        new UaWriter().NodeId(NodeId.Standard(type)).DateTime(clock.GetUtcNow()).UInt32(handle).UInt32(status).Byte(0).Int32(0).NodeId(default).Byte(0);

    public static UaWriter Fault(uint handle, TimeProvider clock, uint status) => Head(ServiceFault, handle, clock, status);
}

/// <summary>What stands before every request.</summary>
/// <remarks>OPC 10000-4, 7.33.</remarks>
internal readonly record struct RequestHeader(NodeId Token, uint Handle, TimeSpan Timeout)
{
    public static RequestHeader Read(ref UaReader reader)
    {
        var token = reader.NodeId();
        reader.DateTime();
        var handle = reader.UInt32();
        reader.UInt32(); // Diagnostics: none are given.
        reader.String();
        var timeout = TimeSpan.FromMilliseconds(reader.UInt32());
        reader.ExtensionObject();
        return new(token, handle, timeout);
    }
}
