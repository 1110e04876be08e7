namespace Uns.Mqtt.Broker;

/// <summary>The broker cannot listen; the message names address and port and says what to do.</summary>
public sealed class ListenerException : Exception
{
    /// <summary>An exception with its message.</summary>
    public ListenerException(string message)
        : base(message)
    {
    }

    /// <summary>An exception with its message and cause.</summary>
    public ListenerException(string message, Exception? cause)
        : base(message, cause)
    {
    }

    /// <summary>An exception without words.</summary>
    public ListenerException()
    {
    }
}
