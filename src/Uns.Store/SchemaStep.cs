namespace Uns.Store;

/// <summary>One change of the schema that a room needs. Applied once, in a transaction of its own, and never edited afterwards.</summary>
/// <param name="Room">The room that owns the tables, such as <c>mqtt</c>.</param>
/// <param name="Number">Place in the room's row of steps: 1, 2, 3 …</param>
/// <param name="Sql">One or more statements. Table names begin with the room's name.</param>
public sealed record SchemaStep(string Room, int Number, string Sql);
