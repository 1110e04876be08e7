using Microsoft.AspNetCore.Components;
using Uns.Tree;
using Uns.Ui.Live;

namespace Uns.Ui.Pages;

/// <summary>All edge nodes and how each fares, once a second.</summary>
public sealed partial class SparkplugNodes
{
    private readonly CancellationTokenSource _stop = new();
    private readonly GridColumn<NodeHealth>[] _columns =
    [
        new("node", T("Edge node"), n => $"{n.Group} / {n.Node}"), new("state", T("State"), n => Named(n.State)), new("bdseq", "bdSeq", n => n.BdSeq, IsNumber: true),
        new("devices", T("Devices"), n => n.Devices, IsNumber: true), new("metrics", T("Metrics"), n => n.Metrics, IsNumber: true), new("births", T("Births"), n => n.Births, IsNumber: true),
        new("gaps", T("Gaps"), n => n.Gaps, IsNumber: true), new("rebirths", T("Rebirths asked"), n => n.RebirthsAsked, IsNumber: true), new("breaches", T("Rules broken"), n => n.Breaches, IsNumber: true),
        new("clock", T("Clock"), n => n.ClockSkew, IsNumber: true), new("last", T("Last message"), n => n.LastMessage),
    ];

    private IReadOnlyList<NodeHealth> _nodes = [];
    private DateTimeOffset _now;

    [Inject]
    private ISparkplugDoctor Doctor { get; set; } = null!;

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

    private void Read() => (_nodes, _now) = (Doctor.Nodes(), Clock.GetUtcNow());
}
