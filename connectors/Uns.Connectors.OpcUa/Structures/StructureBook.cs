using System.Collections.Concurrent;
using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa.Structures;

/// <summary>The structures and enumerations of one server, asked for when they are first met and kept for the session.</summary>
/// <remarks>OPC 10000-3, 5.8.3 (DataTypeDefinition). Servers from before version 1.04 of the standard do not describe them so. Safe to call from many tasks.</remarks>
internal sealed class StructureBook(UaSession session) : IDisposable
{
    private const uint HasEncoding = 38;
    private const uint HasSubtype = 45;
    private const int MostTypes = 2_000;
    private const int Deepest = 32;

    private readonly Dictionary<NodeId, UaShape?> _byType = [];
    private readonly ConcurrentDictionary<NodeId, UaShape?> _byEncoding = [];
    private readonly SemaphoreSlim _oneAtATime = new(1, 1); // What is asked for once need not be asked for twice.

    /// <summary>The shape behind an encoding; null when the server does not describe it, or when nobody asked.</summary>
    public UaShape? OfEncoding(NodeId encoding) => _byEncoding.GetValueOrDefault(encoding);

    /// <summary>Asks the server for what it does not know yet of the structures in some values.</summary>
    public async Task LearnAsync(IEnumerable<UaVariant> values, CancellationToken cancellationToken)
    {
        foreach (var encoding in values.Where(v => v.Type == UaType.ExtensionObject).SelectMany(Encodings).Distinct().Where(e => !_byEncoding.ContainsKey(e)).ToList())
        {
            if (_byEncoding.Count >= MostTypes)
            {
                return; // What is met from here on stays unread.
            }

            _byEncoding[encoding] = await BehindAsync(encoding, HasEncoding, cancellationToken) is { } type ? await OfTypeAsync(type, cancellationToken) : null;
        }
    }

    /// <summary>The shape of a data type; null when the server does not describe it.</summary>
    public async Task<UaShape?> OfTypeAsync(NodeId type, CancellationToken cancellationToken)
    {
        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            return await OfTypeAsync(type, 0, cancellationToken);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    public void Dispose() => _oneAtATime.Dispose();

    private static IEnumerable<NodeId> Encodings(UaVariant value) => value.Value switch
    {
        UaExtension one => [one.Encoding],
        object?[] many => many.OfType<UaExtension>().Select(e => e.Encoding),
        _ => [],
    };

    private async Task<UaShape?> OfTypeAsync(NodeId type, int depth, CancellationToken cancellationToken)
    {
        if (type is { Namespace: 0, Kind: IdKind.Numeric, Number: >= 1 and <= 29 } known)
        {
            return new BuiltInShape(known.Number switch
            {
                24 or 26 or 27 or 28 => UaType.Variant, // Abstract: each value says what it is.
                29 => UaType.Int32,
                var number => (UaType)number,
            });
        }

        if (type is { Namespace: 0, Kind: IdKind.Numeric, Number: 290 or 294 } time)
        {
            return new BuiltInShape(time.Number == 290 ? UaType.Double : UaType.DateTime); // Duration and UtcTime, also where the server shows nothing of its types.
        }

        if (_byType.TryGetValue(type, out var found))
        {
            return found;
        }

        if (_byType.Count >= MostTypes || depth > Deepest)
        {
            return null;
        }

        var definition = (await session.ReadAsync([type], UaAttribute.DataTypeDefinition, cancellationToken))[0];
        if (definition.Value.Value is UaExtension { Encoding: { Namespace: 0, Kind: IdKind.Numeric } encoding } told)
        {
            return encoding.Number switch
            {
                122 => await StructureAsync(type, told, depth, cancellationToken),
                123 => _byType[type] = Enumeration(told),
                _ => _byType[type] = null,
            };
        }

        // A type without a definition of its own is encoded as the one above it, such as Duration as Double.
        return _byType[type] = await BehindAsync(type, HasSubtype, cancellationToken) is { } parent ? await OfTypeAsync(parent, depth + 1, cancellationToken) : null;
    }

    // The node that refers to this one; null when the server shows none.
    private async Task<NodeId?> BehindAsync(NodeId node, uint reference, CancellationToken cancellationToken)
    {
        try
        {
            var found = await session.FollowAsync(node, reference, isForward: false, cancellationToken);
            return found.Count > 0 && found[0].Id.TryResolve(session.Namespaces, out var id) ? id : null;
        }
        catch (UaServiceException)
        {
            return null; // Some servers show nothing of their types.
        }
    }

    private async Task<UaShape?> StructureAsync(NodeId type, UaExtension told, int depth, CancellationToken cancellationToken)
    {
        var (kind, fields) = Fields(told);
        var shape = new StructureShape(kind);
        _byType[type] = shape;
        foreach (var (name, fieldType, rank, isOptional) in fields)
        {
            shape.Fields.Add(new(name, await OfTypeAsync(fieldType, depth + 1, cancellationToken), rank, isOptional));
        }

        return shape;
    }

    private static (StructureKind Kind, List<(string Name, NodeId Type, int Rank, bool IsOptional)> Fields) Fields(UaExtension told)
    {
        var reader = new UaReader(told.Body.Span);
        reader.NodeId(); // Default encoding.
        reader.NodeId(); // Base type: its fields are listed with ours.
        var kind = (StructureKind)reader.UInt32();
        var fields = new List<(string, NodeId, int, bool)>();
        for (var count = reader.Count(20); count > 0; count--)
        {
            var name = reader.String() ?? "";
            reader.LocalizedText();
            var (type, rank) = (reader.NodeId(), reader.Int32());
            for (var dimension = reader.Count(4); dimension > 0; dimension--)
            {
                reader.UInt32();
            }

            reader.UInt32(); // Longest string.
            fields.Add((name, type, rank, reader.Boolean()));
        }

        return (kind, fields);
    }

    private static EnumerationShape Enumeration(UaExtension told)
    {
        var reader = new UaReader(told.Body.Span);
        var names = new Dictionary<long, string>();
        for (var count = reader.Count(14); count > 0; count--)
        {
            var number = reader.Int64();
            reader.LocalizedText();
            reader.LocalizedText();
            names[number] = reader.String() ?? "";
        }

        return new(names);
    }
}
