using Microsoft.AspNetCore.Components;
using Uns.Tree;
using Uns.Ui.Changes;

namespace Uns.Ui.Pages;

/// <summary>One edge node: what happened to it and which rules it broke, once a second.</summary>
public sealed partial class SparkplugNode
{
    private readonly CancellationTokenSource _stop = new();
    private NodeCase? _case;
    private string? _said;

    /// <summary>Group id, from the address.</summary>
    [Parameter]
    public string Group { get; set; } = "";

    /// <summary>Edge node id, from the address.</summary>
    [Parameter]
    public string Node { get; set; } = "";

    [Inject]
    private ISparkplugDoctor Doctor { get; set; } = null!;

    [Inject]
    private ILogBook Log { get; set; } = null!;

    [Inject]
    private PageAuthor Author { get; set; } = null!;

    [Inject]
    private TimeProvider Clock { get; set; } = null!;

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    /// <inheritdoc/>
    protected override void OnParametersSet() => _case = Doctor.Node(Group, Node);

    /// <inheritdoc/>
    protected override void OnAfterRender(bool firstRender)
    {
        if (firstRender)
        {
            _ = FollowAsync(_stop.Token);
        }
    }

    private void AskRebirth()
    {
        Doctor.AskRebirth(Group, Node);
        Log.Post(LogKinds.Node, $"{Group}/{Node}", "the edge node was asked to be born again", Author.Name);
        _said = T("A rebirth is asked for; the answer stands in the timeline.");
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
                    _case = Doctor.Node(Group, Node);
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
