using Uns.Tags;

namespace Uns.Sparkplug.Payloads;

/// <summary>Reads property sets and template parameters from bytes that <see cref="PayloadShape"/> has walked.</summary>
/// <remarks>Sparkplug 3.0, chapter 6, PropertySet, PropertyValue and Template.Parameter.</remarks>
internal static class PropertyReader
{
    /// <summary>Reads one set.</summary>
    /// <returns>
    /// False when keys and values do not match in number: no property can be trusted, and all of the set is kept as it came.
    /// [tck-id-payloads-propertyset-keys-array-size]
    /// </returns>
    public static bool TryReadSet(ReadOnlySpan<byte> block, out PropertySet set)
    {
        var keys = new List<string>();
        var read = new List<MetricProperty>();
        var unknown = new UnknownFields(block);
        var cursor = new WireCursor(block);
        for (var at = 0; cursor.Next(out var tag); at = cursor.Position)
        {
            switch (tag)
            {
                case (1 << 3) | 2:
                    keys.Add(cursor.Text());
                    break;
                case (2 << 3) | 2:
                    read.Add(ReadValue(cursor.Block()));
                    break;
                default:
                    unknown.Keep(ref cursor, tag, at);
                    break;
            }
        }

        if (keys.Count != read.Count)
        {
            set = new PropertySet([]) { Unknown = block.ToArray() };
            return false;
        }

        for (var i = 0; i < keys.Count; i++)
        {
            read[i] = read[i] with { Key = keys[i] };
        }

        set = new PropertySet(read) { Unknown = unknown.Take() };
        return true;
    }

    /// <summary>Reads one parameter of a template.</summary>
    public static MetricProperty ReadParameter(ReadOnlySpan<byte> block)
    {
        var name = "";
        DataType? type = null;
        WireValue value = default;
        var unknown = new UnknownFields(block);
        var cursor = new WireCursor(block);
        for (var at = 0; cursor.Next(out var tag); at = cursor.Position)
        {
            switch (tag)
            {
                case (1 << 3) | 2:
                    name = cursor.Text();
                    break;
                case 2 << 3:
                    type = PayloadReader.Type((uint)cursor.Varint());
                    break;
                case 3 << 3 or 4 << 3 or (5 << 3) | 5 or (6 << 3) | 1 or 7 << 3 or (8 << 3) | 2:
                    value = PayloadReader.Scalar(ref cursor, (tag >> 3) - 2);
                    break;
                case (9 << 3) | 2:
                    value = new(WireKind.Extension, 0, cursor.Block().ToArray());
                    break;
                default:
                    unknown.Keep(ref cursor, tag, at);
                    break;
            }
        }

        return new(name, type, value) { Unknown = unknown.Take() };
    }

    private static MetricProperty ReadValue(ReadOnlySpan<byte> block)
    {
        DataType? type = null;
        var isNull = false;
        WireValue value = default;
        var unknown = new UnknownFields(block);
        var cursor = new WireCursor(block);
        for (var at = 0; cursor.Next(out var tag); at = cursor.Position)
        {
            switch (tag)
            {
                case 1 << 3:
                    type = PayloadReader.Type((uint)cursor.Varint());
                    break;
                case 2 << 3:
                    isNull = cursor.Varint() != 0;
                    break;
                case 3 << 3 or 4 << 3 or (5 << 3) | 5 or (6 << 3) | 1 or 7 << 3 or (8 << 3) | 2:
                    value = PayloadReader.Scalar(ref cursor, (tag >> 3) - 2);
                    break;
                case (9 << 3) | 2:
                    TryReadSet(cursor.Block(), out var set);
                    value = new(WireKind.PropertySet, 0, set);
                    break;
                case (10 << 3) | 2:
                    value = new(WireKind.PropertySetList, 0, ReadSets(cursor.Block()));
                    break;
                case (11 << 3) | 2:
                    value = new(WireKind.Extension, 0, cursor.Block().ToArray());
                    break;
                default:
                    unknown.Keep(ref cursor, tag, at);
                    break;
            }
        }

        return new("", type, value, isNull) { Unknown = unknown.Take() };
    }

    private static PropertySetList ReadSets(ReadOnlySpan<byte> block)
    {
        var sets = new PropertySetList();
        var unknown = new UnknownFields(block);
        var cursor = new WireCursor(block);
        for (var at = 0; cursor.Next(out var tag); at = cursor.Position)
        {
            if (tag == ((1 << 3) | 2))
            {
                TryReadSet(cursor.Block(), out var set);
                sets.Add(set);
            }
            else
            {
                unknown.Keep(ref cursor, tag, at);
            }
        }

        sets.Unknown = unknown.Take();
        return sets;
    }
}

/// <summary>A list of property sets as it was read, with the fields that are not known.</summary>
internal sealed class PropertySetList : List<PropertySet>
{
    /// <summary>They are written again; null when there are none.</summary>
    public byte[]? Unknown { get; set; }
}
