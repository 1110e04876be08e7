namespace Uns.Store;

/// <summary>The store cannot do what was asked; the message says which file and why.</summary>
public class StoreException : Exception
{
    /// <summary>An exception with its message.</summary>
    public StoreException(string message)
        : base(message)
    {
    }

    /// <summary>An exception with its message and cause.</summary>
    public StoreException(string message, Exception? cause)
        : base(message, cause)
    {
    }

    /// <summary>An exception without words.</summary>
    public StoreException()
    {
    }
}

/// <summary>Another hub holds the data directory.</summary>
public sealed class StoreInUseException : StoreException
{
    /// <summary>An exception with its message.</summary>
    public StoreInUseException(string message)
        : base(message)
    {
    }

    /// <summary>An exception with its message and cause.</summary>
    public StoreInUseException(string message, Exception? cause)
        : base(message, cause)
    {
    }

    /// <summary>An exception without words.</summary>
    public StoreInUseException()
    {
    }
}
