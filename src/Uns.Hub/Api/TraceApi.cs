using Uns.Ui.Following;

namespace Uns.Hub.Api;

/// <summary>The road of one value over HTTP.</summary>
internal static class TraceApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/trace/{**path}", Follow)
            .WithTags("Tree").WithName("FollowValue")
            .WithSummary($"Follows one value for 'seconds' (1 to {IValueFollower.LongestSeconds}, 60 unless given) and tells the roads of its last changes, from the device's answer to the subscribers, each step with its time. "
                + "The first call begins; ask again for what was seen. At most 16 values are followed at once; what nobody follows costs nothing.")
            .Produces<FollowedValue>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status429TooManyRequests);
        routes.MapDelete("/api/v1/trace/{**path}", (string path, IValueFollower follower) =>
            {
                follower.Leave(path);
                return Results.NoContent();
            })
            .WithTags("Tree").WithName("LeaveValue").WithSummary("Follows a value no more.").Produces(StatusCodes.Status204NoContent);
    }

    private static IResult Follow(string path, IValueFollower follower, int seconds = 60)
    {
        if (seconds is < 1 or > IValueFollower.LongestSeconds)
        {
            return Results.Problem($"seconds is {seconds}: give 1 to {IValueFollower.LongestSeconds}.", statusCode: StatusCodes.Status400BadRequest);
        }

        try
        {
            return follower.Follow(path, TimeSpan.FromSeconds(seconds)) is { } followed
                ? Results.Ok(followed)
                : Results.Problem($"There is no value '{path}' that somebody tells: names are case-sensitive.", statusCode: StatusCodes.Status404NotFound);
        }
        catch (InvalidOperationException full)
        {
            return Results.Problem(full.Message, statusCode: StatusCodes.Status429TooManyRequests);
        }
    }
}
