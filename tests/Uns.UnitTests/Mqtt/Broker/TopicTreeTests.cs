using Uns.Mqtt.Broker;
using Uns.Mqtt.Broker.Retained;
using Uns.Mqtt.Broker.Sessions;
using Uns.Mqtt.Broker.Subscriptions;
using Uns.Mqtt.Packets;
using Uns.TestKit;

namespace Uns.UnitTests.Mqtt.Broker;

public sealed class TopicTreeTests
{
    private static readonly string[] Levels = ["", "a", "b", "$x"];
    private readonly TopicTree _tree = new();
    private readonly RetainedTree _retained = new();

    /// <summary>Each topic and filter of up to three levels, held against the standard's rule said plainly.</summary>
    [Fact, Spec("MQTT-3.3.2-3"), Spec("MQTT-4.7.1-1"), Spec("MQTT-4.7.1-2"), Spec("MQTT-4.7.2-1")]
    public void Both_trees_match_as_the_plain_rule_does()
    {
        var topics = Paths(Levels).Where(t => t.Length > 0).ToList();
        var filters = Paths([.. Levels, "+", "#"]).Where(TextRules.IsTopicFilter).ToList();
        foreach (var filter in filters)
        {
            _tree.Add(Subscription(filter, filter));
        }

        foreach (var topic in topics)
        {
            _retained.Set(Message(topic));
            var found = new List<Subscription>();
            _tree.Match(topic, found, []);
            Assert.Equal(filters.Where(f => Matches(f, topic)).Order(), found.Select(s => s.Filter).Order());
        }

        foreach (var filter in filters)
        {
            var found = _retained.Match(filter);
            Assert.Equal(topics.Where(t => Matches(filter, t)).Order(), found.Select(n => n.Message!.TopicText).Order());
        }
    }

    [Fact, Spec("MQTT-3.8.4-3"), Spec("MQTT-3.10.4-1")]
    public void A_subscription_is_replaced_by_the_next_and_removed_alone()
    {
        var session = new Session("c");
        var old = new Subscription(session, new("a/+", QualityOfService.AtMostOnce), 0);
        var fresh = new Subscription(session, new("a/+", QualityOfService.AtLeastOnce), 0);
        var other = Subscription("a/#", "d");
        _tree.Add(old);
        _tree.Add(other);
        _tree.Add(fresh);
        Assert.Equal(2, _tree.Count);
        Assert.Equal([other, fresh], Found("a/b"));
        _tree.Remove(fresh);
        Assert.Equal([other], Found("a/b"));
        _tree.Remove(other);
        Assert.Equal(0, _tree.Count);
        Assert.Empty(Found("a/b"));
    }

    [Fact]
    public void Each_change_of_the_subscriptions_changes_the_version()
    {
        var before = _tree.Version;
        var subscription = Subscription("a", "c");
        _tree.Add(subscription);
        Assert.NotEqual(before, before = _tree.Version);
        _tree.Remove(subscription);
        Assert.NotEqual(before, _tree.Version);
    }

    [Fact, Spec("MQTT-4.8.2-1")]
    public void A_share_is_one_group_per_name_and_filter()
    {
        foreach (var (filter, client) in new[] { ("$share/g/a/+", "1"), ("$share/g/a/+", "2"), ("$share/h/a/+", "3"), ("$share/g/a/b", "4") })
        {
            _tree.Add(Subscription(filter, client));
        }

        var groups = new List<SharedGroup>();
        _tree.Match("a/b", [], groups);
        Assert.Equal([1, 1, 2], groups.Select(g => g.Members.Count).Order());
    }

    [Fact, Spec("MQTT-3.3.1-5"), Spec("MQTT-3.3.1-6")]
    public void A_topic_keeps_its_last_message_until_it_is_removed()
    {
        _retained.Set(Message("a/b"));
        var last = Message("a/b");
        _retained.Set(last);
        _retained.Set(Message("a"));
        Assert.Equal(2, _retained.Count);
        var found = _retained.Match("a/b");
        Assert.Same(last, Assert.Single(found).Message);
        Assert.True(_retained.Remove("a/b"));
        Assert.False(_retained.Remove("a/b"));
        Assert.Null(found[0].Message);
        Assert.Equal(1, _retained.Count);
    }

    [Fact]
    public void A_topic_that_is_none_has_no_entry_and_others_have_one_each()
    {
        var cache = new TopicCache(maximumLevels: 4, maximumBytes: 4096);
        Assert.Null(cache.Get("a/b/c/d/e"u8));
        Assert.Null(cache.Get("a/+"u8));
        Assert.Null(cache.Get(""u8));
        Assert.Null(cache.Get([0xFF]));
        Assert.Same(cache.Get("a/long/enough/topic"u8), cache.Get("a/long/enough/topic"u8));
        Assert.NotSame(cache.Get("a/long/enough/topic"u8), cache.Get("a/long/enough/topid"u8));
        for (var i = 0; i < 70_000; i++)
        {
            Assert.NotNull(cache.Get(System.Text.Encoding.UTF8.GetBytes($"t/{i}")));
        }
    }

    private static bool Matches(string filter, string topic)
    {
        var (f, t) = (filter.Split('/'), topic.Split('/'));
        if (t[0].StartsWith('$') && (f[0] is "+" or "#"))
        {
            return false;
        }

        for (var i = 0; i < f.Length; i++)
        {
            if (f[i] == "#")
            {
                return true;
            }

            if (i >= t.Length || (f[i] != "+" && f[i] != t[i]))
            {
                return false;
            }

            if (i == t.Length - 1 && f.Length == t.Length + 1 && f[^1] == "#")
            {
                return true;
            }
        }

        return f.Length == t.Length;
    }

    [Fact]
    public void The_topic_cache_keeps_what_is_asked_for_and_forgets_the_rest()
    {
        var cache = new TopicCache(maximumLevels: 128, maximumBytes: 4096);
        var (kept, first) = (cache.Get("kept"u8), cache.Get("t/0"u8));
        for (var i = 0; i < 200_000; i++)
        {
            Assert.Equal($"t/{i}", cache.Get(System.Text.Encoding.UTF8.GetBytes($"t/{i}"))!.Text);
            if (i % 1000 == 0)
            {
                Assert.Same(kept, cache.Get("kept"u8));
            }
        }

        Assert.NotSame(first, cache.Get("t/0"u8));
        Assert.Null(cache.Get("a/+"u8));
    }

    private static IEnumerable<string> Paths(string[] levels) =>
        levels.Concat(from a in levels from b in levels select $"{a}/{b}")
            .Concat(from a in levels from b in levels from c in levels select $"{a}/{b}/{c}");

    private static Subscription Subscription(string filter, string client) => new(new Session(client), new(filter), 0);

    private static Message Message(string topic) => new() { TopicText = topic, Topic = System.Text.Encoding.UTF8.GetBytes(topic), Payload = new byte[] { 1 } };

    private List<Subscription> Found(string topic)
    {
        var found = new List<Subscription>();
        _tree.Match(topic, found, []);
        return found;
    }
}
