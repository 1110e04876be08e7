namespace Uns.Connectors.OpcUa.Wire;

/// <summary>The server sent bytes that are no OPC UA message. The channel cannot go on.</summary>
internal sealed class UaFormatException(string message) : Exception(message);
