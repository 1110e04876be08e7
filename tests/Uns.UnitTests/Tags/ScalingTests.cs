using Uns.Tags;

namespace Uns.UnitTests.Tags;

public sealed class ScalingTests
{
    [Theory]
    [InlineData(1, 0, DataType.Int16, DataType.Int16)]
    [InlineData(1, 0, DataType.UInt64, DataType.UInt64)]
    [InlineData(0.1, 0, DataType.Int16, DataType.Double)]
    [InlineData(1, 5, DataType.UInt32, DataType.Double)]
    [InlineData(0.1, 0, DataType.Float, DataType.Float)]
    [InlineData(0.1, 0, DataType.Boolean, DataType.Boolean)]
    [InlineData(0.1, 0, DataType.String, DataType.String)]
    public void The_type_changes_only_where_something_is_computed(double factor, double offset, DataType raw, DataType result) =>
        Assert.Equal(result, new Scaling(factor, offset).ResultType(raw));

    [Theory]
    [InlineData(250, 0.1, 0, 25)]
    [InlineData(0, 0.1, -40, -40)]
    [InlineData(-32768, -1, 0, 32768)]
    public void Engineering_is_raw_times_factor_plus_offset_and_back(int raw, double factor, double offset, double engineering)
    {
        var scaling = new Scaling(factor, offset);

        Assert.True(scaling.TryApply(TagValue.OfInteger(DataType.Int16, raw), out var value));
        Assert.Equal(engineering, value.Number, 9);
        Assert.Null(scaling.Undo(value, DataType.Int16, out var back));
        Assert.Equal(TagValue.OfInteger(DataType.Int16, raw), back);
    }

    [Fact]
    public void Without_scaling_64_bits_keep_every_digit()
    {
        var raw = TagValue.OfInteger(DataType.UInt64, -1);

        Assert.True(Scaling.None.TryApply(raw, out var value));
        Assert.Equal(raw, value);
        Assert.Null(Scaling.None.Undo(value, DataType.UInt64, out var back));
        Assert.Equal("18446744073709551615", back.ToString());
    }

    [Theory]
    [InlineData(DataType.Int16, 40000)]
    [InlineData(DataType.UInt16, -1)]
    [InlineData(DataType.UInt8, 256)]
    [InlineData(DataType.UInt64, -1)]
    public void A_number_that_does_not_fit_is_refused_never_wrapped(DataType type, long number)
    {
        Assert.NotNull(Scaling.None.Undo(TagValue.OfInteger(DataType.Int64, number), type, out var raw));
        Assert.True(raw.IsNull);
        Assert.NotNull(Scaling.None.Undo(TagValue.Of((double)number), type, out _));
    }

    [Fact]
    public void A_fraction_is_not_rounded_behind_the_writers_back()
    {
        Assert.Equal("is 2.5: give a whole number, the tag is Int16.", Scaling.None.Undo(TagValue.Of(2.5), DataType.Int16, out _));
        Assert.Null(new Scaling(0.1, 0).Undo(TagValue.Of(2.52), DataType.Int16, out var raw));
        Assert.Equal(25, raw.Integer);
    }

    [Fact]
    public void A_scaled_float_beyond_its_range_is_refused()
    {
        Assert.False(new Scaling(1e30, 0).TryApply(TagValue.Of(1e30f), out var value));
        Assert.True(value.IsNull);
        Assert.Equal(DataType.Float, value.Type);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void What_is_no_number_is_not_written(double number) =>
        Assert.NotNull(Scaling.None.Undo(TagValue.Of(number), DataType.Float, out _));

    [Fact]
    public void Truths_take_one_and_zero_and_nothing_else()
    {
        Assert.Null(Scaling.None.Undo(TagValue.Of(1.0), DataType.Boolean, out var raw));
        Assert.True(raw.Truth);
        Assert.NotNull(Scaling.None.Undo(TagValue.Of(2.0), DataType.Boolean, out _));
        Assert.NotNull(Scaling.None.Undo(TagValue.Of("true"), DataType.Boolean, out _));
    }
}
