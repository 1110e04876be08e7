namespace Uns.Tags;

/// <summary>The straight line between what a device holds (raw) and what it means to people: engineering = raw x factor + offset.</summary>
/// <param name="Factor">Neither zero, infinite nor NaN.</param>
/// <param name="Offset">In engineering units, finite.</param>
/// <remarks>A number that does not fit is refused, never wrapped or cut.</remarks>
public readonly record struct Scaling(double Factor, double Offset)
{
    /// <summary>Raw and engineering value are the same.</summary>
    public static Scaling None { get; } = new(1, 0);

    /// <summary>True when nothing is computed, so that the raw type stays and 64-bit integers keep every digit.</summary>
    public bool IsNone => Factor == 1 && Offset == 0;

    /// <summary>Type after scaling: Float stays Float, other numbers become Double; without scaling, and for what is no number, the raw type.</summary>
    public DataType ResultType(DataType raw) =>
        IsNone || raw is < DataType.Int8 or > DataType.Double || raw == DataType.Float ? raw : DataType.Double;

    /// <summary>Raw to engineering. A null stays a null, of the result's type.</summary>
    /// <returns>False when the result does not fit its type; <paramref name="engineering"/> is then a null of that type.</returns>
    public bool TryApply(in TagValue raw, out TagValue engineering)
    {
        var type = ResultType(raw.Type);
        if (IsNone || !raw.IsNumber)
        {
            engineering = raw;
            return true;
        }

        engineering = TagValue.Null(type);
        if (raw.IsNull)
        {
            return true;
        }

        var number = (raw.Number * Factor) + Offset;
        if (double.IsFinite(raw.Number) && !double.IsFinite(number))
        {
            return false;
        }

        if (TagNumber.TryMake(type, number, out var made))
        {
            engineering = made;
            return true;
        }

        return false;
    }

    /// <summary>Engineering to raw, for writes.</summary>
    /// <param name="engineering">The value wanted, of any type that can be turned into the raw type without loss; a scaled number is rounded to the nearest raw step.</param>
    /// <param name="rawType">What the device takes.</param>
    /// <param name="raw">The value to send.</param>
    /// <returns>Null when it fits; else the rest of a sentence that says what was found and what is wanted.</returns>
    public string? Undo(in TagValue engineering, DataType rawType, out TagValue raw)
    {
        raw = TagValue.Null(rawType);
        if (engineering.IsNull)
        {
            return $"is null: give a {rawType}.";
        }

        return rawType switch
        {
            DataType.Boolean => UndoTruth(engineering, out raw),
            DataType.String or DataType.Text or DataType.Uuid => UndoText(engineering, rawType, out raw),
            >= DataType.Int8 and <= DataType.Double => UndoNumber(engineering, rawType, out raw),
            _ => UndoOther(engineering, rawType, out raw),
        };
    }

    private static string? UndoTruth(in TagValue engineering, out TagValue raw)
    {
        var isTruth = engineering.Type == DataType.Boolean || (engineering.IsNumber && engineering.Number is 0 or 1);
        raw = isTruth ? TagValue.Of(engineering.Number != 0) : TagValue.Null(DataType.Boolean);
        return isTruth ? null : $"is {engineering}: give true or false.";
    }

    private static string? UndoText(in TagValue engineering, DataType rawType, out TagValue raw)
    {
        raw = engineering.Text is { } text ? TagValue.Of(text, rawType) : TagValue.Null(rawType);
        return raw.IsNull ? $"is {engineering} ({engineering.Type}): give a text." : null;
    }

    private static string? UndoOther(in TagValue engineering, DataType rawType, out TagValue raw)
    {
        var isInteger = rawType == DataType.DateTime && engineering.IsInteger;
        raw = engineering.Type == rawType ? engineering
            : isInteger ? TagValue.OfInteger(rawType, engineering.Integer) : TagValue.Null(rawType);
        return raw.IsNull ? $"is {engineering} ({engineering.Type}): give a {rawType}." : null;
    }

    private string? UndoNumber(in TagValue engineering, DataType rawType, out TagValue raw)
    {
        raw = TagValue.Null(rawType);
        if (!engineering.IsNumber)
        {
            return $"is {engineering} ({engineering.Type}): give a number.";
        }

        var isWhole = rawType is >= DataType.Int8 and <= DataType.UInt64;
        if (IsNone && isWhole && engineering.IsInteger)
        {
            return UndoInteger(engineering, rawType, out raw);
        }

        var number = engineering.Number;
        if (!double.IsFinite(number))
        {
            return $"is {engineering}: give a finite number.";
        }

        var wanted = IsNone ? number : (number - Offset) / Factor;
        if (IsNone && isWhole && Math.Truncate(wanted) != wanted)
        {
            return $"is {engineering}: give a whole number, the tag is {rawType}.";
        }

        return TagNumber.TryMake(rawType, wanted, out raw) ? null : DoesNotFit(engineering, rawType, wanted);
    }

    // Whole numbers take the exact road: a double would lose the last digits beyond 2^53.
    private static string? UndoInteger(in TagValue engineering, DataType rawType, out TagValue raw)
    {
        var isHuge = engineering.Type == DataType.UInt64 && engineering.Integer < 0;
        var fits = rawType == DataType.UInt64
            ? engineering.Type == DataType.UInt64 || engineering.Integer >= 0
            : !isHuge && engineering.Integer >= TagNumber.Range(rawType).Low && engineering.Integer <= TagNumber.Range(rawType).High;
        raw = fits ? TagValue.OfInteger(rawType, engineering.Integer) : TagValue.Null(rawType);
        return fits ? null : DoesNotFit(engineering, rawType, engineering.Number);
    }

    private static string DoesNotFit(in TagValue engineering, DataType rawType, double raw) =>
        rawType is DataType.Float or DataType.Double or DataType.UInt64
            ? $"is {engineering}, raw {raw:R}: that does not fit {rawType}."
            : $"is {engineering}, raw {raw:R}: that does not fit {rawType}, give {TagNumber.Range(rawType).Low} to {TagNumber.Range(rawType).High} raw.";
}
