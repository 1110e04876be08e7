namespace Uns.Hub.Bench;

/// <summary>Measures one load on one or two brokers, in turn and in one run, so that what disturbs the machine disturbs both.</summary>
internal sealed class BenchRun(BenchOptions options, BenchLoads load)
{
    /// <summary>Runs all rounds.</summary>
    /// <param name="progress">Told of each round: which broker, which round, what it showed.</param>
    /// <param name="cancellationToken">Ends the run between two rounds.</param>
    /// <returns>The rounds of each broker.</returns>
    /// <exception cref="BenchException">A broker does not answer as it must.</exception>
    public IReadOnlyList<IReadOnlyList<RoundFigures>> Run(Action<BenchTarget, int, RoundFigures> progress, CancellationToken cancellationToken)
    {
        var loads = options.Targets.Select(t => load.Make(options, t)).ToList();
        var rounds = options.Targets.Select(_ => new List<RoundFigures>()).ToList();
        try
        {
            foreach (var one in loads)
            {
                one.Prepare();
                if (!load.IsOnce && options.WarmUp > TimeSpan.Zero)
                {
                    one.Round(options.WarmUp);
                }
            }

            for (var round = 0; round < (load.IsOnce ? 1 : options.Rounds); round++)
            {
                for (var i = 0; i < loads.Count; i++)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var figures = loads[i].Round(options.Round);
                    rounds[i].Add(figures);
                    progress(options.Targets[i], round, figures);
                }
            }

            return rounds;
        }
        finally
        {
            foreach (var one in loads)
            {
                one.Dispose();
            }
        }
    }
}
