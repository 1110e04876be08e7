using Uns.Connectors;

namespace Uns.Ui.Changes;

/// <summary>The one door through which settings change: every change is checked, made in one step, kept as a version with its author, and written in the log.</summary>
public interface ISettingsBook
{
    /// <summary>What is set now.</summary>
    PlantSettings Now { get; }

    /// <summary>The version that is in force.</summary>
    SettingsVersion Current { get; }

    /// <summary>Finds everything that is wrong with a change; empty when it can be made.</summary>
    IReadOnlyList<SettingFault> Check(PlantChange change);

    /// <summary>Makes a change: all of it, or nothing.</summary>
    /// <param name="change">What is to be different. Devices in it may carry marks instead of their saved secrets.</param>
    /// <param name="note">Who makes it, and why.</param>
    /// <param name="opened">What the author saw before changing it; null: whatever is there now.</param>
    /// <param name="cancellationToken">Ends the wait for one's turn; a change that has begun is made.</param>
    /// <returns>The version that holds it; the one in force when nothing was different.</returns>
    /// <exception cref="SettingsFaultException">Something in it is wrong; nothing was changed.</exception>
    /// <exception cref="SettingsClashException">Somebody has changed the same things since they were opened; nothing was changed.</exception>
    Task<SettingsVersion> ChangeAsync(PlantChange change, ChangeNote note, PlantSettings? opened, CancellationToken cancellationToken);

    /// <summary>The last change of a thing; null when there is none, or it is no more there.</summary>
    /// <param name="key">Its key, as in <see cref="ThingChange"/>.</param>
    SettingsVersion? LastChange(string key);

    /// <summary>Versions, newest first.</summary>
    /// <param name="most">Most to give, 1 to 500.</param>
    /// <param name="cancellationToken">Ends the wait for a reader's turn.</param>
    Task<IReadOnlyList<SettingsVersion>> VersionsAsync(int most, CancellationToken cancellationToken);

    /// <summary>The settings of a version; null when it is not kept.</summary>
    Task<PlantSettings?> ReadAsync(int number, CancellationToken cancellationToken);

    /// <summary>Takes one version back: its things become what they were before it.</summary>
    /// <returns>Null when it was taken back; else one sentence that says why not.</returns>
    Task<string?> UndoAsync(int number, string author, CancellationToken cancellationToken);

    /// <summary>What is different between two settings, in words.</summary>
    IReadOnlyList<ThingChange> Compare(PlantSettings before, PlantSettings after);
}

/// <summary>Who makes a change, and why.</summary>
/// <param name="Author">A name; where none is known, where it came from.</param>
/// <param name="Comment">Why, or by which way; may be empty.</param>
/// <param name="Way">How it came about.</param>
public sealed record ChangeNote(string Author, string Comment = "", ChangeWay Way = ChangeWay.Direct);

/// <summary>How a change came about.</summary>
public enum ChangeWay
{
    /// <summary>Saved at once, on a page or by the API.</summary>
    Direct,

    /// <summary>By a tag file.</summary>
    Import,

    /// <summary>A draft was published.</summary>
    Draft,

    /// <summary>A change was taken back.</summary>
    Undo,

    /// <summary>A version, or another box's settings, were brought back.</summary>
    Restore,

    /// <summary>Found so when the hub started.</summary>
    Start,
}

/// <summary>One version of the settings.</summary>
/// <param name="Number">1, 2, 3 …</param>
/// <param name="Time">When it came in force, UTC.</param>
/// <param name="Author">Who made it.</param>
/// <param name="Comment">Why.</param>
/// <param name="Way">How it came about.</param>
/// <param name="Summary">What it changed, in one line.</param>
public sealed record SettingsVersion(int Number, DateTimeOffset Time, string Author, string Comment, ChangeWay Way, string Summary);

/// <summary>A change that cannot be made; the message names every fault.</summary>
public sealed class SettingsFaultException(IReadOnlyList<SettingFault> faults) : ArgumentException(string.Join(" ", faults.Take(10)) + (faults.Count > 10 ? $" And {faults.Count - 10:N0} more." : ""))
{
    /// <summary>The faults.</summary>
    public IReadOnlyList<SettingFault> Faults { get; } = faults;
}

/// <summary>Somebody else changed the same things; the message says who, when and what.</summary>
public sealed class SettingsClashException(string message) : Exception(message);
