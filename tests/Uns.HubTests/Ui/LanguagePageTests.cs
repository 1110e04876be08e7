using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Uns.TestKit;

namespace Uns.HubTests.Ui;

/// <summary>The pages in Chinese, as the browser of a reader of Chinese asks for them.</summary>
public sealed partial class LanguagePageTests
{
    private static readonly (string Address, string Heading)[] Pages =
    [
        ("/", "运行正常|一切正常|故障"), ("/namespace?path=acme/berlin", "berlin"), ("/trends?tag=acme/berlin/utilities/steam/boiler/Level", "趋势"), ("/alarms?show=all", "报警"), ("/alarms/rule", "新建报警"),
        ("/devices", "设备"), ("/devices/filler", "filler"), ("/devices/new", "新建设备"), ("/devices/filler/tags", "点位"), ("/devices/filler/import", "导入"), ("/devices/filler/clone", "filler"),
        ("/mapping", "映射"), ("/log", "变更"), ("/drafts", "变更"), ("/versions", "变更"), ("/backup", "变更"), ("/sparkplug", "边缘节点"), ("/clients", "客户端"), ("/certificates", "证书"),
    ];

    [Fact]
    public async Task The_pages_speak_Chinese_to_who_reads_it_and_English_when_told_so()
    {
        await using var hub = await HubProcess.StartAsync("demo");
        await hub.NodeAsync("acme/berlin/utilities/steam/boiler/Level", n => n.GetProperty("quality").GetString() == "Good");
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync(hub.Page, locale: "zh-CN");
        var errors = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type == "error" && !message.Text.Contains("404", StringComparison.Ordinal))
            {
                errors.Add(message.Text);
            }
        };
        foreach (var (address, heading) in Pages)
        {
            await page.GotoAsync(new Uri(hub.Page, address).ToString());
            await page.Locator(".shell[data-live=yes]").WaitForAsync(); // From here on the text comes over the open connection.
            await page.Locator("header nav").GetByText("首页").WaitForAsync();
            Assert.Equal("zh-Hans", await page.GetAttributeAsync("html", "lang"));
            await page.Locator("h1").First.Filter(new() { HasTextRegex = new Regex(heading) }).WaitForAsync();
            var text = await page.Locator(".shell").InnerTextAsync();
            Assert.DoesNotMatch(Place(), text);
            Assert.Equal(0, await page.Locator("#blazor-error-ui:visible").CountAsync());
            foreach (var words in await page.Locator("th, dt, label > :not(input), button, a.btn, h2").AllInnerTextsAsync())
            {
                Assert.DoesNotContain(words, EnglishHeads);
            }
        }

        Assert.Empty(errors);

        // The settings of a connector too, which its own room writes in English.
        await page.GotoAsync(new Uri(hub.Page, "/devices/filler").ToString());
        await page.Locator("label:has(#setting-Port) .help").GetByText("TCP 端口，1 到 65535。").WaitForAsync();

        // The switch at the top keeps the choice, with what stands in the address.
        await page.GotoAsync(new Uri(hub.Page, "/alarms?show=history").ToString());
        await page.Locator(".shell[data-live=yes]").WaitForAsync();
        await page.Locator("#language").SelectOptionAsync("en");
        await page.Locator("header nav").GetByText("Home").WaitForAsync();
        await Browser.AddressAsync(page, "url.includes('show=history') && url.includes('lang=en')");
        await page.GotoAsync(new Uri(hub.Page, "/devices").ToString());
        await page.Locator(".shell[data-live=yes]").WaitForAsync();
        await page.Locator("h1").GetByText("Devices").WaitForAsync();
        Assert.Equal("en", await page.GetAttributeAsync("html", "lang"));
        await page.GotoAsync(new Uri(hub.Page, "/devices?lang=zh-Hans").ToString());
        await page.Locator(".shell[data-live=yes]").WaitForAsync();
        await page.Locator("h1").GetByText("设备").WaitForAsync();

        // The same sentence: in Chinese on the page, in English in the API.
        await page.GotoAsync(hub.Page.ToString());
        await page.Locator("tr[data-area=Broker]").GetByText("客户端").WaitForAsync();
        using var question = new HttpRequestMessage(HttpMethod.Get, "/api/v1/health?lang=zh-Hans");
        question.Headers.Add("Accept-Language", "zh-CN");
        using var answer = await hub.Http.SendAsync(question);
        Assert.Contains("The broker serves", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    // Some of the heads and buttons that a page would show if a text had slipped.
    private static readonly string[] EnglishHeads = ["Name", "State", "Address", "Tag", "Device", "Unit", "Period", "Save", "Remove", "Publish", "Topic", "Value", "Quality", "Age", "Metric", "Time", "What", "Who", "Description", "Add"];

    [GeneratedRegex(@"\{\d")]
    private static partial Regex Place();
}
