using Uns.Connectors;
using Uns.Tags;

namespace Uns.UnitTests.Connectors;

/// <summary>What becomes of a sample is told while its tag is followed, and costs nothing while nobody follows.</summary>
public sealed class FollowedTagTests
{
    private readonly Counter _sink = new();

    [Fact]
    public void A_followed_tag_tells_what_passes_and_what_does_not()
    {
        var stage = Stage();
        var passage = stage.Open();
        var seen = new List<ReadSighting>();
        stage.Follow("a", seen.Add);
        stage.Follow("nobody", seen.Add);
        foreach (var value in new[] { 10.0, 10.5, 12.0 })
        {
            passage.Offer(new TagSample("a", TagValue.Of(value), TagQuality.Good, DateTimeOffset.UnixEpoch), new PollGroup(0, TimeSpan.FromSeconds(1)), 7);
            passage.Offer(new TagSample("b", TagValue.Of(value), TagQuality.Good, DateTimeOffset.UnixEpoch), new PollGroup(0, TimeSpan.FromSeconds(1)), 7);
        }

        Assert.Equal([(20.0, null, true), (21.0, 20.0, false), (24.0, (double?)20.0, true)], seen.Select(s => (s.Sample.Value.Number, s.LastTold?.Number, s.Passed)));
        Assert.All(seen, s => Assert.Equal(("a", 7L, s.Raw.Value.Number * 2), (s.Sample.Tag, s.ReadBegun, s.Sample.Value.Number)));
        Assert.Equal(4, _sink.Samples); // Both tags go on as ever.
        stage.Follow("a", null);
        passage.Offer(new TagSample("a", TagValue.Of(50.0), TagQuality.Good, DateTimeOffset.UnixEpoch), null, 0);
        Assert.Equal((3, 5), (seen.Count, _sink.Samples));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_nobody_follows_costs_no_byte(bool anotherIsFollowed)
    {
        var stage = Stage();
        var passage = stage.Open();
        if (anotherIsFollowed)
        {
            stage.Follow("b", _ => { });
        }

        Read(passage, 1000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Read(passage, 10_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(11_000, _sink.Samples);

        static void Read(TagStage.Passage passage, int count)
        {
            for (var i = 0; i < count; i++)
            {
                passage.Offer(new TagSample("a", TagValue.Of((double)((i % 2) * 100)), TagQuality.Good, DateTimeOffset.UnixEpoch), new PollGroup(0, TimeSpan.FromSeconds(1)), 7);
            }
        }
    }

    private TagStage Stage()
    {
        TagOptions[] tags = [Tag("a"), Tag("b")];
        var plan = new ConnectorPlan(null!, [], [.. tags.Select(t => new TagDefinition { Name = t.Name, DataType = DataType.Double })], [DataType.Double, DataType.Double]);
        return new TagStage(plan, tags, _sink);
    }

    private static TagOptions Tag(string name) => new() { Name = name, DataType = DataType.Double, Factor = 2, Deadband = 3 };

    private sealed class Counter : ITagSink
    {
        public int Samples { get; private set; }

        public void Add(in TagSample sample) => Samples++;
    }
}
