namespace Uns.Ui.Changes;

/// <summary>Where a page's changes go: into the plant at once, or into a draft.</summary>
public sealed class ChangeTarget(ISettingsBook settings, IDraftBook drafts, PageAuthor author)
{
    /// <summary>What a page shows: the settings in force, or those of a draft.</summary>
    /// <param name="draft">The draft's name; null or empty for what is in force.</param>
    public PlantSettings Shown(string? draft) => IsDraft(draft) && drafts.View(draft!) is { } view ? view.After : settings.Now;

    /// <summary>Saves a change, and says in one sentence where it went.</summary>
    /// <param name="draft">The draft's name; null or empty for the plant.</param>
    /// <param name="change">What is to be different.</param>
    /// <param name="opened">What the reader saw; null: whatever is there.</param>
    /// <param name="comment">Why, for the log.</param>
    /// <param name="way">How it came about.</param>
    /// <exception cref="SettingsFaultException">Something is wrong; nothing was saved.</exception>
    /// <exception cref="SettingsClashException">Somebody changed the same; nothing was saved.</exception>
    public async Task<string> SaveAsync(string? draft, PlantChange change, PlantSettings? opened, string comment = "", ChangeWay way = ChangeWay.Direct)
    {
        if (!IsDraft(draft))
        {
            var before = settings.Current.Number;
            var version = await settings.ChangeAsync(change, new ChangeNote(author.Name, comment, way), opened, CancellationToken.None);
            return version.Number == before ? T("Saved: nothing was different.") : T($"Saved as version {version.Number}.");
        }

        var saved = await drafts.SaveAsync(draft!, change, author.Name, opened, CancellationToken.None);
        return T($"Kept in draft {saved.Name}; the plant is as it was.");
    }

    /// <summary>An address that stays in a draft.</summary>
    public static string Link(string address, string? draft) =>
        IsDraft(draft) ? $"{address}{(address.Contains('?', StringComparison.Ordinal) ? '&' : '?')}draft={Uri.EscapeDataString(draft!)}" : address;

    /// <summary>True when a name of a draft is given.</summary>
    public static bool IsDraft(string? draft) => !string.IsNullOrWhiteSpace(draft);
}
