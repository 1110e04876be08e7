using Microsoft.AspNetCore.Components;
using Uns.Connectors;
using Uns.Ui.Live;

namespace Uns.Ui.Pages;

/// <summary>All devices and how each stands, once a second.</summary>
public sealed partial class Devices
{
    private readonly CancellationTokenSource _stop = new();
    private readonly GridColumn<DeviceRow>[] _columns =
    [
        new("name", T("Name"), r => r.Name), new("protocol", T("Protocol"), r => r.Protocol), new("state", T("State"), r => r.State), new("tags", T("Tags"), r => r.Tags, IsNumber: true),
        new("trip", T("Round trip"), r => r.RoundTrip, IsNumber: true), new("error", T("Last error"), r => r.LastError),
    ];

    private List<DeviceRow> _rows = [];

    [Inject]
    private IDeviceBook Book { get; set; } = null!;

    [Inject]
    private IEnumerable<IConnectorKind> Kinds { get; set; } = null!;

    [Inject]
    private TimeProvider Clock { get; set; } = null!;

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    /// <inheritdoc/>
    protected override void OnInitialized() => Read();

    /// <inheritdoc/>
    protected override void OnAfterRender(bool firstRender)
    {
        if (firstRender)
        {
            _ = FollowAsync(_stop.Token);
        }
    }

    private async Task FollowAsync(CancellationToken stop)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1), Clock);
        try
        {
            while (await pace.WaitForNextTickAsync(stop))
            {
                await InvokeAsync(() =>
                {
                    Read();
                    StateHasChanged();
                });
            }
        }
        catch (Exception gone) when (gone is OperationCanceledException or ObjectDisposedException)
        {
            // The page is gone.
        }
    }

    private void Read()
    {
        var titles = Kinds.ToDictionary(k => k.Protocol, k => k.Title, StringComparer.OrdinalIgnoreCase);
        var now = Clock.GetUtcNow();
        _rows = [.. Book.All().Select(device => DeviceRow.Of(device, Book, titles.GetValueOrDefault(device.Protocol, device.Protocol), now))];
    }

    private sealed record DeviceRow(string Name, string Protocol, string State, string Look, string Since, int Tags, double? RoundTrip, string? LastError)
    {
        public static DeviceRow Of(DeviceOptions device, IDeviceBook book, string protocol, DateTimeOffset now)
        {
            var status = book.StatusOf(device.Name);
            var fault = status is null && device.Enabled ? string.Join(" ", book.Check(device)) : null;
            return new DeviceRow(
                device.Name,
                protocol,
                status is { State: var state } ? Named(state) : device.Enabled ? T("Faulty settings") : T("Disabled"),
                status?.State switch { ConnectorState.Running => "good", ConnectorState.Connecting => "stale", null when !device.Enabled => "off", _ => "bad" },
                status is null ? "" : AgeText.Of(now - status.Since),
                device.Tags.Count,
                status?.RoundTrip?.TotalMilliseconds,
                status?.State == ConnectorState.Running ? null : (status?.LastError ?? fault) is { } error ? Reported(error) : null);
        }
    }
}
