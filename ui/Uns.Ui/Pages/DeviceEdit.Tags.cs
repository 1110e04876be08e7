using Microsoft.AspNetCore.Components;
using Uns.Connectors;
using Uns.Ui.Access;

namespace Uns.Ui.Pages;

/// <summary>The tags of the device: drawn a hundred at a time, and made of what the device offers.</summary>
public sealed partial class DeviceEdit
{
    // A row has seventeen fields: more of them at once would be slow to draw.
    private const int TagStep = 100;

    private bool _browsing;
    private string _tagFilter = "";
    private int _tagPage;
    private int _tagRound; // What is typed is the browser's alone: to empty the field it is made anew.
    private ElementReference _lastName;
    private bool _isNameDue;

    private List<int> TagsFound()
    {
        var words = _tagFilter.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return [.. Enumerable.Range(0, _form!.Tags.Count).Where(i => _form.Tags[i] is var tag && Array.TrueForAll(words, w =>
            tag.Name.Contains(w, StringComparison.OrdinalIgnoreCase) || tag.Address.Contains(w, StringComparison.OrdinalIgnoreCase)
            || tag.Unit.Contains(w, StringComparison.OrdinalIgnoreCase) || tag.Description.Contains(w, StringComparison.OrdinalIgnoreCase)))];
    }

    private void FilterTags(ChangeEventArgs typed) => (_tagFilter, _tagPage) = (typed.Value as string ?? "", 0);

    private void AddTag()
    {
        _form!.Tags.Add(new());
        ShowTag(_form.Tags.Count - 1);
        _isNameDue = true;
    }

    // What is wrong is to be seen: the rows that stand elsewhere come into view.
    private void ShowFirstWrong()
    {
        var wrong = Enumerable.Range(0, _form!.Tags.Count).FirstOrDefault(i => _wrong.Any(w => w.StartsWith($"Tags[{i}].", StringComparison.OrdinalIgnoreCase)), -1);
        if (wrong >= 0)
        {
            ShowTag(wrong);
        }
    }

    private void ShowTag(int index) => (_tagFilter, _tagPage, _tagRound) = ("", index / TagStep, _tagRound + 1);

    private void ToggleBrowse() => _browsing = !_browsing;

    // The device as it is written here, saved or not; its tags are not asked for.
    private DeviceOptions Asked()
    {
        Who.Demand(Role.Engineer);
        return Book.Complete(_form!.Read(Kind).Device, Saved) with { Name = "browse" };
    }

    private IEnumerable<(string Name, string Address)> TagsThere() => _form!.Tags.Select(t => (t.Name.Trim(), t.Address.Trim()));

    private void MakeTags(IReadOnlyList<TagOptions> tags)
    {
        var first = _form!.Tags.Count;
        _form.Tags.AddRange(tags.Select(DeviceForm.TagForm.Of));
        ShowTag(first);
        Say(null, well: true);
    }

    private void TakeOutTags(IReadOnlyList<TagOptions> tags)
    {
        var addresses = tags.Select(t => t.Address).ToHashSet(StringComparer.Ordinal);
        _form!.Tags.RemoveAll(t => t.Rest.Id == Guid.Empty && addresses.Contains(t.Address));
        ShowTag(0);
    }

    private void Take(DiscoveredWay way)
    {
        foreach (var (name, value) in way.Settings!)
        {
            _form!.Settings[name] = value!.GetValue<string>();
        }
    }
}
