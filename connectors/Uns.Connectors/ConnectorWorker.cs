namespace Uns.Connectors;

/// <summary>Placeholder until the loop lands.</summary>
public sealed class ConnectorWorker;
