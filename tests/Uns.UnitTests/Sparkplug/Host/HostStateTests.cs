using System.Text;
using Uns.Sparkplug.Host;
using Uns.TestKit;

namespace Uns.UnitTests.Sparkplug.Host;

public sealed class HostStateTests
{
    private static readonly DateTimeOffset Noon = DateTimeOffset.FromUnixTimeMilliseconds(1668114759262);
    private readonly HostState _state = new();

    [Fact, Spec("tck-id-host-topic-phid-birth-payload"), Spec("tck-id-host-topic-phid-birth-payload-timestamp"), Spec("tck-id-host-topic-phid-death-payload")]
    [Spec("tck-id-host-topic-phid-death-payload-timestamp-connect"), Spec("tck-id-operational-behavior-host-application-connect-birth-payload")]
    public void Will_and_birth_share_the_time_of_the_connection()
    {
        Assert.Equal("""{"online":false,"timestamp":1668114759262}""", Encoding.UTF8.GetString(_state.Connect(Noon)));
        Assert.Equal("""{"online":true,"timestamp":1668114759262}""", Encoding.UTF8.GetString(_state.Announce()));
    }

    [Theory, Spec("tck-id-message-flow-hid-sparkplug-state-message-delivered")]
    [InlineData("""{"online":true,"timestamp":1668114759262}""", StateVerdict.Leave)]        // our own word
    [InlineData("""{"online":false,"timestamp":1668114759262}""", StateVerdict.SayAgain)]    // our own will, or a liar
    [InlineData("""{"online":false,"timestamp":1668114759000}""", StateVerdict.SayAgain)]
    [InlineData("""{"online":false,"timestamp":1668114759263}""", StateVerdict.ConnectAgain)]
    [InlineData("""{"online":true,"timestamp":1668114759263}""", StateVerdict.Stranger)]
    [InlineData("", StateVerdict.SayAgain)]                                                  // deleted
    [InlineData("OFFLINE", StateVerdict.SayAgain)]
    [InlineData("""{"online":"no","timestamp":1}""", StateVerdict.SayAgain)]
    [InlineData("""{"online":false}""", StateVerdict.SayAgain)]
    [InlineData("[]", StateVerdict.SayAgain)]
    public void The_topic_is_defended_after_the_birth_and_not_before(string payload, StateVerdict verdict)
    {
        _state.Connect(Noon);
        Assert.Equal(StateVerdict.Leave, new HostState().Judge(Encoding.UTF8.GetBytes(payload)));
        _state.Announce();
        Assert.Equal(verdict, _state.Judge(Encoding.UTF8.GetBytes(payload)));
    }

    [Fact]
    public void A_new_connection_outdoes_every_timestamp_seen()
    {
        _state.Connect(Noon);
        _state.Announce();
        _state.Judge(HostState.Write(isOnline: false, Noon.AddYears(1)));
        _state.Connect(Noon.AddSeconds(1));
        Assert.Equal(Noon.AddYears(1).AddMilliseconds(1), _state.Timestamp);
    }

    [Fact, Spec("tck-id-host-topic-phid-death-payload-timestamp-disconnect-clean")]
    public void A_planned_end_is_not_contradicted()
    {
        _state.Connect(Noon);
        _state.Announce();
        var death = _state.Leave(Noon.AddMinutes(1));
        Assert.True(HostState.TryRead(death, out var online, out var time));
        Assert.Equal((false, Noon.AddMinutes(1)), (online, time));
        Assert.Equal(StateVerdict.Leave, _state.Judge(death));
    }
}
