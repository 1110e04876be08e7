using System.Text.Json.Serialization;
using Uns.Ui.Texts;

namespace Uns.Ui.Health;

/// <summary>What runs and what is wrong, in sentences. Looked at every few seconds, whoever watches.</summary>
public interface IPlantHealth
{
    /// <summary>The last look: what is wrong first, then what should be watched, then what is well.</summary>
    IReadOnlyList<HealthLine> Lines { get; }
}

/// <summary>How a part stands.</summary>
public enum HealthState
{
    /// <summary>It does not do what it is there for.</summary>
    Wrong,

    /// <summary>It works; someone should look at it before it does not.</summary>
    Watch,

    /// <summary>It works.</summary>
    Well,
}

/// <summary>One part of the hub, or one thing that is wrong with it.</summary>
/// <param name="Area">Devices, Sparkplug, Values, Broker, History, Disk, Certificates, Road or Alarms.</param>
/// <param name="State">How it stands.</param>
/// <param name="Sentence">What there is to say, in English.</param>
/// <param name="Link">The page that tells more, or mends it; null when there is none.</param>
/// <param name="Since">Since when it is so, UTC; null for what is well, and for what was so at the first look.</param>
public sealed record HealthLine(string Area, HealthState State, string Sentence, string? Link, DateTimeOffset? Since = null)
{
    /// <summary>The same sentence, to be said in the reader's language; null where it is known in English alone.</summary>
    [JsonIgnore]
    public Sentence? Said { get; init; }
}
