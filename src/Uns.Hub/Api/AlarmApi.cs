using Uns.Alarms;
using Uns.Ui.Changes;

namespace Uns.Hub.Api;

/// <summary>Alarms over HTTP: rules, how they stand, what happened.</summary>
internal static class AlarmApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var alarms = routes.MapGroup("/api/v1/alarms").WithTags("Alarms");
        alarms.MapGet("", (IAlarmBook book, bool open = false) => book.All().Where(a => !open || a.Standing.IsOpen).Select(AlarmView.Of))
            .WithName("GetAlarms").WithSummary("All alarms with their rules, open ones first; open=true gives those alone.");
        alarms.MapPost("/rules", SaveAsync)
            .WithName("SaveAlarm").WithSummary("Saves a rule; without an id it is a new one. Its alarm begins calm.")
            .Produces<AlarmRule>().ProducesProblem(StatusCodes.Status400BadRequest);
        alarms.MapDelete("/rules/{id:guid}", RemoveAsync)
            .WithName("RemoveAlarm").WithSummary("Takes a rule out. What happened stays in the history.")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound);
        alarms.MapPost("/{id:guid}/acknowledge", (Guid id, IAlarmBook book, HttpContext context, string? who) => book.Acknowledge(id, ApiAuthor.Of(context, who)) ? Results.NoContent() : NoAlarm(id))
            .WithName("AcknowledgeAlarm").WithSummary("Somebody has seen it.").Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound);
        alarms.MapPost("/{id:guid}/shelve", (Guid id, IAlarmBook book, HttpContext context, double minutes, string? who) =>
                double.IsFinite(minutes) && minutes <= 10_080
                    ? book.Shelve(id, TimeSpan.FromMinutes(Math.Max(0, minutes)), ApiAuthor.Of(context, who)) ? Results.NoContent() : NoAlarm(id)
                    : Results.Problem($"minutes is {minutes}: give 0 to 10080.", statusCode: StatusCodes.Status400BadRequest))
            .WithName("ShelveAlarm").WithSummary("Silences an alarm for some minutes, at most 10080; 0 lets it count again.")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        alarms.MapGet("/history", async (IAlarmBook book, CancellationToken cancellationToken, int most = 1000) => most is >= 1 and <= 10_000
                ? Results.Ok(await book.HistoryAsync(most, cancellationToken))
                : Results.Problem($"most is {most}: give 1 to 10000.", statusCode: StatusCodes.Status400BadRequest))
            .WithName("GetAlarmHistory").WithSummary("What happened to alarms, newest first: at most 'most' (1 to 10000, 1000 unless given).")
            .Produces<IReadOnlyList<AlarmEvent>>().ProducesProblem(StatusCodes.Status400BadRequest);
    }

    private static async Task<IResult> SaveAsync(AlarmRule rule, ISettingsBook settings, HttpContext context, CancellationToken cancellationToken)
    {
        rule = rule with { Id = rule.Id == Guid.Empty ? Guid.CreateVersion7() : rule.Id };
        try
        {
            await settings.ChangeAsync(new PlantChange { Alarms = [rule] }, ApiAuthor.Note(context), opened: null, cancellationToken);
            return Results.Ok(settings.Now.Alarm(rule.Id) ?? rule);
        }
        catch (ArgumentException faulty)
        {
            return Results.Problem(faulty.Message, statusCode: StatusCodes.Status400BadRequest);
        }
    }

    private static async Task<IResult> RemoveAsync(Guid id, ISettingsBook settings, HttpContext context, CancellationToken cancellationToken)
    {
        if (settings.Now.Alarm(id) is null)
        {
            return NoAlarm(id);
        }

        await settings.ChangeAsync(new PlantChange { RemovedAlarms = [id] }, ApiAuthor.Note(context), opened: null, cancellationToken);
        return Results.NoContent();
    }

    private static IResult NoAlarm(Guid id) => Results.Problem($"There is no alarm {id}: GET /api/v1/alarms lists them.", statusCode: StatusCodes.Status404NotFound);
}

/// <summary>One alarm: its rule, its standing in a word, since when, and what it needs.</summary>
internal sealed record AlarmView(AlarmRule Rule, string Standing, bool IsOpen, bool IsActive, bool IsAcknowledged, DateTimeOffset? Since, DateTimeOffset? ShelvedUntil, string Value)
{
    public static AlarmView Of(Alarm alarm) => new(
        alarm.Rule, alarm.Standing.Word, alarm.Standing.IsOpen, alarm.Standing.IsActive, alarm.Standing.IsAcknowledged, alarm.Standing.Since, alarm.Standing.ShelvedUntil, alarm.Standing.Value);
}
