using Uns.Connectors.OpcUa.Structures;
using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa.Methods;

/// <summary>Calls methods that the device's settings allow, with arguments that fit what the server describes.</summary>
internal sealed class MethodDesk(OpcUaOptions options, UaSession session, StructureBook structures)
{
    // Below the limit of one call of the worker; a machine may take its time.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Calls once.</summary>
    /// <exception cref="WriteRefusedException">Not allowed, not understood, or refused by the server.</exception>
    public async Task<MethodAnswer> CallAsync(MethodCall call, CancellationToken cancellationToken)
    {
        var (target, method) = (Resolve(call.Object, "object"), Resolve(call.Method, "method"));
        if (!IsAllowed(method))
        {
            throw Refused(call, "the device's setting Methods does not allow it");
        }

        var (inputs, outputs) = await session.ArgumentsAsync(method, cancellationToken);
        if (inputs.Count != call.Arguments.Count)
        {
            throw Refused(call, $"it takes {inputs.Count} arguments ({string.Join(", ", inputs.Select(i => i.Name))}), {call.Arguments.Count} came");
        }

        var values = new UaVariant[inputs.Count];
        for (var i = 0; i < values.Length; i++)
        {
            var shape = await structures.OfTypeAsync(inputs[i].Type, cancellationToken);
            if (ArgumentReader.Read(call.Arguments[i], shape, inputs[i].Rank >= 1, out values[i]) is { } fault)
            {
                throw Refused(call, $"'{inputs[i].Name}' {fault}");
            }
        }

        var result = await session.CallMethodAsync(target, method, values, options.AnswerTimeout > Patience ? options.AnswerTimeout : Patience, cancellationToken);
        if (!StatusCode.IsGood(result.Status) && !StatusCode.IsUncertain(result.Status))
        {
            var about = result.Inputs.Select((status, i) => (status, i)).Where(p => !StatusCode.IsGood(p.status) && p.i < inputs.Count).Select(p => $"; '{inputs[p.i].Name}' {StatusCode.Name(p.status)}");
            throw new WriteRefusedException($"The server answered {StatusCode.Name(result.Status)} to the call of {call.Method}{string.Concat(about)}.");
        }

        await structures.LearnAsync(result.Outputs, cancellationToken);
        var json = new StructureJson(structures.OfEncoding);
        return new(
            result.Status == 0 ? "Good" : StatusCode.Name(result.Status),
            [.. result.Outputs.Select((o, i) => new MethodOutput(i < outputs.Count ? outputs[i].Name : $"{i + 1}", json.Element(o)))]);
    }

    private bool IsAllowed(NodeId method) =>
        options.AllowedMethods().Any(allowed => allowed == "*" || (NodeId.TryParse(allowed, out var id, out _) && id.TryResolve(session.Namespaces, out var node) && node == method));

    private NodeId Resolve(string written, string what) =>
        NodeId.TryParse(written, out var id, out _) && id.TryResolve(session.Namespaces, out var node)
            ? node
            : throw new WriteRefusedException($"The {what} '{written}' is no node of this server: give a node id such as nsu=urn:plant;s=Line1.");

    private static WriteRefusedException Refused(MethodCall call, string why) => new($"{call.Method} was not called: {why}.");
}
