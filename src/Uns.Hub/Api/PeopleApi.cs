using Uns.Hub.Access;
using Uns.Ui.Access;

namespace Uns.Hub.Api;

/// <summary>People and tokens over HTTP, for administrators.</summary>
internal static class PeopleApi
{
    private const int MostDays = 3653;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var people = routes.MapGroup("/api/v1/people").WithTags("People");
        people.MapGet("", (IPeopleBook book) => book.People())
            .WithName("GetPeople").WithSummary("All people with their roles.");
        people.MapPut("/{name}", SaveAsync)
            .WithName("SavePerson").WithSummary("Adds a person with role and password, or gives one another role, another password, or both. With another password the person is signed out everywhere.")
            .Produces<PersonRow>().ProducesProblem(StatusCodes.Status400BadRequest);
        people.MapDelete("/{name}", async (string name, IPeopleBook book, HttpContext context) => Done(await book.RemoveAsync(name, By(context))))
            .WithName("RemovePerson").WithSummary("Removes a person, who is signed out everywhere. The last administrator stays.")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status400BadRequest);
        var tokens = routes.MapGroup("/api/v1/tokens").WithTags("People");
        tokens.MapGet("", (ITokenBook book) => book.Tokens())
            .WithName("GetTokens").WithSummary("The tokens of programs; not what they send.");
        tokens.MapPost("", MakeAsync)
            .WithName("MakeToken").WithSummary("Makes a token for a program, valid for 'days' (1 to 3653), or until it is revoked. The answer is the one time that it is shown.")
            .Produces<MadeToken>().ProducesProblem(StatusCodes.Status400BadRequest);
        tokens.MapDelete("/{name}", async (string name, ITokenBook book, HttpContext context) => Done(await book.RevokeAsync(name, By(context))))
            .WithName("RevokeToken").WithSummary("Revokes a token. What it is used for ends at once.")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status400BadRequest);
    }

    private static async Task<IResult> SaveAsync(string name, PersonChange change, IPeopleBook book, HttpContext context)
    {
        var by = By(context);
        var known = book.People().FirstOrDefault(p => p.Name.Equals(name.Trim(), StringComparison.OrdinalIgnoreCase));
        var fault = (known, change) switch
        {
            (null, { Role: { } role, Password: { } password }) => await book.AddAsync(name, password, role, by),
            (null, _) => $"There is nobody named '{name}': give role and password to add somebody.",
            (_, { Role: null, Password: null }) => "Give role, password, or both.",
            _ => (change.Role is { } role ? await book.SetRoleAsync(known.Name, role, by) : null)
                ?? (change.Password is { } password ? await book.SetPasswordAsync(known.Name, password, by) : null),
        };
        return fault is null
            ? Results.Ok(book.People().First(p => p.Name.Equals(name.Trim(), StringComparison.OrdinalIgnoreCase)))
            : Results.Problem(fault, statusCode: StatusCodes.Status400BadRequest);
    }

    private static async Task<IResult> MakeAsync(TokenWish wish, ITokenBook book, HttpContext context)
    {
        if (wish.Days is < 1 or > MostDays)
        {
            return Results.Problem($"days is {wish.Days}: give 1 to {MostDays}, or leave it out.", statusCode: StatusCodes.Status400BadRequest);
        }

        var made = await book.MakeTokenAsync(wish.Name ?? "", wish.Role, wish.Days is { } days ? TimeSpan.FromDays(days) : null, By(context));
        return made.Token is { } token ? Results.Ok(new MadeToken(token)) : Results.Problem(made.Fault, statusCode: StatusCodes.Status400BadRequest);
    }

    private static IResult Done(string? fault) => fault is null ? Results.NoContent() : Results.Problem(fault, statusCode: StatusCodes.Status400BadRequest);

    private static Caller By(HttpContext context) => context.RequestServices.GetRequiredService<Visitor>().Now! with { Address = SignInDesk.AddressOf(context) };
}

/// <summary>What is to be different about a person; what is missing stays.</summary>
internal sealed record PersonChange(Role? Role, string? Password);

/// <summary>A token that is wanted; without days it is valid until it is revoked.</summary>
internal sealed record TokenWish(string? Name, Role Role, int? Days);

/// <summary>A token that was made.</summary>
internal sealed record MadeToken(string Token);
