using Microsoft.Playwright;
using Uns.Connectors.Modbus;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.HubTests.Ui;

/// <summary>The first password, signing in, and what each role is offered, in a real browser.</summary>
public sealed class AccessPageTests
{
    private const string Speed = "/namespace?path=plant/hub/pump/Speed";

    [Fact]
    public async Task From_the_first_password_to_an_operator_who_writes_and_a_viewer_who_cannot()
    {
        await using var pump = new ModbusSimulator([new("40001", DataType.Int16, null)], TimeProvider.System);
        await pump.StartAsync();
        await using var hub = await HubProcess.StartAsync(access: "users");
        await using var browser = await Browser.StartAsync();

        // Every page leads to the first password; the keyboard is enough.
        var anna = await browser.OpenAsync(new Uri(hub.Page, "/devices"), ready: "#claim");
        await anna.WaitForFunctionAsync("document.activeElement.id === 'name'");
        await anna.Keyboard.TypeAsync("Anna");
        await anna.Keyboard.PressAsync("Tab");
        await anna.Keyboard.TypeAsync("four words of mine");
        await anna.Keyboard.PressAsync("Tab");
        await anna.Keyboard.TypeAsync("four words of mine");
        await KeepAsync(anna, "first-password");
        await anna.Keyboard.PressAsync("Enter");
        await anna.Locator(".shell[data-live=yes]").WaitForAsync();
        Assert.Equal("Anna", await anna.Locator("#who").InnerTextAsync());

        // People and a token.
        await anna.ClickAsync("nav a[href='/people']");
        await AddAsync(anna, "Olga", "four words of hers", "Operator");
        await AddAsync(anna, "Viktor", "four words of his own", "Viewer");
        await anna.FillAsync("#name", "Short");
        await anna.FillAsync("#password", "short");
        await anna.ClickAsync("#add-person");
        await anna.Locator("#said.fault").GetByText("give at least 12").WaitForAsync();
        await anna.FillAsync("#token-name", "MES");
        await anna.SelectOptionAsync("#token-role", "Engineer");
        await anna.ClickAsync("#make-token");
        hub.Http.DefaultRequestHeaders.Authorization = new("Bearer", await anna.Locator("#token").InnerTextAsync());
        await KeepAsync(anna, "people");
        await hub.SaveDeviceAsync("pump", new
        {
            protocol = "modbus",
            settings = new { Host = "127.0.0.1", pump.EndPoint.Port },
            tags = new[] { new { name = "Speed", address = "40001", dataType = "Int16", period = "00:00:00.1", writable = true, low = 0, high = 3000 } },
        });
        await hub.ValueAsync("plant/hub/pump/Speed", "0");

        // The operator comes by an address, is sent to sign in, mistypes, and gets where he wanted to go.
        var olga = await browser.OpenAsync(new Uri(hub.Page, Speed), ready: "#enter");
        await SignInAsync(olga, "Olga", "four words of his");
        await olga.Locator("#fault").GetByText("Name or password is wrong.").WaitForAsync();
        await KeepAsync(olga, "sign-in");
        var chinese = await browser.OpenAsync(new Uri(hub.Page, "/sign-in"), locale: "zh-CN", ready: "#enter");
        await SignInAsync(chinese, "Olga", "four words of his");
        await chinese.Locator("#fault").GetByText("名称或密码错误。").WaitForAsync();
        await SignInAsync(olga, "Olga", "four words of hers");
        await olga.Locator(".shell[data-live=yes]").WaitForAsync();
        Assert.EndsWith(Speed, await Browser.AddressAsync(olga, "url.includes('path=')"), StringComparison.Ordinal);
        await olga.FillAsync("#new-value", "1200");
        await olga.ClickAsync("#write");
        await olga.ClickAsync("#confirm-write");
        await olga.Locator("#write-result.done").WaitForAsync();
        Assert.Equal(0, await olga.Locator("#alarm").CountAsync());
        await hub.EventuallyAsync(async () => (await hub.Http.GetStringAsync("/api/v1/log?kind=write")).Contains("\"author\":\"Olga\"", StringComparison.Ordinal), "the log names the operator");

        // The viewer sees the value and is offered nothing that changes anything.
        var viktor = await browser.OpenAsync(new Uri(hub.Page, "/sign-in?return=" + Uri.EscapeDataString(Speed)), ready: "#enter");
        await SignInAsync(viktor, "Viktor", "four words of his own");
        await viktor.Locator("#current-value").GetByText("1200").WaitForAsync();
        await viktor.Locator(".shell[data-live=yes]").WaitForAsync();
        Assert.Equal(0, await viktor.Locator("#new-value, #alarm, nav a[href='/people']").CountAsync());
        await GoAsync(viktor, new Uri(hub.Page, "/devices/pump"));
        Assert.Equal(0, await viktor.Locator("#save, #test, #remove").CountAsync());
        Assert.True(await viktor.Locator(".tag-address").IsDisabledAsync());
        await KeepAsync(viktor, "viewer-device");
        await GoAsync(viktor, new Uri(hub.Page, "/people"));
        await viktor.Locator("#refused").GetByText("takes the role Administrator; Viktor has the role Viewer").WaitForAsync();
        await GoAsync(viktor, new Uri(hub.Page, Speed));

        // What the administrator does counts on pages that are open.
        await anna.SelectOptionAsync("tr[data-person=Viktor] select.role", "Operator");
        await viktor.Locator("#new-value").WaitForAsync();
        await anna.Locator("tr[data-person=Viktor] .remove").ClickAsync();
        await anna.ClickAsync("#remove-yes");
        await viktor.Locator("#enter").WaitForAsync();
        Assert.Contains("/sign-in?return=", await Browser.AddressAsync(viktor, "url.includes('/sign-in')"), StringComparison.Ordinal);

        // One's own password, and the way out.
        await GoAsync(olga, new Uri(hub.Page, "/password"));
        await olga.FillAsync("#old", "four words of hers");
        await olga.FillAsync("#new", "four newer words");
        await olga.FillAsync("#again", "four newer words");
        await KeepAsync(olga, "own-password");
        await olga.ClickAsync("#change");
        await olga.Locator("#said").GetByText("Your password was changed").WaitForAsync();
        await SignInAsync(olga, "Olga", "four newer words");
        await olga.Locator(".shell[data-live=yes]").WaitForAsync();
        await olga.ClickAsync("#sign-out");
        await olga.Locator("#enter").WaitForAsync();
        await olga.GotoAsync(new Uri(hub.Page, "/devices").ToString());
        await olga.Locator("#enter").WaitForAsync();
    }

