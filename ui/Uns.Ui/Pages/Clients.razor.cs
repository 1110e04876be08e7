using Microsoft.AspNetCore.Components;
using Uns.Ui.Clients;
using Uns.Ui.Live;

namespace Uns.Ui.Pages;

/// <summary>The broker's clients, once a second, and one of them whole. What is searched and picked lives in the address: <c>/clients?search=pump&amp;id=pump-7</c>.</summary>
public sealed partial class Clients
{
    // As many as the book gives. What sorts, sorts these.
    private const int ShownClients = 1000;

    private readonly CancellationTokenSource _stop = new();
    private readonly GridColumn<ClientRow>[] _columns =
    [
        new("client", T("Client"), c => c.ClientId), new("state", T("State"), c => c.Connected ? 0 : 1), new("address", T("Address"), c => c.Address), new("mqtt", "MQTT", c => c.ProtocolVersion),
        new("subscriptions", T("Subscriptions"), c => c.Subscriptions, IsNumber: true), new("waiting", T("Waiting"), c => c.Queued, IsNumber: true),
        new("flight", T("In flight"), c => c.InFlight, IsNumber: true), new("dropped", T("Dropped"), c => c.Dropped.Sum, IsNumber: true),
    ];

    private ClientList _list = new(0, []);
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

    private async Task ReadAsync()
    {
        _list = await Book.ListAsync(_search, ShownClients);
        _sheet = Chosen is null ? null : await Book.FindAsync(Chosen);
        _now = Clock.GetUtcNow();
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
