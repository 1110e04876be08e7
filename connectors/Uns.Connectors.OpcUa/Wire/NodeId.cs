using System.Globalization;

namespace Uns.Connectors.OpcUa.Wire;

/// <summary>The kind of a node's identifier.</summary>
/// <remarks>OPC 10000-3, 8.2.3.</remarks>
internal enum IdKind
{
    Numeric,
    String,
    Guid,
    Opaque,
}

/// <summary>
/// One node of a server. Carries the namespace either as the server's own index, or as URI when the user gave one; indexes move
/// when a server is reconfigured, URIs do not.
/// </summary>
/// <param name="Namespace">Index in the server's namespace array; meaningless while <paramref name="Uri"/> is set.</param>
/// <param name="Kind">Which kind of identifier.</param>
/// <param name="Number">The numeric identifier.</param>
/// <param name="Identifier">The identifier as text for the other kinds: the string itself, the Guid, or base64.</param>
/// <param name="Uri">Namespace URI to be resolved at connect; null once it is an index.</param>
internal readonly record struct NodeId(ushort Namespace, IdKind Kind, uint Number, string? Identifier, string? Uri = null)
{
    /// <summary>A node of the standard's own namespace.</summary>
    public static NodeId Standard(uint number) => new(0, IdKind.Numeric, number, null);

    /// <summary>True for <c>ns=0;i=0</c>, the null node id.</summary>
    public bool IsNull => Namespace == 0 && Kind == IdKind.Numeric && Number == 0 && Uri is null;

    /// <summary>
    /// Reads <c>i=2258</c>, <c>ns=2;s=Line1.Speed</c>, <c>nsu=urn:plant;s=Line1.Speed</c>, <c>g=</c> a Guid, <c>b=</c> base64, or Neuron's <c>2!Line1.Speed</c>.
    /// </summary>
    /// <returns>False with one sentence that says what is wanted.</returns>
    /// <remarks>OPC 10000-6, 5.3.1.10. Semicolons and quotes inside <c>s=</c> belong to the identifier.</remarks>
    public static bool TryParse(string written, out NodeId id, out string fault)
    {
        id = default;
        fault = $"is '{written}': give a node id such as ns=2;s=Line1.Speed, nsu=urn:plant;s=Line1.Speed or i=2258.";
        var rest = written.AsSpan().Trim();
        foreach (var lead in (string[])["NodeId://", "svr=0;"]) // Another tool's mark, and the server itself.
        {
            rest = rest.StartsWith(lead, StringComparison.Ordinal) ? rest[lead.Length..] : rest;
        }

        if (ForeignFault(rest) is { } foreign)
        {
            fault = $"is '{written}': {foreign}";
            return false;
        }

        ushort index = 0;
        string? uri = null;
        if (rest.StartsWith("nsu=", StringComparison.Ordinal))
        {
            var end = rest.IndexOf(';');
            if (end <= 4)
            {
                return false;
            }

            uri = Unescape(rest[4..end]);
            rest = rest[(end + 1)..];
        }
        else if (rest.StartsWith("ns=", StringComparison.Ordinal))
        {
            var end = rest.IndexOf(';');
            if (end < 0 || !ushort.TryParse(rest[3..end], NumberStyles.None, CultureInfo.InvariantCulture, out index))
            {
                return false;
            }

            rest = rest[(end + 1)..];
        }
        else if (rest.IndexOf('!') is > 0 and var mark && ushort.TryParse(rest[..mark], NumberStyles.None, CultureInfo.InvariantCulture, out index))
        {
            var name = rest[(mark + 1)..].ToString();
            id = uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var numeric)
                ? new NodeId(index, IdKind.Numeric, numeric, null)
                : new NodeId(index, IdKind.String, 0, name);
            return name.Length > 0;
        }

        return rest.Length > 2 && rest[1] == '=' && TryParseIdentifier(index, uri, rest[0], rest[2..].ToString(), out id);
    }

    /// <summary>The notation with the namespace's URI where it is known and not the standard's own; it can be given back as an address.</summary>
    public string ToAddress(IReadOnlyList<string> namespaces) =>
        Uri is null && Namespace > 0 && Namespace < namespaces.Count ? $"nsu={Escape(namespaces[Namespace])};{Tail}" : ToString();

    /// <summary>Puts the server's index in the place of the URI.</summary>
    /// <returns>False when the server does not know the namespace.</returns>
    public bool TryResolve(IReadOnlyList<string> namespaces, out NodeId resolved)
    {
        resolved = this;
        if (Uri is null)
        {
            return true;
        }

        for (var i = 0; i < namespaces.Count; i++)
        {
            if (namespaces[i] == Uri)
            {
                resolved = this with { Namespace = (ushort)i, Uri = null };
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public override string ToString() => Uri is not null ? $"nsu={Escape(Uri)};{Tail}" : Namespace > 0 ? $"ns={Namespace};{Tail}" : Tail;

    private string Tail => Kind switch
    {
        IdKind.Numeric => $"i={Number}",
        IdKind.String => $"s={Identifier}",
        IdKind.Guid => $"g={Identifier}",
        _ => $"b={Identifier}",
    };

    private static bool TryParseIdentifier(ushort index, string? uri, char kind, string text, out NodeId id)
    {
        id = default;
        switch (kind)
        {
            case 'i' when uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number):
                id = new NodeId(index, IdKind.Numeric, number, null, uri);
                return true;
            case 's':
                id = new NodeId(index, IdKind.String, 0, text, uri);
                return true;
            case 'g' when System.Guid.TryParse(text, out var guid):
                id = new NodeId(index, IdKind.Guid, 0, guid.ToString(), uri);
                return true;
            case 'b' when Convert.TryFromBase64String(text, new byte[text.Length], out _):
                id = new NodeId(index, IdKind.Opaque, 0, text, uri);
                return true;
            default:
                return false;
        }
    }

    // What other tools write and this connector does not read so.
    private static string? ForeignFault(ReadOnlySpan<char> rest) => rest switch
    {
        ['s', 'v', 'r', '=', ..] => "it names a node of another server: add that server as a device of its own.",
        _ when rest.StartsWith("BrowsePath://", StringComparison.Ordinal) =>
            "give each name with the index of its namespace, such as /0:Objects/2:Line1/2:Speed, or take the branch over as a whole.",
        _ when rest.StartsWith("cond:", StringComparison.Ordinal) || rest.StartsWith("alarm:", StringComparison.Ordinal) || rest.StartsWith("method:", StringComparison.Ordinal) =>
            "it is no variable: conditions and methods are no tags.",
        _ when rest.IndexOf("]!") is > 0 and var end && rest.IndexOf('[') is > 0 and var begin && begin < end && ushort.TryParse(rest[..begin], NumberStyles.None, CultureInfo.InvariantCulture, out _) =>
            $"parts of arrays are not read: give {rest[..begin]}{rest[(end + 1)..]}, whose value is the whole array.",
        _ => null,
    };

    // A semicolon or percent sign within a URI is escaped, so that the first ';' ends it.
    private static string Unescape(ReadOnlySpan<char> written) => written.ToString().Replace("%3B", ";", StringComparison.OrdinalIgnoreCase).Replace("%25", "%");

    private static string Escape(string uri) => uri.Replace("%", "%25").Replace(";", "%3B");
}
