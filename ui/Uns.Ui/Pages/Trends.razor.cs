using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.JSInterop;
using Uns.Historian;
using Uns.Tags;
using Uns.Tree;
using Uns.Ui.Trends;

namespace Uns.Ui.Pages;

/// <summary>Several tags over one stretch of time. All that is chosen lives in the address: <c>/trends?tag=a&amp;tag=b&amp;span=8h&amp;to=…</c>.</summary>
public sealed partial class Trends
{
    private const int MostTags = 12;
    private const double Height = 420;

    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _oneAtATime = new(1, 1);
    private List<string> _tags = [];
    private List<TrendFigures> _figures = [];
    private IReadOnlyList<TrendTag> _read = [];
    private TrendRange _range = TrendRange.Default;
    private TrendPicture? _picture;
    private ElementReference _chart;
    private IJSObjectReference? _watch;
    private bool _isWatched;
    private DotNetObjectReference<Trends>? _self;
    private double _width = 1000;
    private long _from;
    private long _to;
    private long? _cursor;
    private string? _said;
    private string? _copied;

    /// <summary>Paths of the tags.</summary>
    [SupplyParameterFromQuery(Name = "tag")]
    public string[]? TagsInAddress { get; set; }

    /// <summary>Length of the stretch, such as <c>8h</c>.</summary>
    [SupplyParameterFromQuery(Name = "span")]
    public string? SpanInAddress { get; set; }

    /// <summary>Its end; none: now.</summary>
    [SupplyParameterFromQuery(Name = "to")]
    public string? EndInAddress { get; set; }

    [Inject]
    private HistoryReader History { get; set; } = null!;

    [Inject]
    private UnsTree Tree { get; set; } = null!;

    [Inject]
    private TimeProvider Clock { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    [Inject]
    private IJSRuntime Browser { get; set; } = null!;

    private string CsvLink => $"/api/v1/history?format=csv&buckets=10000&from={Uri.EscapeDataString(Iso(_from))}&to={Uri.EscapeDataString(Iso(_to))}{string.Concat(_tags.Select(t => "&path=" + Uri.EscapeDataString(t)))}";

    /// <summary>The address of a trend.</summary>
    public static string Link(IEnumerable<string> tags, TrendRange range) =>
        "/trends?" + string.Join('&', tags.Select(t => "tag=" + Uri.EscapeDataString(t)).Append("span=" + range.SpanText).Concat(range.EndText is { } end ? ["to=" + Uri.EscapeDataString(end)] : Array.Empty<string>()));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_watch is not null)
        {
            try
            {
                await _watch.InvokeVoidAsync("stop");
                await _watch.DisposeAsync();
            }
            catch (JSDisconnectedException)
            {
                // The browser is gone, and its watch with it.
            }
        }

