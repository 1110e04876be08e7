namespace Uns.Connectors;

/// <summary>The device is gone, too slow, or answers nonsense. The message names the device's address, what was found and what was wanted.</summary>
public sealed class ConnectorException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>Shortest wait before the next attempt, where the back-off would come too soon: a full CPU, a wrong password.</summary>
    /// <value>Zero unless set: the back-off alone decides.</value>
    public TimeSpan RetryNotBefore { get; init; }

    /// <summary>True when trying again did not help before: somebody should look at it.</summary>
    public bool IsAlarm { get; init; }
}

/// <summary>A write was sent and not answered: whether the device took it is not known, and it is not sent again. The connection is fine.</summary>
public sealed class WriteUnconfirmedException(string message) : Exception(message);

/// <summary>A write was not taken: the tag is not writable, the value does not fit, or the device refused it. The connection is fine.</summary>
public sealed class WriteRefusedException(string message) : Exception(message);
