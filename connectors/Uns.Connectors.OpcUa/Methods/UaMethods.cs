using Uns.Connectors.OpcUa.Structures;
using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa.Methods;

/// <summary>One input or output of a method, as the server describes it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Node of its data type.</param>
/// <param name="Rank">-1 for one value, 1 for an array.</param>
/// <param name="Description">Words for people.</param>
internal sealed record UaArgument(string Name, NodeId Type, int Rank, string Description);

/// <summary>What a call gave.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Inputs">How each input was taken; empty when nothing is said of them.</param>
/// <param name="Outputs">The outputs.</param>
internal sealed record UaCallResult(uint Status, IReadOnlyList<uint> Inputs, IReadOnlyList<UaVariant> Outputs);

/// <summary>Methods of a server: what they take and give, and calling them.</summary>
/// <remarks>OPC 10000-4, 5.11.2 (Call); OPC 10000-3, 8.6 (Argument).</remarks>
internal static class UaMethods
{
    private const uint HasProperty = 46;
    private const uint ArgumentEncoding = 298;

    /// <summary>Inputs and outputs of a method; empty where it has none, or does not tell.</summary>
    public static async Task<(IReadOnlyList<UaArgument> Inputs, IReadOnlyList<UaArgument> Outputs)> ArgumentsAsync(this UaSession session, NodeId method, CancellationToken cancellationToken)
    {
        var properties = await session.FollowAsync(method, HasProperty, isForward: true, cancellationToken);
        return (await ReadAsync(session, properties, "InputArguments", cancellationToken), await ReadAsync(session, properties, "OutputArguments", cancellationToken));
    }

    /// <summary>Calls a method once.</summary>
    /// <param name="session">Where.</param>
    /// <param name="target">The object that it is done to.</param>
    /// <param name="method">The method.</param>
    /// <param name="inputs">One value for each input.</param>
    /// <param name="limit">Longest wait; the channel is closed when it ends.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<UaCallResult> CallMethodAsync(
        this UaSession session, NodeId target, NodeId method, IReadOnlyList<UaVariant> inputs, TimeSpan limit, CancellationToken cancellationToken)
    {
        var fields = new UaWriter().Int32(1).NodeId(target).NodeId(method).Int32(inputs.Count);
        foreach (var input in inputs)
        {
            fields.Variant(input);
        }

        var answer = await session.AskAsync(712, 715, fields, limit, cancellationToken);
        var reader = new UaReader(answer.Span);
        if (reader.Count(16) != 1)
        {
            throw new UaFormatException("a call of one method did not give one result");
        }

        var status = reader.UInt32();
        var taken = new uint[reader.Count(4)];
        for (var i = 0; i < taken.Length; i++)
        {
            taken[i] = reader.UInt32();
        }

        reader.DiagnosticInfos();
        var outputs = new UaVariant[reader.Count(1)];
        for (var i = 0; i < outputs.Length; i++)
        {
            outputs[i] = reader.Variant();
        }

        return new(status, taken, outputs);
    }

    /// <summary>What a method takes and gives, in words.</summary>
    public static async Task<MethodShape> ShapeAsync(this UaSession session, StructureBook structures, NodeId method, CancellationToken cancellationToken)
    {
        var (inputs, outputs) = await session.ArgumentsAsync(method, cancellationToken);
        return new(await WordsAsync(structures, inputs, cancellationToken), await WordsAsync(structures, outputs, cancellationToken));
    }

    private static async Task<IReadOnlyList<MethodArgument>> WordsAsync(StructureBook structures, IReadOnlyList<UaArgument> arguments, CancellationToken cancellationToken)
    {
        var words = new List<MethodArgument>();
        foreach (var argument in arguments)
        {
            var type = await structures.OfTypeAsync(argument.Type, cancellationToken) switch
            {
                BuiltInShape builtIn => builtIn.Type.ToString(),
                EnumerationShape enumeration => string.Join(" | ", enumeration.Names.Values.Take(32)),
                StructureShape => "structure",
                _ => argument.Type.ToString(),
            };
            words.Add(new(argument.Name, argument.Rank >= 1 ? $"{type}[]" : type, argument.Description));
        }

        return words;
    }

    private static async Task<IReadOnlyList<UaArgument>> ReadAsync(UaSession session, IReadOnlyList<UaReference> properties, string name, CancellationToken cancellationToken)
    {
        var property = properties.FirstOrDefault(p => p.BrowseName is { Namespace: 0 } && p.BrowseName.Name == name && p.Id.Uri is null);
        if (property == default)
        {
            return [];
        }

        var value = (await session.ReadAsync([property.Id], UaAttribute.Value, cancellationToken))[0].Value.Value;
        return value is object?[] many ? [.. many.OfType<UaExtension>().Where(e => e.Encoding == NodeId.Standard(ArgumentEncoding)).Select(Read)] : [];
    }

    private static UaArgument Read(UaExtension told)
    {
        var reader = new UaReader(told.Body.Span);
        var (name, type, rank) = (reader.String() ?? "", reader.NodeId(), reader.Int32());
        for (var dimension = reader.Count(4); dimension > 0; dimension--)
        {
            reader.UInt32();
        }

        return new(name, type, rank, reader.LocalizedText() ?? "");
    }
}
