using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Components;
using Uns.Alarms;
using Uns.Hub.Access;
using Uns.TestKit;
using Uns.Ui;
using Uns.Ui.Access;

namespace Uns.UnitTests.Access;

/// <summary>Nothing is forgotten: every endpoint, every method behind a page and every page has its least role.</summary>
public sealed class RoleTableTests
{
    // Pages that are not for viewers; null: for whoever comes.
    private static readonly Dictionary<string, Role?> Pages = new()
    {
        ["/sign-in"] = null,
        ["/first-password"] = null,
        ["/alarms/rule"] = Role.Engineer,
        ["/devices/{Name}/decoder"] = Role.Engineer,
        ["/devices/{Name}/clone"] = Role.Engineer,
        ["/devices/{Name}/import"] = Role.Engineer,
        ["/tags"] = Role.Engineer,
        ["/devices/{Name}/tags"] = Role.Engineer,
        ["/move"] = Role.Engineer,
        ["/backup"] = Role.Administrator,
        ["/people"] = Role.Administrator,
    };

    public static TheoryData<Type> Books() => [.. BookRoles.Books];

    [Fact]
    public void Every_endpoint_of_the_description_stands_in_the_table_and_no_other_does()
    {
        using var description = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(PeerProcess.Root(), "schemas", "openapi.json")));
        var operations = description.RootElement.GetProperty("paths").EnumerateObject().SelectMany(p => p.Value.EnumerateObject()).Select(o => o.Value.GetProperty("operationId").GetString()!).ToList();
        Assert.Equal(operations.Order(StringComparer.Ordinal), ApiRoles.Names.Order(StringComparer.Ordinal));
        Assert.Equal(Role.Administrator, ApiRoles.Of("SomethingNew"));
    }

    [Theory]
    [MemberData(nameof(Books))]
    public void Every_method_of_a_book_behind_the_pages_stands_in_the_table(Type book)
    {
        Assert.All(book.GetMethods(BindingFlags.Instance | BindingFlags.Public), method => Assert.NotNull(BookRoles.Of(book, method.Name)));
    }

    [Fact]
    public void Every_page_asks_for_the_role_it_should()
    {
        var pages = typeof(UiOptions).Assembly.GetTypes().SelectMany(t => t.GetCustomAttributes<RouteAttribute>().Select(r => (r.Template, Needs: NeedsAttribute.Of(t)))).ToList();
        Assert.Contains(pages, p => p.Template == "/namespace");
        Assert.All(pages, p => Assert.Equal(Pages.TryGetValue(p.Template, out var role) ? role : Role.Viewer, p.Needs));
    }

    [Fact]
    public void What_a_role_may_not_do_is_refused_behind_the_page_and_nothing_happens()
    {
        var callers = new OneCaller();
        var visitor = new Visitor(callers);
        var behind = new Alarms();
        var book = Guard<IAlarmBook>.Of(behind, visitor);
        Assert.Throws<NotAllowedException>(() => book.All()); // Nobody.
        visitor.Take(new System.Security.Claims.ClaimsPrincipal(new System.Security.Claims.ClaimsIdentity([new(Visitor.KeyClaim, "bert")])));
        Assert.Empty(book.All());
        Assert.Contains("takes the role operator; Bert has the role viewer", Assert.Throws<NotAllowedException>(() => book.Acknowledge(Guid.Empty, "Bert")).Message, StringComparison.Ordinal);
        Assert.Equal(0, behind.Acknowledged);
        callers.Bert = callers.Bert! with { Role = Role.Operator };
        Assert.True(book.Acknowledge(Guid.Empty, "Bert"));
        Assert.Throws<InvalidOperationException>(() => book.Shelve(Guid.Empty, TimeSpan.Zero, "Bert")); // What the book throws comes through as it is.
        callers.Bert = null;
        Assert.Throws<NotAllowedException>(() => book.Acknowledge(Guid.Empty, "Bert"));
        Assert.Equal(1, behind.Acknowledged);
    }

    [Theory]
    [InlineData("/devices/pump?draft=a", "/devices/pump?draft=a")]
    [InlineData("/", "/")]
    [InlineData(null, "/")]
    [InlineData("//evil.example/", "/")]
    [InlineData("/\\evil.example/", "/")]
    [InlineData("https://evil.example/", "/")]
    [InlineData("/a\r\nSet-Cookie: x", "/")]
    public void After_the_sign_in_one_stays_within_the_hub(string? wanted, string to) => Assert.Equal(to, ISignInDesk.Back(wanted));

    private sealed class OneCaller : ICallers
    {
        public Caller? Bert { get; set; } = new("Bert", Role.Viewer, "", CallerKind.Person);

        public event Action Changed
        {
            add { }
            remove { }
        }

        public Caller? Find(string key) => key == "bert" ? Bert : null;
    }

    private sealed class Alarms : IAlarmBook
    {
        public int Acknowledged { get; private set; }

        public IReadOnlyList<Alarm> All() => [];

        public bool Acknowledge(Guid id, string who) => ++Acknowledged > 0;

        public bool Shelve(Guid id, TimeSpan time, string who) => throw new InvalidOperationException("as it is");

        public Task<IReadOnlyList<AlarmEvent>> HistoryAsync(int most, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<AlarmEvent>>([]);
    }
}
