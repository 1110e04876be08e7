using Uns.Connectors;

namespace Uns.Hub.Api;

/// <summary>Why a device is as it is, what passed on the wire, and what a device would cost, over HTTP.</summary>
internal static class DeviceDiagnosticsApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var devices = routes.MapGroup("/api/v1/devices").WithTags("Devices");
        devices.MapGet("/{name}/diagnostics", (string name, IDeviceBook book) =>
                book.DiagnosticsOf(name) is { } found ? Results.Ok(found) : DeviceApi.NotRunning(name, book))
            .WithName("GetDeviceDiagnostics").WithSummary("Why a device is as it is: round trips, timeouts, retries, requests, missed cycles, budget, last errors.")
            .Produces<DeviceDiagnostics>().ProducesProblem(StatusCodes.Status404NotFound);
        devices.MapGet("/{name}/frames", Frames)
            .WithName("GetDeviceFrames").WithSummary("The last raw frames of a device, the oldest first, in hexadecimal and in words.")
            .Produces<IReadOnlyList<FrameView>>().ProducesProblem(StatusCodes.Status404NotFound);
        devices.MapPost("/budget", Budget)
            .WithName("GetPollBudget").WithSummary("What a device would cost before it is saved: requests, bytes and expected cycles. By measured round trips where a device of that name runs.")
            .Produces<PollBudget>().ProducesValidationProblem();
    }

    private static IResult Frames(string name, IDeviceBook book, IEnumerable<IConnectorKind> kinds)
    {
        if (book.Find(name) is not { } device || book.StatusOf(name) is null)
        {
            return DeviceApi.NotRunning(name, book);
        }

        var kind = kinds.First(k => k.Protocol.Equals(device.Protocol, StringComparison.OrdinalIgnoreCase));
        return Results.Ok(book.FramesOf(name).Select(f => new FrameView(f.At, f.Kind, f.Length, Convert.ToHexString(f.Bytes.Span), kind.Explain(device, f))).ToList());
    }

    private static IResult Budget(DeviceOptions device, IDeviceBook book, IEnumerable<IConnectorKind> kinds, TimeProvider clock)
    {
        device = book.Complete(device);
        if (book.Check(device) is { Count: > 0 } faults)
        {
            return DeviceApi.Faulty(faults);
        }

        var kind = kinds.First(k => k.Protocol.Equals(device.Protocol, StringComparison.OrdinalIgnoreCase));
        return Results.Ok(PollBudget.DryRun(kind, device, book.DiagnosticsOf(device.Name), clock));
    }
}

/// <summary>One raw frame for people.</summary>
/// <param name="At">When. UTC.</param>
/// <param name="Kind">Sent, Received, or Dropped when it was late or foreign.</param>
/// <param name="Length">Its whole length in bytes.</param>
/// <param name="Hex">Its first bytes, at most 1024.</param>
/// <param name="Words">What it says; null where the protocol tells nothing.</param>
internal sealed record FrameView(DateTimeOffset At, FrameKind Kind, int Length, string Hex, string? Words);
