using Microsoft.AspNetCore.Components;
using Uns.Tree;

namespace Uns.Ui.Pages;

/// <summary>All edge nodes and how each fares, once a second.</summary>
public sealed partial class SparkplugNodes
{
    private const int Shown = 500;

    private readonly CancellationTokenSource _stop = new();
    private IReadOnlyList<NodeHealth> _nodes = [];

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
    protected override void OnInitialized() => _nodes = Doctor.Nodes();

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
                    _nodes = Doctor.Nodes();
                    StateHasChanged();
                });
            }
        }
        catch (Exception gone) when (gone is OperationCanceledException or ObjectDisposedException)
        {
            // The page is gone.
        }
    }
}
