namespace Uns.Connectors.OpcUa;

/// <summary>What a simulated server does wrong.</summary>
/// <param name="Delay">Every answer comes so much later.</param>
/// <param name="IsSilent">No answer comes.</param>
/// <param name="Disconnects">Each request is answered by closing the connection.</param>
/// <param name="RequestShift">Added to the id of the request that an answer names.</param>
public sealed record SimulatedUaFault(TimeSpan Delay = default, bool IsSilent = false, bool Disconnects = false, int RequestShift = 0);
