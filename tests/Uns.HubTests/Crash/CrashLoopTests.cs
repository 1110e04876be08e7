using System.Globalization;

namespace Uns.HubTests.Crash;

/// <summary>What the broker acknowledged outlives its death at any moment; and the checker would see it if it did not.</summary>
/// <remarks>Deaths by <c>UNS_CRASH_CYCLES</c> (10 unless set; <c>tests/run --nightly</c> gives 500), moments by <c>UNS_CRASH_SEED</c>.</remarks>
public sealed class CrashLoopTests(ITestOutputHelper output)
{
    private int _told;

    private static int Setting(string name, int unless) => int.Parse(Environment.GetEnvironmentVariable(name) ?? $"{unless}", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Killed_at_random_moments_it_loses_no_acknowledged_message_and_doubles_none_of_QoS_2()
    {
        await using var run = new CrashRun(Setting("UNS_CRASH_SEED", 1), "none");
        await run.BeginAsync();
        for (var i = 0; i < Setting("UNS_CRASH_CYCLES", 10); i++)
        {
            await run.CycleAsync();
            Tell(i, run);
        }

        await run.EndAsync();
        Tell(-1, run);
        Assert.Empty(run.Violations);
    }

    [Theory]
    [InlineData("answers-early", "never got message")]     // Acknowledges before the commit.
    [InlineData("forgets-incoming", "twice")]              // Does not keep the identifiers of QoS 2.
    [InlineData("forgets-wills", "never got will")]        // Does not keep the wills.
    public async Task A_broker_with_a_weakness_is_found_out(string weakness, string symptom)
    {
        const int MostRounds = 20; // Chance decides how many are needed; one or two are usual.
        for (var round = 0; round < MostRounds; round++)
        {
            await using var run = new CrashRun(seed: 100 + round, weakness);
            await run.BeginAsync();
            for (var i = 0; i < 5; i++)
            {
                await run.CycleAsync();
            }

            await run.EndAsync();
            output.WriteLine(run.Figures);
            if (run.Violations.Any(v => v.Contains(symptom, StringComparison.Ordinal)))
            {
                return;
            }
        }

        Assert.Fail($"{MostRounds * 5} deaths did not show that the broker {weakness}.");
    }

    private void Tell(int cycle, CrashRun run)
    {
        if (cycle >= 0 && cycle % 10 != 9)
        {
            return;
        }

        output.WriteLine(run.Figures);
        foreach (var violation in run.Violations.Skip(_told).Take(20))
        {
            output.WriteLine(violation);
        }

        _told = run.Violations.Count;
    }
}
