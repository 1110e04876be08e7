using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using Uns.Ui.Live;

namespace Uns.Ui.Parts;

/// <summary>
/// The lines of the tree that are in view. While the mouse is over them lines neither come nor go, except by its own click: nothing moves
/// under the hand. What they show, their qualities, moves on.
/// </summary>
public sealed partial class TreeView : IAsyncDisposable
{
    // Until the browser tells how many it shows.
    private const int LinesAtFirst = 60;

    // A tall screen; as many are drawn above it and below it.
    private const int MostInView = 100;

    private ElementReference _list;
    private DotNetObjectReference<TreeView>? _self;
    private IJSObjectReference? _watch;
    private TreeLines? _lines;
    private List<TreeRow> _rows = [];
    private (int Count, string Selected, string Reached, string Look, bool IsHeld, int First) _drawn = (0, "", "", "", false, 0);
    private int _first;
    private int _count = LinesAtFirst;
    private string? _selected;
    private string _look = "";
    private int _looks;
    private string _reached = "";
    private int _reachedLine;
    private bool _isHovered;
    private bool _isAsked;
    private bool _isLookDue; // Until the line of the node that is shown is there, or somebody has looked elsewhere.
    private bool _isDue;

    /// <summary>All lines. Others are another object; the same one has the same lines.</summary>
    [Parameter, EditorRequired]
    public TreeLines Lines { get; set; } = null!;

    /// <summary>Path of the node that the page shows; its line is brought into view when it becomes another.</summary>
    [Parameter]
    public string Selected { get; set; } = "";

    /// <summary>Someone opens or closes a level.</summary>
    [Parameter]
    public EventCallback<string> OnFold { get; set; }

    /// <summary>Someone picks a node.</summary>
    [Parameter]
    public EventCallback<string> OnSelect { get; set; }

    [Inject]
    private IJSRuntime Browser { get; set; } = null!;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_watch is not null)
            {
                await _watch.InvokeVoidAsync("stop");
                await _watch.DisposeAsync();
            }
        }
        catch (JSDisconnectedException)
        {
            // The browser is gone, and its watch with it.
        }

        _self?.Dispose();
    }

    /// <summary>The browser tells what is in view.</summary>
    /// <param name="first">The first line, from 0.</param>
    /// <param name="count">How many lines.</param>
    /// <param name="reached">Path of the line that the tab key leads to.</param>
    [JSInvokable]
    public void Seen(int first, int count, string? reached)
    {
        count = Math.Clamp(count, 1, MostInView);
        (_first, _count) = (Math.Clamp(first - count, 0, _lines!.Count), 3 * count);
        _reached = reached is { Length: > 0 } ? reached : _reached;
        Draw();
    }

    /// <summary>The mouse comes over the lines, or leaves them.</summary>
    [JSInvokable]
    public void Hovered(bool isOver)
    {
        (_isHovered, _isLookDue) = (isOver, false);
        TakeLines();
        Draw();
    }

    /// <summary>A key leads to a line that is not drawn yet.</summary>
    /// <param name="line">The line, from 0.</param>
    /// <returns>Its path; null when there are no lines.</returns>
    [JSInvokable]
    public string? Reach(int line)
    {
        if (_lines!.Read(Math.Clamp(line, 0, Math.Max(0, _lines.Count - 1)), 1) is not [var row])
        {
            return null;
        }

        (_reached, _isLookDue) = (row.Node.Path, false);
        ComeTo(row.Line);
        Draw();
        return _reached;
    }

    /// <summary>A key leads to a node whose line is not drawn yet.</summary>
    /// <param name="path">Its path.</param>
    /// <returns>The same; null when it has no line.</returns>
    [JSInvokable]
    public string? ReachPath(string? path) => _lines!.LineOf(path ?? "") is var line and >= 0 ? Reach(line) : null;

    /// <summary>Letters lead to the next line that begins with them.</summary>
    /// <param name="letters">The letters; a single one leads on from a line that begins with it.</param>
    /// <param name="path">Path of the line they were typed on.</param>
    /// <returns>Path of the line; null when none begins so.</returns>
    [JSInvokable]
    public string? Find(string? letters, string? path)
    {
        var line = _lines!.LineOf(path ?? "");
        return letters is { Length: > 0 } && _lines.Find(letters, letters.Length == 1 ? line + 1 : Math.Max(0, line)) is var found and >= 0 ? Reach(found) : null;
    }

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        var isOther = Selected != _selected;
        _isAsked |= isOther;
        TakeLines();
        (_selected, _isLookDue, _isAsked) = (Selected, _isLookDue || isOther, false);
        Draw();
    }

    /// <inheritdoc/>
    protected override bool ShouldRender()
    {
        var isDue = _isDue;
        _isDue = false;
        return isDue;
    }

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (firstRender)
        {
            _self = DotNetObjectReference.Create(this);
            try
            {
                _watch = await Browser.InvokeAsync<IJSObjectReference>("uns.lines", _list, _self);
            }
            catch (JSDisconnectedException)
            {
                // The page is gone.
            }
        }
    }

    private async Task FoldAsync(string path)
    {
        _isAsked = true;
        await OnFold.InvokeAsync(path);
    }

    private void Show()
    {
        _isAsked = true;
        TakeLines();
        Draw();
    }

    // Other lines are taken at once where nobody's hand is over them, or when that hand asked for them.
    private void TakeLines()
    {
        if (!ReferenceEquals(Lines, _lines) && (_isAsked || !_isHovered || _lines is null or { Count: 0 }))
        {
            _lines = Lines;
        }
    }

    private void ComeTo(int line)
    {
        if (line < _first || line >= _first + _count)
        {
            _first = Math.Max(0, line - (_count / 2));
        }
    }

    // Draws nothing when nothing is different.
    private void Draw()
    {
        var lines = _lines!;
        if (_isLookDue && lines.LineOf(Selected) is var shown and >= 0)
        {
            (_isLookDue, _reached, _look) = (false, Selected, $"{++_looks}:{shown}");
            ComeTo(shown);
        }

        if (lines.LineOf(_reached) is var line and >= 0)
        {
            _reachedLine = line;
        }
        else
        {
            // It is gone: the tab key leads to the line that took its place.
            line = Math.Min(_reachedLine, lines.Count - 1);
            _reached = lines.Read(line, 1) is [var next] ? next.Node.Path : "";
        }

        // The line that the tab key leads to is drawn wherever it stands, so that the focus outlives scrolling.
        var rows = lines.Read(_first, _count);
        if (line >= 0 && line < _first)
        {
            rows.InsertRange(0, lines.Read(line, 1));
        }
        else if (line >= _first + _count)
        {
            rows.AddRange(lines.Read(line, 1));
        }

        var drawn = (lines.Count, Selected, _reached, _look, !ReferenceEquals(lines, Lines), _first);
        if (drawn != _drawn || !rows.SequenceEqual(_rows))
        {
            (_drawn, _rows, _isDue) = (drawn, rows, true);
            StateHasChanged();
        }
    }
}
