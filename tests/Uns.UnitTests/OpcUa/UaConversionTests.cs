using Uns.Connectors;
using Uns.Connectors.OpcUa;
using Uns.Connectors.OpcUa.Wire;
using Uns.Tags;

namespace Uns.UnitTests.OpcUa;

/// <summary>What is written to a node whose type is not the tag's: it arrives as it was given, or is refused.</summary>
public sealed class UaConversionTests
{
    [Theory]
    [InlineData(3.7, nameof(UaType.Int16), false, null)]
    [InlineData(3.7, nameof(UaType.Int16), true, "4")] // the nearest raw step
    [InlineData(3.0, nameof(UaType.Int16), false, "3")]
    [InlineData(-0.5, nameof(UaType.Byte), false, null)]
    [InlineData(40000.0, nameof(UaType.Int16), false, null)]
    [InlineData(40000.0, nameof(UaType.Int16), true, null)]
    [InlineData(1e300, nameof(UaType.Float), false, null)]
    [InlineData(1e300, nameof(UaType.Float), true, null)]
    [InlineData(-3.5e38, nameof(UaType.Float), false, null)]
    [InlineData(1e-50, nameof(UaType.Float), false, null)]
    [InlineData(0.1, nameof(UaType.Float), false, "0.1")]
    [InlineData(0.0, nameof(UaType.Float), false, "0")]
    [InlineData(1e300, nameof(UaType.Double), false, "1E+300")]
    [InlineData(double.NaN, nameof(UaType.Double), false, null)]
    [InlineData(double.NegativeInfinity, nameof(UaType.Float), true, null)]
    [InlineData(double.NaN, nameof(UaType.Int32), true, null)]
    public void A_number_is_written_whole_or_not_at_all(double value, string type, bool isScaled, string? written)
    {
        var wanted = Enum.Parse<UaType>(type);
        var item = Item(isScaled);

        Assert.Equal(written, Written(() => UaConversion.ToVariant(TagValue.Of(value), wanted, false, item)));

        var array = TagValue.OfObject(DataType.DoubleArray, new[] { 1.0, value });
        Assert.Equal(written is null ? null : $"1 {written}", Written(() => UaConversion.ToVariant(array, wanted, true, item)));
    }

    [Fact]
    public void A_single_value_does_not_fit_a_node_that_holds_an_array()
    {
        var refused = Assert.Throws<WriteRefusedException>(() => UaConversion.ToVariant(TagValue.Of(1.5), UaType.Double, isArray: true, Item(false)));

        Assert.Equal("'t' was not written: 1.5 does not fit the node's type Double array.", refused.Message);
    }

    private static OpcUaItem Item(bool isScaled) => new("t", null, null, DataType.Double, TimeSpan.FromSeconds(1)) { IsScaled = isScaled };

    private static string? Written(Func<UaVariant> write)
    {
        try
        {
            var value = write().Value;
            return string.Join(' ', (value as object[] ?? [value!]).Select(v => FormattableString.Invariant($"{v}")));
        }
        catch (WriteRefusedException)
        {
            return null;
        }
    }
}
