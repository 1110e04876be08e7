using System.Globalization;
using System.Text;

namespace Uns.Connectors.OpcUa.Wire;

/// <summary>One step of the way to a node: a browse name, its namespace as URI where that is known, else as the server's index.</summary>
internal readonly record struct BrowseStep(ushort Namespace, string? Uri, string Name)
{
    /// <summary>The notation of one step, such as <c>nsu=urn:plant;Line1</c>, <c>2:Line1</c> or, for the standard's own names, <c>Server</c>.</summary>
    public override string ToString() =>
        Uri is not null ? $"nsu={Escape(Uri, "/&;")};{Escape(Name, "/&")}"
        : Namespace > 0 ? $"{Namespace.ToString(CultureInfo.InvariantCulture)}:{Escape(Name, "/&")}"
        : Escape(Name, "/&:");

    /// <summary>The step as a server with these namespaces writes it.</summary>
    public static BrowseStep Of(UaName name, IReadOnlyList<string> namespaces) =>
        new(name.Namespace, name.Namespace > 0 && name.Namespace < namespaces.Count ? namespaces[name.Namespace] : null, name.Name ?? "");

    // [OPC 10000-4, A.2] A reserved character is led in by an ampersand.
    private static string Escape(string text, string reserved)
    {
        var written = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            written.Append(reserved.Contains(character, StringComparison.Ordinal) ? "&" : "").Append(character);
        }

        return written.ToString();
    }
}

/// <summary>The way from the Objects folder to a node by browse names. Outlives the node's id where a server gives new ids at each start.</summary>
/// <param name="Steps">At least one, from Objects downwards, each over any hierarchical reference.</param>
/// <remarks>OPC 10000-4, 7.31 and A.2; of the notation there, only steps by <c>/</c> are known, and a namespace may stand as URI.</remarks>
internal sealed record BrowsePath(IReadOnlyList<BrowseStep> Steps)
{
    /// <summary>Most steps of one path.</summary>
    public const int Longest = 64;

    /// <summary>The name that the node itself must have.</summary>
    public BrowseStep Last => Steps[^1];

    /// <summary>Reads <c>/nsu=urn:plant;Line1/nsu=urn:plant;Speed</c> or <c>/0:Objects/2:Line1/2:Speed</c>; Root and Objects at the beginning may stand or not.</summary>
    /// <returns>False with one sentence that says what is wanted.</returns>
    public static bool TryParse(string written, out BrowsePath path, out string fault)
    {
        path = null!;
        fault = $"is '{written}': give a browse path from Objects downwards, such as /nsu=urn:plant;Line1/nsu=urn:plant;Speed or /2:Line1/2:Speed.";
        var text = written.TrimStart();
        if (!text.StartsWith('/'))
        {
            return false;
        }

        var steps = new List<BrowseStep>();
        foreach (var part in Split(text[1..], '/'))
        {
            if (!TryParseStep(part, out var step))
            {
                return false;
            }

            steps.Add(step);
        }

        foreach (var known in (string[])["Root", "Objects"])
        {
            if (steps.Count > 0 && steps[0] is { Namespace: 0, Uri: null } first && first.Name == known)
            {
                steps.RemoveAt(0);
            }
        }

        path = new(steps);
        return steps.Count is > 0 and <= Longest;
    }

    /// <summary>Puts the server's indexes in the place of the URIs.</summary>
    /// <returns>Null when the server does not know one of the namespaces.</returns>
    public IReadOnlyList<UaName>? Resolve(IReadOnlyList<string> namespaces)
    {
        var names = new UaName[Steps.Count];
        for (var i = 0; i < names.Length; i++)
        {
            var index = (int)Steps[i].Namespace;
            if (Steps[i].Uri is { } uri && (index = namespaces.IndexOf(uri)) < 0)
            {
                return null;
            }

            names[i] = new((ushort)index, Steps[i].Name);
        }

        return names;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Concat(Steps.Select(s => $"/{s}"));

    private static bool TryParseStep(string part, out BrowseStep step)
    {
        step = default;
        ushort index = 0;
        string? uri = null;
        if (part.StartsWith("nsu=", StringComparison.Ordinal))
        {
            var halves = Split(part[4..], ';');
            if (halves.Count < 2)
            {
                return false;
            }

            (uri, part) = (Plain(halves[0]), string.Join(';', halves.Skip(1)));
        }
        else if (Split(part, ':') is { Count: > 1 } halves && ushort.TryParse(halves[0], NumberStyles.None, CultureInfo.InvariantCulture, out index))
        {
            part = string.Join(':', halves.Skip(1));
        }

        step = new(index, uri, Plain(part));
        return step.Name.Length > 0 && uri?.Length != 0;
    }

    // Cuts at a mark, but not where an ampersand leads it in.
    private static List<string> Split(string text, char mark)
    {
        var parts = new List<string>();
        var begin = 0;
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == '&')
            {
                at++;
            }
            else if (text[at] == mark)
            {
                parts.Add(text[begin..at]);
                begin = at + 1;
            }
        }

        parts.Add(text[begin..]);
        return parts;
    }

    private static string Plain(string text)
    {
        var plain = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length; at++)
        {
            at += text[at] == '&' && at + 1 < text.Length ? 1 : 0;
            plain.Append(text[at]);
        }

        return plain.ToString();
    }
}

/// <summary>Where a namespace stands.</summary>
internal static class NamespaceList
{
    /// <summary>The index of a URI; -1 when the server does not know it.</summary>
    public static int IndexOf(this IReadOnlyList<string> namespaces, string uri)
    {
        for (var i = 0; i < namespaces.Count; i++)
        {
            if (namespaces[i] == uri)
            {
                return i;
            }
        }

        return -1;
    }
}
