namespace Uns.Connectors.TagFiles;

/// <summary>One tag as a file tells it.</summary>
/// <param name="Line">Line of the file, or the number of the entry in a JSON file, from one.</param>
/// <param name="Tag">The tag; empty where there is a fault.</param>
/// <param name="Fault">Why it cannot be read; null when it can.</param>
public sealed record TagRow(int Line, TagOptions Tag, string? Fault = null)
{
    /// <summary>Name of the device that the file gives; empty where it gives none.</summary>
    public string Device { get; init; } = "";
}

/// <summary>A kind of tag file.</summary>
public interface ITagFileFormat
{
    /// <summary>What users call it, e.g. <c>Kepware CSV</c>.</summary>
    string Name { get; }

    /// <summary>Reads a file of this kind.</summary>
    /// <returns>Null when the file is of another kind; else a row for each tag in it.</returns>
    IReadOnlyList<TagRow>? Read(TagFileContent file);
}
