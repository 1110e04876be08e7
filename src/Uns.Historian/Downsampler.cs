namespace Uns.Historian;

/// <summary>One span of a chart.</summary>
/// <param name="Start">Its beginning, ms since 1970, UTC. It ends where the next begins.</param>
/// <param name="Count">Samples in it; 0 where a value from before merely held.</param>
/// <param name="Low">Smallest number that stood in it; NaN when none did.</param>
/// <param name="High">Largest number that stood in it; NaN when none did.</param>
/// <param name="Average">Mean over time; NaN when there is none.</param>
/// <param name="Last">The number at its end; NaN when there is none.</param>
/// <param name="Quality">The worst quality that stood in it; <see cref="HistoryQuality.Gap"/> where nothing is known.</param>
/// <param name="Coverage">Share of its time at which a number stood, 0 to 1.</param>
public readonly record struct HistoryBucket(
    long Start, long Count, double Low, double High, double Average, double Last, HistoryQuality Quality, double Coverage);

/// <summary>Makes at most N spans of any number of samples, each with smallest, largest and mean over time. Pure.</summary>
/// <remarks>A value holds until the next sample, since only changes are recorded; so a span without a sample still has a value.</remarks>
internal sealed class Downsampler
{
    private readonly long _from;
    private readonly long _to;
    private readonly long _width;
    private readonly Cell[] _cells;
    private double _held = double.NaN;
    private HistoryQuality _heldQuality = HistoryQuality.Gap;
    private long _heldSince;
    private bool _holds;

    /// <param name="from">First ms of the range.</param>
    /// <param name="to">First ms behind the range, above <paramref name="from"/>.</param>
    /// <param name="buckets">Most spans to make, at least one.</param>
    public Downsampler(long from, long to, int buckets)
    {
        (_from, _to) = (from, to);
        _width = Math.Max(1, ((to - from) + buckets - 1) / buckets);
        _cells = new Cell[((to - from) + _width - 1) / _width];
        Array.Fill(_cells, new Cell { Low = double.NaN, High = double.NaN, Last = double.NaN });
    }

    /// <summary>Length of a span in ms.</summary>
    public long Width => _width;

    /// <summary>True when a run of samples lies in one span, so that its summary is enough.</summary>
    public bool IsOneSpan(long first, long last) => first >= _from && last < _to && IndexOf(first) == IndexOf(last);

    /// <summary>Adds the next sample; one from before the range gives the value in force at its beginning.</summary>
    public void Add(long time, double number, HistoryQuality quality)
    {
        if (time >= _to)
        {
            Hold(_to);
            _holds = false;
            return;
        }

        if (time >= _from)
        {
            Hold(time);
            ref var cell = ref _cells[IndexOf(time)];
            cell.Count++;
            cell.Take(number, quality);
        }

        (_held, _heldQuality, _heldSince, _holds) = (number, quality, Math.Max(time, _from), true);
    }

    /// <summary>Adds a run of samples that lies in one span.</summary>
    public void AddWhole(in SampleSummary run)
    {
        Hold(run.First);
        ref var cell = ref _cells[IndexOf(run.First)];
        cell.Count += run.Count;
        cell.Area += run.Area;
        cell.UsableMs += run.UsableMs;
        cell.Take(run.Low, run.Worst);
        cell.Take(run.High, run.Worst);
        cell.Last = run.LastNumber;
        (_held, _heldQuality, _heldSince, _holds) = (run.LastNumber, run.LastQuality, run.Last, true);
    }

    /// <summary>Adds a run of which only the summary is left and that touches several spans: each of them may have held all of it.</summary>
    public void AddSpread(in SampleSummary run)
    {
        Hold(Math.Min(run.First, _to));
        var (first, last) = (Math.Max(run.First, _from), Math.Min(run.Last, _to - 1));
        for (var index = first <= last ? IndexOf(first) : _cells.Length; index < _cells.Length && index <= IndexOf(last); index++)
        {
            ref var cell = ref _cells[index];
            var overlap = Math.Min(last, _from + ((index + 1) * _width)) - Math.Max(first, _from + (index * _width));
            var share = run.Last > run.First ? (double)overlap / (run.Last - run.First) : 1;
            cell.Count += (long)Math.Ceiling(run.Count * share);
            cell.Area += run.Area * share;
            cell.UsableMs += (long)(run.UsableMs * share);
            cell.Take(run.Low, run.Worst);
            cell.Take(run.High, run.Worst);
            cell.Last = run.LastNumber;
        }

        if (run.Last < _to)
        {
            (_held, _heldQuality, _heldSince, _holds) = (run.LastNumber, run.LastQuality, Math.Max(run.Last, _from), true);
        }
        else
        {
            _holds = false;
        }
    }

    /// <summary>Ends the range; what holds now is drawn up to <paramref name="now"/>, not into the future.</summary>
    public IReadOnlyList<HistoryBucket> Finish(long now)
    {
        Hold(Math.Min(_to, now));
        var result = new HistoryBucket[_cells.Length];
        for (var i = 0; i < result.Length; i++)
        {
            ref readonly var cell = ref _cells[i];
            var width = Math.Min(_width, _to - _from - (i * _width));
            result[i] = new(
                _from + (i * _width), cell.Count, cell.Low, cell.High,
                cell.UsableMs > 0 ? Math.Clamp(cell.Area / cell.UsableMs, cell.Low, cell.High) : cell.Last,
                cell.Last, cell.IsKnown ? cell.Worst : HistoryQuality.Gap, Math.Min(1, (double)cell.UsableMs / width));
        }

        return result;
    }

    private int IndexOf(long time) => (int)((time - _from) / _width);

    private void Hold(long until)
    {
        if (!_holds || until <= _heldSince)
        {
            return;
        }

        for (var (index, at) = (IndexOf(_heldSince), _heldSince); at < until; index++)
        {
            var end = Math.Min(until, _from + ((index + 1) * _width));
            ref var cell = ref _cells[index];
            cell.Take(_held, _heldQuality);
            if (!double.IsNaN(_held))
            {
                cell.Area += _held * (end - at);
                cell.UsableMs += end - at;
            }

            at = end;
        }

        _heldSince = until;
    }

    private struct Cell
    {
        public long Count;
        public double Low, High, Area, Last;
        public long UsableMs;
        public HistoryQuality Worst;
        public bool IsKnown;

        public void Take(double number, HistoryQuality quality)
        {
            Low = SampleSummary.Smaller(Low, number);
            High = SampleSummary.Larger(High, number);
            Last = number;
            Worst = IsKnown && Worst > quality ? Worst : quality;
            IsKnown = true;
        }
    }
}
