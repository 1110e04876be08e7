using Microsoft.AspNetCore.Components;
using Uns.Tree;
using Uns.Ui.Live;
using Uns.Ui.Parts;

namespace Uns.Ui.Pages;

/// <summary>The tree with live values. What is picked lives in the address: <c>/namespace?path=acme/berlin</c>.</summary>
public sealed partial class Namespace
{
    // Up to so many rows are drawn as they are, so that they stand in the very first answer; more are drawn as they come into view.
    private const int PlainRows = 200;

    // Up to so many lines the tree is counted anew with each redraw, if levels have changed; more are counted once a second.
    private const int LightLines = 1000;

    private readonly HashSet<string> _open = new(StringComparer.Ordinal);
    private List<UnsNode> _values = [];
    private TreeLines _tree = null!;
    private string _branch = "";
    private DateTimeOffset _listed;
    private UnsNode? _node;
    private DateTimeOffset _now;
    private LiveQuery? _live;

    /// <summary>Path of the node to show; empty for the whole plant.</summary>
    [SupplyParameterFromQuery(Name = "path")]
    public string? PathInAddress { get; set; }

    [Inject]
    private UnsTree Tree { get; set; } = null!;

    [Inject]
    private TimeProvider Clock { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    private string Path => PathInAddress?.Trim('/') ?? "";

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_live is not null)
        {
            await _live.DisposeAsync();
        }
    }

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        _listed = default;
        for (var slash = Path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = Path.IndexOf('/', slash + 1))
        {
            _open.Add(Path[..slash]);
        }

        if (Path.Length > 0)
        {
            _open.Add(Path);
        }
        else
        {
            OpenFirstLevels(Tree.Root, levels: 4);
        }

        Arrange();
        Read();
        if (_live is { } before && _branch != Path)
        {
            Follow();
            await before.DisposeAsync();
        }
    }

    /// <inheritdoc/>
    protected override void OnAfterRender(bool firstRender)
    {
        if (firstRender)
        {
            Follow();
        }
    }

    private static string Link(string path) => ValueTableRow.Link(path);

    // What changes below the node that is shown is drawn at once; the rest of the tree once a second.
    private void Follow()
    {
        _branch = Path;
        _live = new LiveQuery(Tree, _branch, () => InvokeAsync(Redraw), Clock);
    }

    private void Redraw()
    {
        if (_open.Count == 0 && Path.Length == 0)
        {
            OpenFirstLevels(Tree.Root, levels: 4);
            Arrange();
        }

        Read();
        StateHasChanged();
    }

    private void Read()
    {
        _now = Clock.GetUtcNow();
        var node = Tree.Find(Path);
        var isDue = _now - _listed >= LiveQuery.Idle;
        if (isDue || node != _node || _values.Count <= PlainRows)
        {
            _values = node is null ? [] : [.. node.Values()];
        }

        if ((isDue || _tree.Count <= LightLines) && !_tree.IsCurrent)
        {
            Arrange();
        }

        _node = node;
        _listed = isDue ? _now : _listed;
    }

    private void Arrange() => _tree = TreeLines.Of(Tree.Root, _open);

    private void OpenFirstLevels(UnsNode node, int levels)
    {
        foreach (var child in levels > 0 && node.Children.Count <= 20 ? node.Children : [])
        {
            if (child.IsPlace && child.Children.Count > 0)
            {
                _open.Add(child.Path);
                OpenFirstLevels(child, levels - 1);
            }
        }
    }

    private void Fold(string path)
    {
        if (!_open.Remove(path))
        {
            _open.Add(path);
        }

        Arrange();
    }

    private void Select(string path) => Navigation.NavigateTo(Link(path));

    private IEnumerable<(string Name, string Path)> Crumbs()
    {
        yield return (T("Plant"), "");
        for (var slash = Path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = Path.IndexOf('/', slash + 1))
        {
            yield return (Path[(Path.LastIndexOf('/', slash - 1) + 1)..slash], Path[..slash]);
        }
    }
}
