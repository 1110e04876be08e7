using Uns.Sparkplug.Topics;
using Uns.TestKit;

namespace Uns.UnitTests.Sparkplug.Topics;

public sealed class SparkplugTopicTests
{
    [Theory, Spec("tck-id-topic-structure"), Spec("tck-id-topic-structure-namespace-a")]
    [Spec("tck-id-topic-structure-namespace-device-id-associated-message-types")]
    [Spec("tck-id-topic-structure-namespace-device-id-non-associated-message-types")]
    [InlineData("spBv1.0/G/NBIRTH/E", MessageVerb.NBirth)]
    [InlineData("spBv1.0/G/NDEATH/E", MessageVerb.NDeath)]
    [InlineData("spBv1.0/G/NDATA/E", MessageVerb.NData)]
    [InlineData("spBv1.0/G/NCMD/E", MessageVerb.NCmd)]
    [InlineData("spBv1.0/G/DBIRTH/E/D", MessageVerb.DBirth)]
    [InlineData("spBv1.0/G/DDEATH/E/D", MessageVerb.DDeath)]
    [InlineData("spBv1.0/G/DDATA/E/D", MessageVerb.DData)]
    [InlineData("spBv1.0/G/DCMD/E/D", MessageVerb.DCmd)]
    [InlineData("spBv1.0/STATE/H", MessageVerb.State)]
    [InlineData("spBv1.0/Gr üpp/DDATA/ E/D.1:x", MessageVerb.DData)]
    public void A_topic_is_taken_apart_and_put_together_again(string topic, MessageVerb verb)
    {
        Assert.True(SparkplugTopic.TryParse(topic, out var parsed));
        Assert.Equal(verb, parsed.Verb);
        Assert.Equal(topic, parsed.ToString());
    }

    [Theory]
    [InlineData("spAv1.0/G/NBIRTH/E")]
    [InlineData("spBv1.0/G/NBIRTH")]
    [InlineData("spBv1.0/G/NBIRTH/E/D")]
    [InlineData("spBv1.0/G/DBIRTH/E")]
    [InlineData("spBv1.0/G/DBIRTH/E/D/X")]
    [InlineData("spBv1.0/G/nbirth/E")]
    [InlineData("spBv1.0/G/STATE/E")]
    [InlineData("spBv1.0//NBIRTH/E")]
    [InlineData("spBv1.0/G/NBIRTH/")]
    [InlineData("spBv1.0/G/DBIRTH/E/")]
    [InlineData("spBv1.0/STATE/")]
    [InlineData("spBv1.0/OTHER/H")]
    [InlineData("spBv1.0/G/NBIRTH/E+")]
    [InlineData("spBv1.0")]
    [InlineData("")]
    public void What_is_no_sparkplug_topic_is_refused(string topic) => Assert.False(SparkplugTopic.TryParse(topic, out _));

    [Theory, Spec("tck-id-topic-structure-namespace-valid-group-id"), Spec("tck-id-topic-structure-namespace-valid-edge-node-id")]
    [Spec("tck-id-topic-structure-namespace-valid-device-id"), Spec("tck-id-intro-group-id-chars")]
    [Spec("tck-id-intro-edge-node-id-chars"), Spec("tck-id-intro-device-id-chars")]
    [InlineData("a/b")]
    [InlineData("a+")]
    [InlineData("#")]
    [InlineData("")]
    [InlineData("a\0")]
    public void An_id_that_no_level_can_carry_is_refused_with_a_reason(string id)
    {
        Assert.NotNull(SparkplugTopic.Fault(id));
        Assert.Throws<ArgumentException>(() => SparkplugTopic.OfNode(MessageVerb.NData, new EdgeNodeId(id, "E")));
        Assert.Throws<ArgumentException>(() => SparkplugTopic.OfNode(MessageVerb.NData, new EdgeNodeId("G", id)));
        Assert.Throws<ArgumentException>(() => SparkplugTopic.OfDevice(MessageVerb.DData, new EdgeNodeId("G", "E"), id));
        Assert.Throws<ArgumentException>(() => SparkplugTopic.OfState(id));
    }

    [Fact]
    public void A_verb_needs_the_levels_it_has()
    {
        var node = new EdgeNodeId("G", "E");
        Assert.Throws<ArgumentException>(() => SparkplugTopic.OfNode(MessageVerb.DData, node));
        Assert.Throws<ArgumentException>(() => SparkplugTopic.OfDevice(MessageVerb.NData, node, "D"));
        Assert.Throws<ArgumentException>(() => SparkplugTopic.OfDevice(MessageVerb.State, node, "D"));
    }
}
