using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa.Server;

/// <summary>Shows the address space: browse in parts, and paths to node ids. Nothing is gathered that is not asked for.</summary>
/// <remarks>OPC 10000-4, 5.8.</remarks>
internal sealed class ViewServices(AddressSpace space, OpcUaServerLimits limits, SessionTable sessions)
{
    private const int MostAnswerBytes = 8 * 1024 * 1024;
    private const int LongestPath = 64;
    private const uint BothDirections = 2;

    public UaWriter Browse(ref UaReader reader, UaWriter answer, ServerSession session)
    {
        var isView = !reader.NodeId().IsNull;
        reader.DateTime();
        reader.UInt32();
        if (isView)
        {
            throw new UaServiceException(StatusCode.BadViewIdUnknown);
        }

        var asked = reader.UInt32();
        var most = asked == 0 ? limits.ReferencesPerNode : (int)Math.Min(asked, (uint)limits.ReferencesPerNode);
        var operations = Operations(ref reader, 14);
        answer.Int32(operations);
        for (; operations > 0; operations--)
        {
            var place = space.Find(reader.NodeId());
            var direction = reader.UInt32();
            var (wanted, subtypes) = (reader.NodeId(), reader.Boolean());
            var (classes, mask) = (reader.UInt32(), reader.UInt32());
            var fault = place is null ? StatusCode.BadNodeIdUnknown
                : direction > BothDirections ? StatusCode.BadBrowseDirectionInvalid
                : !wanted.IsNull && !IsReferenceType(wanted) ? StatusCode.BadReferenceTypeIdInvalid : 0;
            if (fault != 0)
            {
                answer.UInt32(fault).ByteString(null).Int32(0);
                continue;
            }

            var links = space.Links(place!.Value).Where(l =>
                (direction == BothDirections || l.IsForward == (direction == 0)) && (wanted.IsNull || IsWanted(l.Type, wanted, subtypes))
                && (classes == 0 || ((uint)l.Target.Class & classes) != 0));
            Page(answer, new BrowseCursor(links.GetEnumerator(), mask, most), session);
        }

        return answer.Int32(0);
    }

    public UaWriter BrowseNext(ref UaReader reader, UaWriter answer, ServerSession session)
    {
        var isRelease = reader.Boolean();
        var operations = Operations(ref reader, 4);
        answer.Int32(operations);
        for (; operations > 0; operations--)
        {
            BrowseCursor? cursor;
            var point = reader.ByteString();
            lock (sessions.Gate)
            {
                cursor = session.Take(point);
            }

            if (cursor is null)
            {
                answer.UInt32(StatusCode.BadContinuationPointInvalid).ByteString(null).Int32(0);
            }
            else if (isRelease)
            {
                cursor.Links.Dispose();
                answer.UInt32(0).ByteString(null).Int32(0);
            }
            else
            {
                Page(answer, cursor, session);
            }
        }

        return answer.Int32(0);
    }

    /// <summary>Browse paths to node ids. [OPC 10000-4, 5.8.4]</summary>
    public UaWriter Translate(ref UaReader reader, UaWriter answer)
    {
        var operations = Operations(ref reader, 6);
        answer.Int32(operations);
        for (; operations > 0; operations--)
        {
            var start = space.Find(reader.NodeId());
            var steps = reader.Count(9);
            var found = start is { } place ? new List<UaPlace> { place } : [];
            var isWritten = steps is > 0 and <= LongestPath;
            for (var step = 0; step < steps; step++)
            {
                var (type, isInverse, subtypes) = (reader.NodeId(), reader.Boolean(), reader.Boolean());
                var (index, name) = reader.QualifiedName();
                isWritten &= !string.IsNullOrEmpty(name);
                found = isWritten ? Follow(found, l => l.IsForward != isInverse && (type.IsNull || IsWanted(l.Type, type, subtypes))
                    && l.Target.Name == name && space.NameIndexOf(l.Target) == index) : [];
            }

            var status = start is null ? StatusCode.BadNodeIdUnknown : !isWritten ? StatusCode.BadBrowseNameInvalid : found.Count == 0 ? StatusCode.BadNoMatch : 0;
            answer.UInt32(status).Int32(found.Count);
            foreach (var target in found)
            {
                answer.NodeId(space.IdOf(target)).UInt32(uint.MaxValue);
            }
        }

        return answer.Int32(0);
    }

    /// <summary>Gives back the very ids that came: there is nothing to prepare.</summary>
    public UaWriter Register(ref UaReader reader, UaWriter answer)
    {
        var count = reader.Count(2);
        if (count > limits.NodesPerRead)
        {
            throw new UaServiceException(StatusCode.BadTooManyOperations);
        }

        answer.Int32(count);
        for (; count > 0; count--)
        {
            answer.NodeId(reader.NodeId());
        }

        return answer;
    }

    private int Operations(ref UaReader reader, int least)
    {
        var count = reader.Count(least);
        return count == 0 ? throw new UaServiceException(StatusCode.BadNothingToDo)
            : count > limits.NodesPerBrowse ? throw new UaServiceException(StatusCode.BadTooManyOperations) : count;
    }

    private bool IsReferenceType(NodeId id) => space.Find(id) is { Standard.Class: UaClass.ReferenceType };

    private bool IsWanted(uint type, NodeId wanted, bool subtypes) =>
        wanted is { Namespace: 0, Kind: IdKind.Numeric } && (subtypes ? space.IsReference(type, wanted.Number) : type == wanted.Number);

    private List<UaPlace> Follow(List<UaPlace> from, Func<UaLink, bool> fits) =>
        [.. from.SelectMany(p => space.Links(p)).Where(fits).Select(l => l.Target).Take(limits.ReferencesPerNode)];

    private void Page(UaWriter answer, BrowseCursor cursor, ServerSession session)
    {
        var references = new UaWriter();
        var count = 0;
        var isMore = false;
        while (cursor.Links.MoveNext())
        {
            Write(references, cursor.Links.Current, cursor.ResultMask);
            if (++count == cursor.Most || answer.Length + references.Length > MostAnswerBytes)
            {
                isMore = true;
                break;
            }
        }

        byte[]? point = null;
        if (isMore)
        {
            lock (sessions.Gate)
            {
                point = session.Keep(cursor, limits.ContinuationPoints);
            }

            if (point is null)
            {
                cursor.Links.Dispose();
                answer.UInt32(StatusCode.BadNoContinuationPoints).ByteString(null).Int32(0);
                return;
            }
        }

        answer.UInt32(0).ByteString(point).Int32(count).Raw(references.Written.Span);
    }

    // [OPC 10000-4, 7.30] What is not asked for is left empty.
    private void Write(UaWriter answer, UaLink link, uint mask)
    {
        var target = link.Target;
        answer.NodeId((mask & 1) != 0 ? NodeId.Standard(link.Type) : default).Boolean((mask & 2) != 0 && link.IsForward).NodeId(space.IdOf(target));
        var browseName = (mask & 8) != 0;
        answer.QualifiedName(browseName ? space.NameIndexOf(target) : (ushort)0, browseName ? target.Name : null);
        answer = (mask & 16) != 0 ? answer.LocalizedText(target.Name) : answer.Byte(0);
        answer.UInt32((mask & 4) != 0 ? (uint)target.Class : 0).NodeId((mask & 32) != 0 ? NodeId.Standard(target.Type) : default);
    }
}
