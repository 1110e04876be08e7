namespace Uns.Hub.Bench;

/// <summary>A measurement cannot go on: the broker refused, closed or fell silent. The message is the whole sentence for the user.</summary>
internal sealed class BenchException(string message) : Exception(message);
