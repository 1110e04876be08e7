namespace Uns.Hub.Wiring;

/// <summary>The hub cannot start: a port in use, a data directory it may not write, a damaged file. The message is the whole sentence for the user.</summary>
public sealed class StartException(string message, Exception? innerException = null) : Exception(message, innerException);
