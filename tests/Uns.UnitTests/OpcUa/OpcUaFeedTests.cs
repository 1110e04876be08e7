using Uns.Connectors.OpcUa;
using Uns.Connectors.OpcUa.Wire;

namespace Uns.UnitTests.OpcUa;

/// <summary>What a connector remembers of its subscription, and how much it asks for at once.</summary>
public sealed class OpcUaFeedTests
{
    private static readonly string[] Namespaces = ["http://opcfoundation.org/UA/", "urn:plant"];

    private readonly OpcUaFeed _feed = new(7, TimeSpan.FromSeconds(5), Namespaces, items: 3);

    [Theory]
    [InlineData("", 1u, "")]
    [InlineData("", 3u, "1 2")] // The very first may be lost too.
    [InlineData("1 2", 3u, "")]
    [InlineData("1 2", 5u, "3 4")]
    [InlineData("4294967295", 1u, "")] // After the greatest number comes 1.
    [InlineData("4294967294", 2u, "4294967295 1")]
    public void Messages_that_did_not_come_are_known_by_their_numbers(string came, uint next, string missed)
    {
        foreach (var sequence in Numbers(came))
        {
            _feed.Take(Message(sequence));
        }

        Assert.Equal(Numbers(missed), _feed.Missed(next)!);
    }

    [Fact]
    public void A_gap_too_long_is_not_asked_for()
    {
        _feed.Take(Message(1));
        Assert.Equal(OpcUaFeed.MostMissed, _feed.Missed(OpcUaFeed.MostMissed + 2)!.Count);
        Assert.Null(_feed.Missed(OpcUaFeed.MostMissed + 3));
    }

    [Fact]
    public void A_keep_alive_is_not_acknowledged_and_names_the_next_number()
    {
        _feed.Take(Message(1));
        _feed.Take(new UaNotification(7, 2, IsKeepAlive: true, [], null));
        Assert.Equal([(7u, 1u)], _feed.TakeAcknowledgements());
        Assert.Empty(_feed.TakeAcknowledgements());
        Assert.Empty(_feed.Missed(2)!);
    }

    [Fact]
    public void Over_another_connection_what_was_kept_and_did_not_come_is_asked_for_and_all_is_told_anew()
    {
        _feed.Take(Message(1));
        _feed.Take(Message(2));
        _feed.Tell(0);
        Assert.Equal([1, 2], _feed.TakeUntold([0, 1, 2]));
        Assert.False(_feed.IsFresh);
        _feed.Resume();
        Assert.True(_feed.IsFresh);
        Assert.Equal([3u, 4u], _feed.MissedOf([1, 2, 4, 3]));
        Assert.Equal([0, 1, 2], _feed.TakeUntold([0, 1, 2]));
    }

    [Fact]
    public void Other_namespaces_are_another_server()
    {
        Assert.True(_feed.Fits([.. Namespaces]));
        Assert.False(_feed.Fits(["http://opcfoundation.org/UA/", "urn:other", "urn:plant"]));
    }

    [Fact]
    public async Task A_request_refused_for_its_size_is_asked_again_in_halves_and_nothing_is_left_out()
    {
        var size = new RequestSize(1000);
        size.Limit(null);
        size.Limit(0);
        Assert.Equal(1000, size.Current);
        size.Limit(100);
        var done = new List<int>();
        await size.EachAsync([.. Enumerable.Range(0, 250)], part =>
        {
            if (part.Count > 30)
            {
                throw new UaServiceException(StatusCode.BadTooManyOperations);
            }

            done.AddRange(part);
            return Task.CompletedTask;
        });
        Assert.Equal(Enumerable.Range(0, 250), done);
        Assert.Equal(25, size.Current);
        await Assert.ThrowsAsync<UaServiceException>(() => size.EachAsync([1, 2], _ => throw new UaServiceException(StatusCode.BadUserAccessDenied)));
        await Assert.ThrowsAsync<UaServiceException>(() => size.EachAsync([1, 2], _ => throw new UaServiceException(StatusCode.BadTooManyOperations)));
        Assert.Equal(1, size.Current);
    }

    private static IEnumerable<uint> Numbers(string written) => written.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(uint.Parse);

    private static UaNotification Message(uint sequence) => new(7, sequence, IsKeepAlive: false, [], null);
}
