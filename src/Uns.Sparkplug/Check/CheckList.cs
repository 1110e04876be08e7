using System.Text;

namespace Uns.Sparkplug.Check;

/// <summary>The statements of the standard by the role that they bind, for a report that leaves none out.</summary>
public static class CheckList
{
    /// <summary>Id and role of every statement, in the order of the standard.</summary>
    public static IReadOnlyList<(string Id, string Role)> All { get; } = Read();

    /// <summary>The statements for some roles.</summary>
    public static IEnumerable<string> Of(params IReadOnlyCollection<string> roles) => All.Where(statement => roles.Contains(statement.Role)).Select(statement => statement.Id);

    private static List<(string, string)> Read()
    {
        using var stream = typeof(CheckList).Assembly.GetManifestResourceStream("sparkplug-assertions.tsv") ?? throw new InvalidOperationException("The list of statements is not in the assembly.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var all = new List<(string, string)>();
        reader.ReadLine(); // The heads of the columns.
        while (reader.ReadLine() is { } line)
        {
            if (line.Split('\t') is [var id, var role, ..])
            {
                all.Add((id, role));
            }
        }

        return all;
    }
}
