namespace Uns.Historian;

/// <summary>What is left of a run of samples when the samples are not looked at: enough for a bucket that holds all of them.</summary>
internal struct SampleSummary
{
    /// <summary>Number of samples.</summary>
    public int Count;

    /// <summary>Times of the first and the last sample, ms since 1970.</summary>
    public long First, Last;

    /// <summary>Smallest and largest number; NaN when there was none.</summary>
    public double Low, High;

    /// <summary>Sum of each number times the ms it held, between the first and the last sample.</summary>
    public double Area;

    /// <summary>Milliseconds between the first and the last sample at which a number held.</summary>
    public long UsableMs;

    /// <summary>The worst quality among the samples.</summary>
    public HistoryQuality Worst;

    /// <summary>The last sample's number, NaN when it has none, and its quality.</summary>
    public double LastNumber;
    public HistoryQuality LastQuality;

    /// <summary>Adds a sample that is not older than the last one.</summary>
    public void Add(in HistorySample sample)
    {
        var number = sample.Number;
        if (Count == 0)
        {
            (First, Low, High, Worst) = (sample.Time, number, number, sample.Quality);
        }
        else
        {
            if (!double.IsNaN(LastNumber))
            {
                Area += LastNumber * (sample.Time - Last);
                UsableMs += sample.Time - Last;
            }

            Low = Smaller(Low, number);
            High = Larger(High, number);
            Worst = sample.Quality > Worst ? sample.Quality : Worst;
        }

        (Last, LastNumber, LastQuality) = (sample.Time, number, sample.Quality);
        Count++;
    }

    /// <summary>The smaller of two, where NaN counts as none.</summary>
    public static double Smaller(double a, double b) => double.IsNaN(a) || b < a ? b : a;

    /// <summary>The larger of two, where NaN counts as none.</summary>
    public static double Larger(double a, double b) => double.IsNaN(a) || b > a ? b : a;
}
