using Microsoft.AspNetCore.Http.Features;
using Uns.Mqtt.Broker;
using Uns.Mqtt.Broker.Inspection;
using Uns.Ui.Clients;

namespace Uns.Hub.Api;

/// <summary>The broker and its clients over HTTP.</summary>
internal static class ClientsApi
{
    private const string Root = "/api/v1/mqtt/clients";
    private const string Session = "/session";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/mqtt", (MqttBroker broker) => new BrokerView(broker.Durability, broker.StoreFault, broker.Disputes, broker.Statistics))
            .WithTags("Broker").WithName("GetBroker").WithSummary("What an acknowledgement outlives (power-safe, crash-safe, none), what keeps the store from it, the identifiers that two clients fight over, and the broker's figures.");
        routes.MapGet("/api/v1/mqtt/subscribers", Subscribers)
            .WithTags("Broker").WithName("GetSubscribers").WithSummary("Who gets the messages of 'topic', connected or away, by client identifier: at most 'limit' (1 to 1000, 100 unless given).")
            .Produces<IReadOnlyList<SubscriberRow>>().ProducesProblem(StatusCodes.Status400BadRequest);
        routes.MapGet("/api/v1/mqtt/subscribers/lately", Lately)
            .WithTags("Broker").WithName("GetPastSubscribers")
            .WithSummary($"Who gets the messages of 'topic' or did within {ISubscriberLedger.KeptDays} days, with the filter, first and last seen; without a topic everybody: at most 'limit' (1 to 1000, 100 unless given).")
            .Produces<IReadOnlyList<PastSubscriber>>().ProducesProblem(StatusCodes.Status400BadRequest);
        var clients = routes.MapGroup(Root).WithTags("Broker");
        clients.MapGet("", List)
            .WithName("GetClients").WithSummary("Clients, connected or away, by client identifier: those whose identifier holds 'search', behind 'after', at most 'limit' (1 to 1000, 100 unless given).")
            .Produces<ClientList>().ProducesProblem(StatusCodes.Status400BadRequest);
        clients.MapGet("/{id}", async (string id, HttpContext context, IClientBook book) => await book.FindAsync(IdOf(context, id)) is { } client ? Results.Ok(client) : NoClient(IdOf(context, id)))
            .WithName("GetClient").WithSummary("One client with its session, subscriptions and will.")
            .Produces<ClientSheet>().ProducesProblem(StatusCodes.Status404NotFound);
        clients.MapDelete("/{id}", async (string id, HttpContext context, IClientBook book) => await book.DisconnectAsync(IdOf(context, id), ApiAuthor.Of(context)) ? Results.NoContent() : NoClient(IdOf(context, id)))
            .WithName("DisconnectClient").WithSummary("Ends a client's connection with reason 0x98. Its will is published, its session waits.")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound);
        clients.MapDelete("/{id}" + Session, async (string id, HttpContext context, IClientBook book) => await book.DropSessionAsync(IdOf(context, id), ApiAuthor.Of(context)) ? Results.NoContent() : NoClient(IdOf(context, id)))
            .WithName("DropSession").WithSummary("Ends a session with all that waits in it, and its connection before it.")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> Subscribers(IClientBook book, string topic, int limit = 100) => (topic, limit) switch
    {
        (_, < 1 or > MqttBroker.MaximumClientPage) => Results.Problem($"limit is {limit}: give 1 to {MqttBroker.MaximumClientPage}.", statusCode: StatusCodes.Status400BadRequest),
        _ when topic.Length == 0 || topic.AsSpan().ContainsAny('+', '#') => Results.Problem($"topic is '{topic}': give a topic name, without wildcards.", statusCode: StatusCodes.Status400BadRequest),
        _ => Results.Ok(await book.ListeningAsync(topic, limit)),
    };

    private static IResult Lately(ISubscriberLedger ledger, string topic = "", int limit = 100) => (topic, limit) switch
    {
        (_, < 1 or > MqttBroker.MaximumClientPage) => Results.Problem($"limit is {limit}: give 1 to {MqttBroker.MaximumClientPage}.", statusCode: StatusCodes.Status400BadRequest),
        _ when topic.AsSpan().ContainsAny('+', '#') => Results.Problem($"topic is '{topic}': give a topic name, without wildcards.", statusCode: StatusCodes.Status400BadRequest),
        _ => Results.Ok(ledger.Lately(topic, limit)),
    };

    private static async Task<IResult> List(IClientBook book, string? search = null, int limit = 100, string? after = null) =>
        limit is < 1 or > MqttBroker.MaximumClientPage
            ? Results.Problem($"limit is {limit}: give 1 to {MqttBroker.MaximumClientPage}.", statusCode: StatusCodes.Status400BadRequest)
            : Results.Ok(await book.ListAsync(search ?? "", limit, after));

    // A client identifier may hold a slash, which the server leaves escaped and so cannot be told from an escaped percent sign: the raw address can.
    private static string IdOf(HttpContext context, string routed)
    {
        var target = context.Features.Get<IHttpRequestFeature>()?.RawTarget.Split('?')[0] ?? "";
        var begin = target.IndexOf(Root + "/", StringComparison.OrdinalIgnoreCase);
        if (begin < 0)
        {
            return routed;
        }

        var written = target[(begin + Root.Length + 1)..];
        return Uri.UnescapeDataString(written.Split('/')[0]);
    }

    private static IResult NoClient(string id) =>
        Results.Problem($"There is no such client '{id}': GET {Root} lists them.", statusCode: StatusCodes.Status404NotFound);
}

/// <summary>The broker: what its acknowledgements outlive, why nothing is kept at present (null while all is well), the identifiers that two clients fight over, and its figures.</summary>
internal sealed record BrokerView(string Durability, string? StoreFault, IReadOnlyList<ClientDispute> Disputes, BrokerStatistics Figures);
