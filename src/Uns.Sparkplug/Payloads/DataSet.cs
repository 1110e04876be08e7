using System.Collections;
using System.Text.Json;
using System.Text.Json.Serialization;
using Uns.Tags;

namespace Uns.Sparkplug.Payloads;

/// <summary>A table as one value. Every row has one cell per column; a cell without a value is null.</summary>
/// <param name="Columns">Column names.</param>
/// <param name="Types">One basic type per column.</param>
/// <param name="Rows">Rows in wire order. One that was read keeps the fields of itself and its cells that this version does not know.</param>
/// <remarks>Sparkplug 3.0, chapter 6, DataSet; [tck-id-payloads-dataset-column-size].</remarks>
[JsonConverter(typeof(DataSetJson))]
public sealed record DataSet(IReadOnlyList<string> Columns, IReadOnlyList<DataType> Types, IReadOnlyList<IReadOnlyList<TagValue>> Rows)
{
    /// <summary>Fields that this version does not know, as they came; they are written again.</summary>
    public ReadOnlyMemory<byte> Unknown { get; init; }

    /// <summary>As people read it: how large it is.</summary>
    public override string ToString() => $"data set of {Columns.Count} columns and {Rows.Count} rows";
}

/// <summary>A row that carries more than its cells: the fields of the row and of its cells that are not known, to be written again.</summary>
/// <param name="cells">One cell per column.</param>
/// <param name="unknown">Fields of the row; null when there are none.</param>
/// <param name="unknownInCells">Fields of each cell, null for a cell without; null when no cell has any.</param>
internal sealed class DataSetRow(TagValue[] cells, byte[]? unknown, byte[]?[]? unknownInCells) : IReadOnlyList<TagValue>
{
    /// <summary>Fields of the row that are not known.</summary>
    public ReadOnlySpan<byte> Unknown => unknown;

    public int Count => cells.Length;

    public TagValue this[int index] => cells[index];

    /// <summary>Fields of a cell that are not known.</summary>
    public ReadOnlySpan<byte> UnknownIn(int column) => unknownInCells is null ? default : unknownInCells[column];

    public IEnumerator<TagValue> GetEnumerator() => ((IEnumerable<TagValue>)cells).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => cells.GetEnumerator();
}

/// <summary>Writes a data set as <c>{"columns":[…],"rows":[[…]]}</c>; numbers that JSON cannot hold become null.</summary>
internal sealed class DataSetJson : JsonConverter<DataSet>
{
    public override DataSet Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("A data set is only ever written as JSON.");

    public override void Write(Utf8JsonWriter writer, DataSet value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("columns");
        foreach (var column in value.Columns)
        {
            writer.WriteStringValue(column);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("rows");
        foreach (var row in value.Rows)
        {
            writer.WriteStartArray();
            foreach (var cell in row)
            {
                TagValueJson.Write(writer, cell);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
