using Uns.Connectors;

namespace Uns.UnitTests.Connectors.Diagnostics;

/// <summary>"Why is device 7 slow?"</summary>
public sealed class FindingsTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly PollBudget NoBudget = new(0, 0, [], [], []);
    private static readonly TrafficFigures Quiet = new(1000, 1000, 0, 0, 0, 0, 0, 0, Second / 100, Second / 90, Second / 80, [], []);

    [Fact]
    public void A_healthy_device_has_none() => Assert.Empty(Found(Quiet).Findings);

    [Fact]
    public void Each_reason_is_a_sentence_with_its_figures()
    {
        var traffic = Quiet with
        {
            Timeouts = 40,
            DroppedAnswers = 3,
            Refusals = 2,
            RoundTrip99 = Second / 2,
            Stations = [new(1, 500, 1, Second), new(7, 500, 39, null)],
        };
        var found = Found(traffic) with
        {
            Groups = [new(Second, 0, 34, 100, 50, Second * 1.7, Second * 1.7)],
            Budget = NoBudget with { Warnings = ["The 1 s group will take 1.7 s: 34 requests need 1.7 s of each cycle."] },
        };

        Assert.Equal(
            [
                "The 1 s group comes every 1.7 s; 50 cycles were missed.",
                "The 1 s group will take 1.7 s: 34 requests need 1.7 s of each cycle.",
                "40 of 1000 requests were not answered in time. Most by unit 7: 39 of 500.",
                "Half of the answers come within 10 ms, but one in a hundred needs up to 500 ms: device or network stall now and then.",
                "3 late or foreign answers were dropped: the answer timeout may be short for this device.",
                "2 requests were refused: see the last errors.",
            ],
            found.Findings);
    }

    [Fact]
    public void A_lost_device_says_so_first()
    {
        var found = Found(Quiet);
        found = found with { Status = found.Status with { State = ConnectorState.Reconnecting, LastError = "the cable is cut." } };

        Assert.Equal("It is not connected: the cable is cut.", Assert.Single(found.Findings));
    }

    private static DeviceDiagnostics Found(TrafficFigures traffic) =>
        new(new("press", ConnectorState.Running, default, null, 1, 0, 0, null, null), traffic, [], [], NoBudget);
}
