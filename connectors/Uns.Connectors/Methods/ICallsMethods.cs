using System.Text.Json;

namespace Uns.Connectors;

/// <summary>A connector whose device has methods that can be called.</summary>
public interface ICallsMethods
{
    /// <summary>Calls a method once; a call whose answer does not come is never sent again.</summary>
    /// <exception cref="WriteRefusedException">The settings do not allow the method, an argument does not fit, or the device said no.</exception>
    /// <exception cref="ConnectorException">The device was lost; whether the method was carried out is not known.</exception>
    Task<MethodAnswer> CallAsync(MethodCall call, CancellationToken cancellationToken);
}

/// <summary>One call of a method.</summary>
/// <param name="Object">What it is done to, in the protocol's own notation.</param>
/// <param name="Method">The method.</param>
/// <param name="Arguments">One value for each input, in order.</param>
public sealed record MethodCall(string Object, string Method, IReadOnlyList<JsonElement> Arguments);

/// <summary>What a method gave.</summary>
/// <param name="Status">The device's own word for how it ended.</param>
/// <param name="Outputs">Its outputs, in order.</param>
public sealed record MethodAnswer(string Status, IReadOnlyList<MethodOutput> Outputs);

/// <summary>One output of a method.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value.</param>
public sealed record MethodOutput(string Name, JsonElement Value);

/// <summary>What a method takes and gives.</summary>
/// <param name="Inputs">Its inputs, in order.</param>
/// <param name="Outputs">Its outputs, in order.</param>
public sealed record MethodShape(IReadOnlyList<MethodArgument> Inputs, IReadOnlyList<MethodArgument> Outputs);

/// <summary>One input or output of a method.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type in the protocol's own words; <c>[]</c> behind it for an array.</param>
/// <param name="Description">What the device says of it.</param>
public sealed record MethodArgument(string Name, string Type, string Description);