        _self?.Dispose();
        _stop.Dispose();
    }

    /// <summary>The browser says how wide the picture may be.</summary>
    [JSInvokable]
    public void Sized(double width)
    {
        if (Math.Abs(width - _width) >= 1 && width is > 100 and < 10_000)
        {
            _width = width;
            Draw();
            StateHasChanged();
        }
    }

    /// <summary>Someone drew over a part of the picture: shares of what is shown.</summary>
    [JSInvokable]
    public void Drawn(double left, double right) => Go(_range.Part(left, right, DateTimeOffset.FromUnixTimeMilliseconds(_to)));

    /// <summary>The pointer stands at a share of what is shown, or left it.</summary>
    [JSInvokable]
    public void Pointed(double? share)
    {
        _cursor = share is { } at ? _from + (long)((_to - _from) * Math.Clamp(at, 0, 1)) : null;
        Draw();
        StateHasChanged();
    }

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        _tags = [.. (TagsInAddress ?? []).Select(t => t.Trim('/')).Where(t => t.Length > 0).Distinct(StringComparer.Ordinal).Take(MostTags)];
        _range = TrendRange.Parse(SpanInAddress, EndInAddress);
        (_cursor, _copied) = (null, null);
        await ReadAsync();
    }

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (firstRender)
        {
            _ = FollowAsync(_stop.Token);
        }

        if (_tags.Count > 0 && !_isWatched)
        {
            _isWatched = true; // Before the browser answers: a redraw in between must not watch a second time.
            _self ??= DotNetObjectReference.Create(this);
            _watch = await Browser.InvokeAsync<IJSObjectReference>("uns.chart", _chart, _self);
        }
    }

    private static string Px(double px) => TrendPicture.Px(px);

    private static string Iso(long time) => ValuePayload.Iso(DateTimeOffset.FromUnixTimeMilliseconds(time));

    private static string Moment(long time) => DateTimeOffset.FromUnixTimeMilliseconds(time).UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Words(HistoryQuality quality) => quality switch { HistoryQuality.Gap => T("not recorded"), HistoryQuality.Stale => T("source gone"), _ => Named(quality.ToString().ToLowerInvariant()) };

    // Written out, because the page's own language takes the element's name for itself.
    private static RenderFragment Label(string look, double x, double y, string anchor, string words) => builder =>
    {
        builder.OpenElement(0, "text");
        builder.AddAttribute(1, "class", look);
        builder.AddAttribute(2, "x", Px(x));
        builder.AddAttribute(3, "y", Px(y));
        builder.AddAttribute(4, "text-anchor", anchor);
        builder.AddContent(5, words);
        builder.CloseElement();
    };

    // A minute moves each second; a year need not.
    private async Task FollowAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await Task.Delay(_range.Span <= TimeSpan.FromHours(2) ? TimeSpan.FromSeconds(1) : _range.Span <= TimeSpan.FromDays(2) ? TimeSpan.FromSeconds(5) : TimeSpan.FromSeconds(30), Clock, stop);
                if (_range.IsLive && _tags.Count > 0)
                {
                    await InvokeAsync(async () =>
                    {
                        await ReadAsync();
                        StateHasChanged();
                    });
                }
            }
        }
        catch (Exception gone) when (gone is OperationCanceledException or ObjectDisposedException)
        {
            // The page is gone.
        }
    }

    private async Task ReadAsync()
    {
        await _oneAtATime.WaitAsync();
        try
        {
            var (from, to) = _range.At(Clock.GetUtcNow());
            var read = new List<TrendTag>(_tags.Count);
            foreach (var path in _tags)
            {
                read.Add(new(path, await History.ReadAsync(path, from, to, 600, _stop.Token), Tree.Find(Tree.MovedTo(path) ?? path)?.Current?.Value.Type == DataType.Boolean));
            }

            (_read, _from, _to) = (read, from.ToUnixTimeMilliseconds(), to.ToUnixTimeMilliseconds());
            Draw();
        }
        catch (OperationCanceledException)
        {
            // The page is gone.
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    private void Draw()
    {
        var now = Clock.GetUtcNow().ToUnixTimeMilliseconds();
        _picture = new TrendPicture(_read, _from, Math.Max(_to, _from + 1), now, _width, Height);
        _figures = [.. _read.Select(t => TrendFigures.Of(t, _from, _to, now, _cursor))];
    }

    private void Go(TrendRange range) => Navigation.NavigateTo(Link(_tags, range));

    private void Add(string path)
    {
        _said = _tags.Count >= MostTags ? T($"A trend shows at most {MostTags} tags: take one out first.") : null;
        if (_said is null)
        {
            Navigation.NavigateTo(Link([.. _tags, path], _range));
        }
    }

    private void Remove(string path)
    {
        _said = null;
        Navigation.NavigateTo(Link(_tags.Where(t => t != path), _range));
    }

    private void Key(KeyboardEventArgs key)
    {
        var now = Clock.GetUtcNow();
        var range = key.Key switch
        {
            "ArrowLeft" => _range.Moved(-.25, now),
            "ArrowRight" => _range.Moved(.25, now),
            "+" or "=" => _range.Scaled(.5, now),
            "-" => _range.Scaled(2, now),
            "Home" => _range with { End = null },
            _ => _range,
        };
        if (range != _range)
        {
            Go(range);
        }
    }

    private async Task Png() => await Browser.InvokeVoidAsync("uns.png", _chart, "trend.png");

    private async Task Share()
    {
        // A link that follows the clock shows something else tomorrow: what is shared is what is seen.
        var seen = _range with { End = DateTimeOffset.FromUnixTimeMilliseconds(_to) };
        _copied = await Browser.InvokeAsync<bool>("uns.copy", Navigation.ToAbsoluteUri(Link(_tags, seen)).ToString()) ? T("Copied") : T("Copy the address by hand");
    }
}
