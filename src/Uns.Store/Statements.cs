using Microsoft.Data.Sqlite;

namespace Uns.Store;

/// <summary>Constant statements with named parameters, run inside the caller's write or read. A null parameter value is SQL's NULL.</summary>
public static class Statements
{
    /// <summary>Runs a statement that gives no rows.</summary>
    /// <param name="connection">The caller's write.</param>
    /// <param name="sql">One or more constant statements; what varies is a parameter.</param>
    /// <param name="parameters">Name with its <c>$</c>, and value.</param>
    /// <returns>Rows that were written or removed.</returns>
    /// <exception cref="SqliteException">The statement is wrong or breaks a constraint, or the disk fails.</exception>
    public static int Run(this SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = connection.Prepared(sql, parameters);
        return command.ExecuteNonQuery();
    }

    /// <summary>Runs one statement for many items, prepared once.</summary>
    /// <param name="connection">The caller's write.</param>
    /// <param name="sql">One constant statement.</param>
    /// <param name="names">Names of its parameters with their <c>$</c>.</param>
    /// <param name="items">One run each.</param>
    /// <param name="values">The values of an item, in the order of <paramref name="names"/>.</param>
    /// <exception cref="SqliteException">The statement is wrong or breaks a constraint, or the disk fails.</exception>
    public static void RunEach<T>(this SqliteConnection connection, string sql, string[] names, IReadOnlyList<T> items, Func<T, object[]> values)
    {
        if (items.Count == 0)
        {
            return;
        }

        using var command = connection.Prepared(sql, []);
        foreach (var name in names)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = name });
        }

        foreach (var item in items)
        {
            var row = values(item);
            for (var i = 0; i < row.Length; i++)
            {
                command.Parameters[i].Value = row[i];
            }

            command.ExecuteNonQuery();
        }
    }

    /// <summary>Runs a statement that gives rows, and reads them all.</summary>
    /// <param name="connection">The caller's write or read.</param>
    /// <param name="sql">One constant statement.</param>
    /// <param name="read">Makes an item of the current row.</param>
    /// <param name="parameters">Name with its <c>$</c>, and value.</param>
    /// <exception cref="SqliteException">The statement is wrong, or the disk fails.</exception>
    public static List<T> Rows<T>(this SqliteConnection connection, string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = connection.Prepared(sql, parameters);
        using var rows = command.ExecuteReader();
        var result = new List<T>();
        while (rows.Read())
        {
            result.Add(read(rows));
        }

        return result;
    }

    private static SqliteCommand Prepared(this SqliteConnection connection, string sql, ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // Only the house's own constant statements come here.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }

        return command;
    }
}
