using Uns.Connectors;
using Uns.Tags;

namespace Uns.UnitTests.Connectors;

public sealed class TagNumbersTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(50_000)]
    public void Every_tag_is_found_at_its_place_and_no_other_name_is(int count)
    {
        var numbers = new TagNumbers(count, NameOf);

        for (var number = 0; number < count; number++)
        {
            Assert.Equal(number, numbers.Find(NameOf(number)));
        }

        Assert.Equal(-1, numbers.Find(NameOf(count)));
        Assert.Equal(-1, numbers.Find(NameOf(0).ToUpperInvariant()));
        Assert.Equal(-1, numbers.Find(""));

        static string NameOf(int number) => $"line{number % 7}/tag{number}";
    }

    [Fact]
    public void Two_tags_of_one_name_are_refused()
    {
        var fault = Assert.Throws<ArgumentException>(() => new TagNumbers(3, number => number == 1 ? "b" : "a"));

        Assert.Contains("'a'", fault.Message);
    }

    [Fact]
    public void What_a_tag_seldom_has_stands_where_it_was_put_and_tags_are_equal_by_what_they_say()
    {
        var plain = new TagOptions { Name = "a", Address = "HR1" };
        var full = plain with
        {
            Factor = 2,
            Offset = 3,
            Clamp = true,
            Deadband = 4,
            DeadbandPercent = 5,
            Low = 6,
            High = 7,
            WriteMinimum = 8,
            WriteMaximum = 9,
            WritesPerMinute = 10,
        };

        Assert.Equal(1, plain.Factor);
        Assert.Null(plain.Low);
        Assert.Equal("2 3 True 4 5 6 7 8 9 10", $"{full.Factor} {full.Offset} {full.Clamp} {full.Deadband} {full.DeadbandPercent} {full.Low} {full.High} {full.WriteMinimum} {full.WriteMaximum} {full.WritesPerMinute}");
        Assert.Equal(plain, full with
        {
            Factor = 1,
            Offset = 0,
            Clamp = false,
            Deadband = 0,
            DeadbandPercent = 0,
            Low = null,
            High = null,
            WriteMinimum = null,
            WriteMaximum = null,
            WritesPerMinute = 0,
        });
        Assert.NotEqual(plain, full);
        Assert.Equal(new TagDefinition { Name = "a", Low = 1, High = 2 }, new TagDefinition { Name = "a", High = 2, Low = 1 });
        Assert.Equal(new TagDefinition { Name = "a" }, new TagDefinition { Name = "a", High = 2 } with { High = null });
    }
}
