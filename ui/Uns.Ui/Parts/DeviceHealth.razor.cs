using Microsoft.AspNetCore.Components;
using Uns.Connectors;

namespace Uns.Ui.Parts;

/// <summary>Why one running device is as it is, once a second; its last raw frames when asked for.</summary>
public sealed partial class DeviceHealth
{
    private const int MostShownBytes = 48;

    private readonly CancellationTokenSource _stop = new();
    private DeviceDiagnostics? _found;
    private List<(TrafficFrame Frame, string? Words)>? _frames;

    /// <summary>The device's name.</summary>
    [Parameter, EditorRequired]
    public string Name { get; set; } = "";

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
    protected override void OnParametersSet() => _found = Book.DiagnosticsOf(Name);

    /// <inheritdoc/>
    protected override void OnAfterRender(bool firstRender)
    {
        if (firstRender)
        {
            _ = FollowAsync(_stop.Token);
        }
    }

    private static string Look(ConnectorState state) => state switch
    {
        ConnectorState.Running => "good",
        ConnectorState.Connecting => "stale",
        ConnectorState.Stopped => "off",
        _ => "bad",
    };

    private static string Hex(TrafficFrame frame)
    {
        var shown = frame.Bytes.Span[..Math.Min(frame.Bytes.Length, MostShownBytes)];
        return string.Join(' ', shown.ToArray().Select(b => b.ToString("X2", System.Globalization.CultureInfo.InvariantCulture))) + (frame.Length > shown.Length ? " …" : "");
    }

    private void ToggleFrames()
    {
        if (_frames is null)
        {
            ReadFrames();
        }
        else
        {
            _frames = null;
        }
    }

    private void ReadFrames()
    {
        var device = Book.Find(Name);
        var kind = Kinds.FirstOrDefault(k => k.Protocol.Equals(device?.Protocol, StringComparison.OrdinalIgnoreCase));
        _frames = device is null || kind is null ? [] : [.. Book.FramesOf(Name).Reverse().Select(f => (f, kind.Explain(device, f)))];
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
                    _found = Book.DiagnosticsOf(Name);
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
