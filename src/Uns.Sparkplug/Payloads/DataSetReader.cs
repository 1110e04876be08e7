using Uns.Tags;

namespace Uns.Sparkplug.Payloads;

/// <summary>Reads a data set from bytes that <see cref="PayloadShape"/> has walked.</summary>
/// <remarks>Sparkplug 3.0, chapter 6, DataSet, Row and DataSetValue.</remarks>
internal static class DataSetReader
{
    /// <summary>Reads one data set.</summary>
    /// <returns>Null when its columns, types, rows and cells do not agree in number or type: it cannot be read as a table then.</returns>
    public static DataSet? Read(ReadOnlySpan<byte> block)
    {
        ulong? width = null;
        var columns = new List<string>();
        var types = new List<DataType>();
        var rowBlocks = new List<Slice>();
        var unknown = new UnknownFields(block);
        var cursor = new WireCursor(block);
        for (var at = 0; cursor.Next(out var tag); at = cursor.Position)
        {
            switch (tag)
            {
                case 1 << 3:
                    width = cursor.Varint();
                    break;
                case (2 << 3) | 2:
                    columns.Add(cursor.Text());
                    break;
                case 3 << 3:
                    types.Add(PayloadReader.Type((uint)cursor.Varint()));
                    break;
                case (3 << 3) | 2:
                    ReadPacked(cursor.Block(), types);
                    break;
                case (4 << 3) | 2:
                    var row = cursor.Block(out var begins);
                    rowBlocks.Add(new(begins, row.Length));
                    break;
                default:
                    unknown.Keep(ref cursor, tag, at);
                    break;
            }
        }

        // [tck-id-payloads-dataset-column-num-headers], [tck-id-payloads-dataset-types-num]
        if (types.Count != columns.Count || (width is { } told && told != (ulong)columns.Count))
        {
            return null;
        }

        var rows = new List<IReadOnlyList<TagValue>>(rowBlocks.Count);
        foreach (var row in rowBlocks)
        {
            if (ReadRow(row.Of(block), types) is not { } cells)
            {
                return null;
            }

            rows.Add(cells);
        }

        return new DataSet(columns, types, rows) { Unknown = unknown.Take() };
    }

    /// <summary>True when a column is of a type that no column can have. [tck-id-payloads-dataset-types-value]</summary>
    public static bool HasUnknownType(ReadOnlySpan<byte> block)
    {
        var types = new List<DataType>();
        var cursor = new WireCursor(block);
        while (cursor.Next(out var tag))
        {
            switch (tag)
            {
                case 3 << 3:
                    types.Add(PayloadReader.Type((uint)cursor.Varint()));
                    break;
                case (3 << 3) | 2:
                    ReadPacked(cursor.Block(), types);
                    break;
                default:
                    cursor.Skip(tag);
                    break;
            }
        }

        return types.Exists(type => type is < DataType.Int8 or > DataType.Text);
    }

    // Writers of other languages may pack the list of types into one field.
    private static void ReadPacked(ReadOnlySpan<byte> block, List<DataType> types)
    {
        var cursor = new WireCursor(block);
        while (cursor.Position < block.Length && cursor.Fault == PayloadFaultKind.None)
        {
            types.Add(PayloadReader.Type((uint)cursor.Varint()));
        }
    }

    private static IReadOnlyList<TagValue>? ReadRow(ReadOnlySpan<byte> block, List<DataType> types)
    {
        var cells = new TagValue[types.Count];
        byte[]?[]? unknownInCells = null;
        var count = 0;
        var unknown = new UnknownFields(block);
        var cursor = new WireCursor(block);
        for (var at = 0; cursor.Next(out var tag); at = cursor.Position)
        {
            if (tag != ((1 << 3) | 2))
            {
                unknown.Keep(ref cursor, tag, at);
                continue;
            }

            if (count == cells.Length)
            {
                return null;
            }

            // A cell with nothing set is the only null a data set knows.
            cells[count] = TagValue.Null(types[count]);
            var cell = ReadCell(cursor.Block(), out var unknownInCell);
            if (cell.Kind != WireKind.None && !WireConversion.TryRead(types[count], cell, out cells[count], out _))
            {
                return null;
            }

            if (unknownInCell is not null)
            {
                (unknownInCells ??= new byte[cells.Length][])[count] = unknownInCell;
            }

            count++;
        }

        if (count != cells.Length)
        {
            return null;
        }

        var own = unknown.Take();
        return own is null && unknownInCells is null ? cells : new DataSetRow(cells, own, unknownInCells);
    }

    private static WireValue ReadCell(ReadOnlySpan<byte> block, out byte[]? unknownInCell)
    {
        WireValue value = default;
        var unknown = new UnknownFields(block);
        var cursor = new WireCursor(block);
        for (var at = 0; cursor.Next(out var tag); at = cursor.Position)
        {
            switch (tag)
            {
                case 1 << 3 or 2 << 3 or (3 << 3) | 5 or (4 << 3) | 1 or 5 << 3 or (6 << 3) | 2:
                    value = PayloadReader.Scalar(ref cursor, tag >> 3);
                    break;
                case (7 << 3) | 2:
                    value = new(WireKind.Extension, 0, cursor.Block().ToArray());
                    break;
                default:
                    unknown.Keep(ref cursor, tag, at);
                    break;
            }
        }

        unknownInCell = unknown.Take();
        return value;
    }
}
