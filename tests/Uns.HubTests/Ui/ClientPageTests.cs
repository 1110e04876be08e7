using System.Net.Sockets;
using System.Text;
using Uns.TestKit;

namespace Uns.HubTests.Ui;

/// <summary>The clients page in a real browser, with Debian's mosquitto clients.</summary>
public sealed class ClientPageTests
{
    [Fact]
    public async Task A_client_is_found_seen_whole_disconnected_after_a_question_and_its_session_dropped()
    {
        await using var hub = await HubProcess.StartAsync();
        await using var watcher = Subscriber(hub, "-t", "wills/#", "-F", "%t %p", "-d");
        await watcher.ReadUntilAsync(l => l.Contains("Subscribed", StringComparison.Ordinal), Limit);
        await using var subscriber = Subscriber(
            hub, "-i", "pump/7 & co", "-c", "-q", "1", "-t", "plant/<b>/+", "-t", "plant/speed", "--will-topic", "wills/pump", "--will-payload", "dead", "-d");
        await subscriber.ReadUntilAsync(l => l.Contains("Subscribed", StringComparison.Ordinal), Limit);
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync(new Uri(hub.Page, "/clients"));
        await page.Locator("tr[data-client='host-uns-hub']").GetByText("Connected").WaitForAsync();
        await page.Locator("#search").PressSequentiallyAsync("PUMP/");
        await page.Locator("tr[data-client='host-uns-hub']").WaitForAsync(new() { State = Microsoft.Playwright.WaitForSelectorState.Detached });
        Assert.Equal(1, await page.Locator("tr[data-client]").CountAsync());
        await page.Locator("tr[data-client] a").ClickAsync();
        await page.Locator("#subscriptions").GetByText("plant/<b>/+").WaitForAsync();
        Assert.Contains("wills/pump, QoS 0, 4 bytes", await page.InnerTextAsync("#client"));
        await Browser.AddressAsync(page, "url.includes('search=PUMP')");

        await page.ClickAsync("#disconnect");
        await page.ClickAsync("#no");
        await page.ClickAsync("#disconnect");
        await page.Locator("#question").GetByText("Disconnect it now?").WaitForAsync();
        await page.ClickAsync("#yes");
        await page.Locator("#said.done").GetByText("was disconnected").WaitForAsync();
        await watcher.ReadUntilAsync(l => l == "wills/pump dead", Limit);

        // Debian's client comes back by itself: its session has outlived the connection, until it is dropped with it.
        await page.Locator("tr[data-client]").GetByText("Connected").WaitForAsync();
        await page.ClickAsync("#drop");
        await page.ClickAsync("#yes");
        await page.Locator("#said.done").GetByText("is gone").WaitForAsync();
        Assert.True(await page.EvaluateAsync<bool>("document.querySelector('#subscriptions b') === null"));
    }

    [Fact]
    public async Task More_clients_than_a_page_holds_are_sorted_over_all_of_them()
    {
        await using var hub = await HubProcess.StartAsync();
        using var clients = new Clients(hub.MqttPort);
        for (var n = 0; n < 120; n++)
        {
            await clients.ConnectAsync($"pump-{n:000}", subscribes: n == 77);
        }

        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync(new Uri(hub.Page, "/clients?search=pump"));
        await page.Locator("#count").GetByText("120 clients").WaitForAsync();
        await page.Locator("#clients tbody tr:first-child[data-client=pump-000]").WaitForAsync();
        Assert.Equal(100, await page.Locator("#clients tbody tr").CountAsync());
        await page.ClickAsync("#clients [data-sort=subscriptions]");
        await page.Locator("#clients tbody tr:first-child[data-client=pump-077]").WaitForAsync();
        await page.ClickAsync("#clients-next");
        await Browser.AddressAsync(page, "url.includes('sort=-subscriptions') && url.includes('page=2')");
        await page.Locator("#clients tbody tr:first-child[data-client=pump-100]").WaitForAsync();
        Assert.Equal(20, await page.Locator("#clients tbody tr").CountAsync());
        await page.ClickAsync("#clients [data-sort=client]");
        await page.Locator("#clients th[aria-sort=ascending] [data-sort=client]").WaitForAsync();
        await page.ClickAsync("#clients [data-sort=client]");
        await page.Locator("#clients tbody tr:first-child[data-client=pump-119]").WaitForAsync();

        // Nonsense in the address gives the table as it is; further back than there is gives the last page.
        page = await browser.OpenAsync(new Uri(hub.Page, "/clients?search=pump&sort=3&page=99999999999999"));
        await page.Locator("#clients tbody tr:first-child[data-client=pump-000]").WaitForAsync();
        page = await browser.OpenAsync(new Uri(hub.Page, "/clients?search=pump&page=77"));
        await page.Locator("#clients tbody tr:first-child[data-client=pump-100]").WaitForAsync();
        await page.Locator("#search").FillAsync("nobody <b>");
        await page.Locator(".empty").GetByText("No client's identifier holds 'nobody <b>'.").WaitForAsync();
    }

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static PeerProcess Subscriber(HubProcess hub, params string[] options) =>
        PeerProcess.Start("stdbuf", ["-oL", "mosquitto_sub", "-h", "127.0.0.1", "-p", hub.MqttPort.ToString(), .. options]);

    // Plain sockets with the first words of MQTT 3.1.1: as many clients as a page cannot show.
    private sealed class Clients(int port) : IDisposable
    {
        private readonly List<Socket> _sockets = [];

        public async Task ConnectAsync(string id, bool subscribes)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            _sockets.Add(socket);
            await socket.ConnectAsync("127.0.0.1", port);
            var name = Encoding.UTF8.GetBytes(id);
            await SayAsync(socket, [0x10, (byte)(12 + name.Length), 0, 4, .. "MQTT"u8, 4, 2, 0, 0, 0, (byte)name.Length, .. name], answer: 4);
            if (subscribes)
            {
                await SayAsync(socket, [0x82, 8, 0, 1, 0, 3, .. "a/b"u8, 0], answer: 5);
            }
        }

        public void Dispose() => _sockets.ForEach(s => s.Dispose());

        private static async Task SayAsync(Socket socket, byte[] packet, int answer)
        {
            await socket.SendAsync(packet);
            var heard = new byte[answer];
            for (var at = 0; at < answer;)
            {
                var count = await socket.ReceiveAsync(heard.AsMemory(at));
                at += count > 0 ? count : throw new IOException("The broker hung up.");
            }
        }
    }
}
