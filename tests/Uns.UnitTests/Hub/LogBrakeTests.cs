using Microsoft.Extensions.Logging;
using Uns.Hub.Wiring;
using Uns.TestKit;

namespace Uns.UnitTests.Hub;

public sealed class LogBrakeTests : IDisposable
{
    private readonly ManualClock _clock = new();
    private readonly RecordedLog _log = new();
    private readonly LogBrake _brake;

    public LogBrakeTests() => _brake = new(_log, _clock);

    public void Dispose() => _brake.Dispose();

    [Fact]
    public void A_flood_of_one_kind_is_cut_and_counted_and_others_are_told_as_ever()
    {
        var broker = _brake.CreateLogger("Uns.Mqtt");
        for (var i = 0; i < 100_000; i++)
        {
            Say(broker, 1001, $"Nonsense {i}.");
        }

        Say(broker, 1004, "The store did not take a write.");
        Say(_brake.CreateLogger("Uns.Hub"), 1001, "Of another room.");
        Assert.Equal(22, _log.Entries.Count);
        Assert.Equal("Of another room.", _log.Entries[^1].Text);

        _clock.Advance(TimeSpan.FromSeconds(10));
        var (level, id, text) = _log.Entries[^1];
        Assert.Equal((LogLevel.Warning, 1001, 23), (level, id.Id, _log.Entries.Count));
        Assert.Contains("99980 more", text, StringComparison.Ordinal);

        Say(broker, 1001, "Again.");
        Assert.Equal("Again.", _log.Entries[^1].Text);
    }

    [Fact]
    public void What_comes_now_and_then_is_told_each_time()
    {
        var logger = _brake.CreateLogger("Uns.Mqtt");
        for (var i = 0; i < 100; i++)
        {
            Say(logger, 1001, $"{i}");
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal([.. Enumerable.Range(0, 100).Select(i => $"{i}")], _log.Entries.Select(e => e.Text));
    }

    private static void Say(ILogger logger, int id, string text) => logger.Log(LogLevel.Warning, new EventId(id), text, null, static (said, _) => said);
}
