namespace Uns.Tags;

/// <summary>The change below which nothing is reported.</summary>
/// <param name="Absolute">In engineering units, zero or more; zero lets every change through.</param>
public readonly record struct Deadband(double Absolute)
{
    /// <summary>True when <paramref name="next"/> is far enough from <paramref name="reported"/> to be told.</summary>
    /// <remarks>What is no number is told when it differs. To and from null, NaN or infinite is always told; NaN after NaN is not.</remarks>
    public bool IsBeyond(in TagValue reported, in TagValue next)
    {
        if (reported == next)
        {
            return false;
        }

        if (reported.Type != next.Type || !reported.IsNumber || reported.IsNull || next.IsNull)
        {
            return true;
        }

        var change = Math.Abs(next.Number - reported.Number);
        // An unknown or endless distance is beyond every band.
        return Absolute <= 0 || !double.IsFinite(change) || change >= Absolute;
    }
}