    private static async Task AddAsync(IPage page, string name, string password, string role)
    {
        await page.FillAsync("#name", name);
        await page.FillAsync("#password", password);
        await page.SelectOptionAsync("#role", role);
        await page.ClickAsync("#add-person");
        await page.Locator($"tr[data-person={name}]").WaitForAsync();
    }

    private static async Task SignInAsync(IPage page, string name, string password)
    {
        await page.FillAsync("#name", name);
        await page.FillAsync("#password", password);
        await page.ClickAsync("#enter");
    }

    private static async Task GoAsync(IPage page, Uri address)
    {
        await page.GotoAsync(address.ToString());
        await page.Locator(".shell[data-live=yes]").WaitForAsync();
    }

    // Looked at by people: in light and dark, and as small as a telephone.
    private static async Task KeepAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("UNS_PICTURES") is not { Length: > 0 } folder)
        {
            return;
        }

        foreach (var (look, scheme, width) in new[] { ("light", ColorScheme.Light, 1280), ("dark", ColorScheme.Dark, 1280), ("small", ColorScheme.Light, 480) })
        {
            await page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = scheme });
            await page.SetViewportSizeAsync(width, 800);
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, $"{name}-{look}.png") });
        }

        await page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = ColorScheme.Light });
        await page.SetViewportSizeAsync(1280, 800);
    }
}
