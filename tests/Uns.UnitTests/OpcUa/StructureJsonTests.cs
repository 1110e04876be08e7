using Uns.Connectors.OpcUa.Structures;
using Uns.Connectors.OpcUa.Wire;

namespace Uns.UnitTests.OpcUa;

/// <summary>Structures to JSON, as a server describes them.</summary>
public sealed class StructureJsonTests
{
    private static readonly NodeId Known = new(2, IdKind.Numeric, 5001, null);
    private static readonly EnumerationShape Colour = new(new Dictionary<long, string> { [0] = "Red", [1] = "Green" });

    [Fact]
    public void Every_kind_of_field_is_written_by_its_name()
    {
        var inner = Structure(StructureKind.Plain, ("X", new BuiltInShape(UaType.Double), -1), ("Y", new BuiltInShape(UaType.Float), -1));
        var shape = Structure(StructureKind.Plain,
            ("On", new BuiltInShape(UaType.Boolean), -1), ("Count", new BuiltInShape(UaType.Int64), -1), ("Name", new BuiltInShape(UaType.String), -1), ("Colour", Colour, -1),
            ("Place", inner, -1), ("List", new BuiltInShape(UaType.Int16), 1), ("Matrix", new BuiltInShape(UaType.Byte), 2), ("Any", new BuiltInShape(UaType.Variant), -1), ("Raw", new BuiltInShape(UaType.ByteString), -1));
        var body = new UaWriter().Boolean(true).Int64(long.MaxValue).String("Füller").Int32(1).Double(1.5).Float(2.5f)
            .Int32(2).UInt16(7).UInt16(8).Int32(2).Int32(1).Int32(2).Byte(3).Byte(4).Variant(new(UaType.Double, double.NaN)).ByteString([1, 2]);
        Assert.Equal(
            """{"On":true,"Count":"9223372036854775807","Name":"F\u00FCller","Colour":"Green","Place":{"X":1.5,"Y":2.5},"List":[7,8],"Matrix":[3,4],"Any":null,"Raw":"AQI="}""",
            Write(shape, body));
    }

    [Fact]
    public void Optional_fields_and_unions_show_what_is_there()
    {
        var optional = new StructureShape(StructureKind.WithOptionalFields);
        optional.Fields.AddRange([new("A", new BuiltInShape(UaType.Int32), -1, false), new("B", new BuiltInShape(UaType.Int32), -1, true), new("C", new BuiltInShape(UaType.Int32), -1, true)]);
        Assert.Equal("""{"A":1,"C":3}""", Write(optional, new UaWriter().UInt32(2).Int32(1).Int32(3)));
        var union = Structure(StructureKind.Union, ("A", new BuiltInShape(UaType.Int32), -1), ("B", new BuiltInShape(UaType.String), -1));
        Assert.Equal("""{"B":"x"}""", Write(union, new UaWriter().UInt32(2).String("x")));
        Assert.Equal("{}", Write(union, new UaWriter().UInt32(0)));
    }

    [Fact]
    public void What_the_server_does_not_describe_is_said_and_not_guessed()
    {
        var shape = Structure(StructureKind.Plain, ("A", null, -1));
        Assert.False(Json(shape).TryWrite(new(UaType.ExtensionObject, new UaExtension(Known, new byte[4])), out _, out var field));
        Assert.Contains("'A'", field, StringComparison.Ordinal);
        Assert.False(Json(shape).TryWrite(new(UaType.ExtensionObject, new UaExtension(new(2, IdKind.Numeric, 9, null), new byte[4])), out _, out var whole));
        Assert.Contains("ns=2;i=9", whole, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_bodies_are_text_or_malformed_and_a_structure_that_holds_itself_ends()
    {
        var shape = new StructureShape(StructureKind.WithOptionalFields);
        shape.Fields.AddRange(
        [
            new("Self", shape, -1, true), new("Selves", shape, 1, true), new("Any", new BuiltInShape(UaType.Variant), 1, true), new("Inner", new BuiltInShape(UaType.ExtensionObject), -1, true),
            new("Text", new BuiltInShape(UaType.String), -1, true), new("Colour", Colour, 2, true),
        ]);
        var random = new Random(3);
        var malformed = 0;
        for (var round = 0; round < 50_000; round++)
        {
            var body = new byte[random.Next(0, 60)];
            random.NextBytes(body);
            // Mostly zeros, so that lengths are small and the reader gets far.
            for (var i = 0; i < body.Length; i++)
            {
                body[i] = random.Next(3) == 0 ? body[i] : (byte)0;
            }

            try
            {
                Json(shape).TryWrite(new(UaType.ExtensionObject, new UaExtension(Known, body)), out _, out _);
            }
            catch (UaFormatException)
            {
                malformed++;
            }
        }

        Assert.InRange(malformed, 1, 49_999);
    }

    private static StructureShape Structure(StructureKind kind, params (string Name, UaShape? Shape, int Rank)[] fields)
    {
        var shape = new StructureShape(kind);
        shape.Fields.AddRange(fields.Select(f => new UaField(f.Name, f.Shape, f.Rank, false)));
        return shape;
    }

    private static StructureJson Json(UaShape shape) => new(encoding => encoding == Known ? shape : null);

    private static string Write(UaShape shape, UaWriter body)
    {
        Assert.True(Json(shape).TryWrite(new(UaType.ExtensionObject, new UaExtension(Known, body.Written)), out var text, out var fault), fault);
        return text;
    }
}
