namespace Uns.Ui.Changes;

/// <summary>Changes that are worked on and not in force: kept by the hub, over reloads and restarts, until they are published or thrown away.</summary>
public interface IDraftBook
{
    /// <summary>Most drafts at once.</summary>
    const int MaximumDrafts = 100;

    /// <summary>All drafts, by name.</summary>
    IReadOnlyList<Draft> All();

    /// <summary>One draft, without regard to case; null when there is none.</summary>
    Draft? Find(string name);

    /// <summary>The settings as they would be with a draft; null when there is none of that name.</summary>
    /// <param name="name">The draft.</param>
    /// <param name="mineWins">Whose word counts where draft and plant both changed the same thing.</param>
    DraftView? View(string name, bool mineWins = true);

    /// <summary>Lays a change into a draft; a name that is not known begins one. Faulty settings may be kept, but not published.</summary>
    /// <param name="name">1 to 60 characters without a slash.</param>
    /// <param name="change">What is to be different.</param>
    /// <param name="author">Who works on it.</param>
    /// <param name="opened">What the author saw before changing it; null: whatever is there.</param>
    /// <param name="cancellationToken">Ends the wait for one's turn.</param>
    /// <exception cref="ArgumentException">The name cannot be used, or there are too many drafts.</exception>
    /// <exception cref="SettingsClashException">Somebody has changed the same things in the draft since they were opened.</exception>
    Task<Draft> SaveAsync(string name, PlantChange change, string author, PlantSettings? opened, CancellationToken cancellationToken);

    /// <summary>Puts a draft in force: one step, one version. The draft is gone then.</summary>
    /// <param name="name">The draft.</param>
    /// <param name="note">Who publishes, and why.</param>
    /// <param name="seen">The view that was looked at: when draft or plant have changed since, nothing is done.</param>
    /// <param name="cancellationToken">Ends the wait for one's turn.</param>
    /// <exception cref="SettingsFaultException">Something in it is wrong; nothing was changed.</exception>
    /// <exception cref="SettingsClashException">It is not what was looked at any more; nothing was changed.</exception>
    Task<SettingsVersion> PublishAsync(string name, ChangeNote note, DraftView seen, CancellationToken cancellationToken);

    /// <summary>Throws a draft away.</summary>
    /// <returns>False when there is none.</returns>
    Task<bool> DiscardAsync(string name, string author, CancellationToken cancellationToken);
}

/// <summary>One draft.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Base">The version that was in force when it was begun.</param>
/// <param name="Revision">1 after the first saving, then one more with each.</param>
/// <param name="Author">Who saved it last.</param>
/// <param name="SavedAt">When, UTC.</param>
/// <param name="Content">What it holds.</param>
public sealed record Draft(string Name, int Base, int Revision, string Author, DateTimeOffset SavedAt, DraftContent Content);

/// <summary>What a draft holds.</summary>
/// <param name="Change">What is to be different.</param>
/// <param name="Opened">How the things it changes were when it first took them up.</param>
public sealed record DraftContent(PlantChange Change, PlantSettings Opened);

/// <summary>A draft laid over the plant as it is.</summary>
/// <param name="Draft">The draft.</param>
/// <param name="Version">The version in force it was laid over.</param>
/// <param name="Before">The settings in force.</param>
/// <param name="After">The settings with the draft.</param>
/// <param name="Change">What leads from one to the other.</param>
/// <param name="Clashes">What the draft and somebody else both changed, in words.</param>
public sealed record DraftView(Draft Draft, int Version, PlantSettings Before, PlantSettings After, PlantChange Change, IReadOnlyList<string> Clashes);
