using System.Globalization;
using Uns.Sparkplug.Payloads;
using Uns.Tags;

namespace Uns.Sparkplug.EdgeNode;

/// <summary>Says whether a command's metric may be written to a tag.</summary>
internal static class CommandCheck
{
    /// <summary>Reads the value of a command for a tag.</summary>
    /// <returns>False, with a sentence, when the tag cannot be written, or the value has another type or lies outside the range.</returns>
    public static bool TryRead(TagDefinition tag, Metric metric, out TagValue value, out string fault)
    {
        value = TagValue.Null(tag.DataType);
        fault = "";
        if (!tag.Writable)
        {
            fault = "cannot be written.";
        }
        else if (metric.IsNull)
        {
            fault = "was given null: give a value.";
        }
        else if (metric.DataType is { } given && given != tag.DataType)
        {
            fault = $"was given {given}: {tag.DataType} is wanted.";
        }
        else if (WireConversion.TryRead(tag.DataType, metric.Value, out value, out fault))
        {
            // NaN lies in no range; an array has the range in each element.
            var (low, high) = (tag.Low ?? double.MinValue, tag.High ?? double.MaxValue);
            foreach (var number in TagArray.Numbers(value))
            {
                if (!(number.Number >= low && number.Number <= high))
                {
                    fault = string.Create(CultureInfo.InvariantCulture, $"was given {number}: {low:R} to {high:R} is wanted.");
                    break;
                }
            }
        }

        return fault.Length == 0;
    }
}
