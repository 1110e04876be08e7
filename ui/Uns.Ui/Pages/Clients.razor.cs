using Microsoft.AspNetCore.Components;
using Uns.Ui.Clients;
using Uns.Ui.Live;

namespace Uns.Ui.Pages;

/// <summary>The broker's clients, once a second, and one of them whole. What is searched and picked lives in the address: <c>/clients?search=pump&amp;id=pump-7</c>.</summary>
public sealed partial class Clients
{
    private const int ShownClients = 100;

    private readonly CancellationTokenSource _stop = new();

    // Named as what the broker sorts by: there may be far more clients than are shown.
    private readonly GridColumn<ClientRow>[] _columns =
    [
        Column(ClientSort.Client, T("Client")), Column(ClientSort.State, T("State")), Column(ClientSort.Address, T("Address")), Column(ClientSort.Mqtt, "MQTT"),
        Column(ClientSort.Subscriptions, T("Subscriptions"), isNumber: true), Column(ClientSort.Waiting, T("Waiting"), isNumber: true),
        Column(ClientSort.Flight, T("In flight"), isNumber: true), Column(ClientSort.Dropped, T("Dropped"), isNumber: true),
    ];

    private GridPart<ClientRow> _part = new([], 0, 1, 1);
    private int _round;
    private ClientSheet? _sheet;
    private DateTimeOffset _now;
    private string _search = "";
    private string _searchAtFirst = "";
    private Ask? _asked;
    private string? _said;
    private bool _saidWell;

    private enum Ask
    {
        Disconnect,
        Drop,
    }

    /// <summary>Part of the identifiers to show.</summary>
    [SupplyParameterFromQuery(Name = "search")]
    public string? SearchInAddress { get; set; }

    /// <summary>The column that sorts, with <c>-</c> before it for the largest first.</summary>
    [SupplyParameterFromQuery(Name = "sort")]
    public string? Sort { get; set; }

    /// <summary>Which page of the table, from 1.</summary>
    [SupplyParameterFromQuery(Name = "page")]
    public string? Page { get; set; }

    /// <summary>Identifier of the client to show whole.</summary>
    [SupplyParameterFromQuery(Name = "id")]
    public string? Chosen { get; set; }

    [Inject]
    private IClientBook Book { get; set; } = null!;

    [Inject]
    private Changes.PageAuthor Author { get; set; } = null!;

    [Inject]
    private TimeProvider Clock { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    /// <inheritdoc/>
    protected override Task OnParametersSetAsync()
    {
        if (_sheet?.Client.ClientId != Chosen)
        {
            _asked = null;
        }

        return ReadAsync();
    }

    /// <inheritdoc/>
    /// <remarks>The input's text is set here alone: what is drawn later must not overwrite what was typed meanwhile.</remarks>
    protected override void OnInitialized() => _search = _searchAtFirst = SearchInAddress ?? "";

    /// <inheritdoc/>
    protected override void OnAfterRender(bool firstRender)
    {
        if (firstRender)
        {
            _ = FollowAsync(_stop.Token);
        }
    }

    private static string Options(SubscriptionRow subscription) => string.Join(", ", new[]
    {
        subscription.NoLocal ? T("not its own") : null,
        subscription.RetainAsPublished ? T("retain as published") : null,
        subscription.Identifier > 0 ? T($"identifier {subscription.Identifier}") : null,
    }.OfType<string>());

    private string Link(string clientId) => Navigation.GetUriWithQueryParameter("id", clientId);

    // The address is replaced, not added to: each letter in the browser's history would bury the page before.
    private Task SearchAsync(string text)
    {
        _search = text;
        Navigation.NavigateTo(Navigation.GetUriWithQueryParameters(new Dictionary<string, object?> { ["search"] = text.Length == 0 ? null : text, ["page"] = null }), replace: true);
        return Task.CompletedTask;
    }

    private async Task DoAsync()
    {
        var (asked, client) = (_asked, _sheet!.Client.ClientId);
        _asked = null;
        _saidWell = await (asked == Ask.Disconnect ? Book.DisconnectAsync(client, Author.Name) : Book.DropSessionAsync(client, Author.Name));
        _said = (asked, _saidWell) switch
        {
            (Ask.Disconnect, true) => T($"{client} was disconnected."),
            (_, true) => T($"The session of {client} is gone."),
            _ => T($"{client} was gone already."),
        };
        await ReadAsync();
    }

    private static GridColumn<ClientRow> Column(ClientSort sort, string title, bool isNumber = false) => new(sort.ToString().ToLowerInvariant(), title, IsNumber: isNumber, IsSortedElsewhere: true);

    private ClientQuestion Asked()
    {
        var isDescending = Sort is ['-', ..];
        var column = _columns.FirstOrDefault(c => c.Name == Sort?[(isDescending ? 1 : 0)..]);
        return new(
            _search, column is null ? ClientSort.Client : Enum.Parse<ClientSort>(column.Name, ignoreCase: true), column is not null && isDescending,
            int.TryParse(Page, System.Globalization.CultureInfo.InvariantCulture, out var page) ? page : 1, ShownClients);
    }

    // What was asked later counts, whichever answer comes first.
    private async Task ReadAsync()
    {
        var (round, chosen) = (++_round, Chosen);
        var part = await Book.PageAsync(Asked());
        var sheet = string.IsNullOrEmpty(chosen) ? null : await Book.FindAsync(chosen);
        if (round == _round)
        {
            (_part, _sheet, _now) = (part, sheet, Clock.GetUtcNow());
        }
    }

    private async Task FollowAsync(CancellationToken stop)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1), Clock);
        try
        {
            while (await pace.WaitForNextTickAsync(stop))
            {
                await InvokeAsync(async () =>
                {
                    await ReadAsync();
                    StateHasChanged();
                });
            }
        }
        catch (Exception gone) when (gone is OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // The page is gone, or the broker.
        }
    }
}
