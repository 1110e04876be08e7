using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Playwright;
using Uns.Benchmarks.Sparkplug;
using Uns.Mqtt.Client;
using Uns.Mqtt.Packets;
using Uns.TestKit;

namespace Uns.Benchmarks.Ui;

/// <summary>
/// What a reader waits for, and what an open page costs the hub. The first in headless Chromium, with a tree of 100,000 values that an edge node told;
/// the second with pages that are open without a browser, so that the hub alone is measured.
/// </summary>
/// <remarks>Budgets: first page 1 s; first level of the tree 300 ms, opening a level 150 ms, a search 200 ms; 50 pages with 200 live values each half a core; 3 MiB a page, given back.</remarks>
internal static class PageSpeed
{
    private const int Devices = 100;
    private const int TagsEach = 1000;
    private const int Rounds = 10;

    /// <summary>The waits, in the browser.</summary>
    public static async Task WaitsAsync()
    {
        await using var hub = await HubProcess.StartAsync();
        await using var plant = await MqttClient.ConnectAsync(
            new MqttClientOptions { Host = "127.0.0.1", Port = hub.MqttPort, ClientId = "plant" }, null, TimeProvider.System, NullLogger.Instance, CancellationToken.None);
        await BearAsync(plant, hub);
        Console.Error.WriteLine("The tree stands.");
        await using var browser = await Browser.StartAsync();
        (await browser.OpenAsync(hub.Page)).ToString();
        var figures = new List<(string What, double Budget, List<double> Taken)>
        {
            ("first page painted", 1000, []), ("first page answers to its reader", 1000, []), ("tree: first level", 300, []), ("a level of 1,000 opened", 150, []), ("found among 100,000", 200, []),
        };
        for (var round = 0; round < Rounds; round++)
        {
            var page = await browser.OpenAsync(hub.Page);
            figures[0].Taken.Add(await page.EvaluateAsync<double>("performance.getEntriesByName('first-contentful-paint')[0].startTime"));
            await page.CloseAsync();
            page = await browser.OpenAsync(hub.Page);
            figures[1].Taken.Add(await page.EvaluateAsync<double>("performance.now()"));

            // Within the open page, as a reader goes there.
            figures[2].Taken.Add(await TakesAsync(page, "document.querySelector('nav a[href=\"/namespace\"]').click()", "document.querySelector('[role=treeitem]')"));
            await page.GotoAsync(new Uri(hub.Page, "/namespace?path=acme/n7/press7").ToString());
            await page.Locator(".shell[data-live=yes]").WaitForAsync();
            await page.Locator("button.name[data-path='acme/n7/press7/line']").WaitForAsync();
            await page.WaitForFunctionAsync("document.querySelectorAll('tr[data-path]').length > 5");
            figures[3].Taken.Add(await TakesAsync(
                page, "document.querySelector('button.name[data-path=\"acme/n7/press7/line\"]').parentElement.querySelector('.fold').click()", "document.querySelector('button.name[data-path^=\"acme/n7/press7/line/unit\"]')"));
            figures[4].Taken.Add(await TakesAsync(
                page, "{ const field = document.querySelector('#find'); field.value = 'press93 unit777 temp'; field.dispatchEvent(new Event('input', { bubbles: true })); }",
                "document.querySelector('#find-list li[data-tag=\"acme/n93/press93/line/unit777/temperature\"]')"));
            await page.CloseAsync();
            Console.Error.WriteLine($"Round {round + 1}: {string.Join(", ", figures.Select(f => f.Taken[^1].ToString("0", CultureInfo.InvariantCulture)))} ms.");
        }

        Console.WriteLine($"Load {Load()} when it ended.\n\n| what a reader waits for | median, ms | slowest of {Rounds}, ms | budget, ms |\n| --- | ---: | ---: | ---: |");
        foreach (var (what, budget, taken) in figures)
        {
            taken.Sort();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {taken[taken.Count / 2]:0} | {taken[^1]:0} | {budget:0} |"));
        }
    }

    /// <summary>What open pages cost.</summary>
    /// <param name="seconds">How long 50 pages are open.</param>
    /// <param name="opened">How many are opened and closed.</param>
    public static async Task CostAsync(int seconds, int opened)
    {
        await using var hub = await HubProcess.StartAsync();
        foreach (var (name, period) in new[] { ("mill", "00:00:01"), ("quick", "00:00:00.2") })
        {
            await hub.SaveDeviceAsync(name, new
            {
                protocol = "simulated",
                settings = new { },
                tags = Enumerable.Range(0, 200).Select(n => new { name = $"line/tag{n}", address = $"sine(0, {n + 1}, 60s)", dataType = "Double", period }).ToArray(),
            });
            await hub.NodeAsync($"plant/hub/{name}/line/tag199", n => n.TryGetProperty("quality", out var q) && q.GetString() == "Good");
        }

        using var process = Process.GetProcessById(hub.ProcessId);
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 100 }) { Timeout = TimeSpan.FromMinutes(1) };
        http.DefaultRequestHeaders.Add("Accept", "text/html");
        Console.WriteLine("| load | hub's processor, cores | drawn a second and page | load of the machine |\n| --- | ---: | ---: | ---: |");
        foreach (var (count, device, pace) in new[] { (0, "mill", "once a second"), (50, "mill", "once a second"), (50, "quick", "five times a second") })
        {
            var pages = await OpenAsync(http, hub.Page, count, $"/namespace?path=plant/hub/{device}");
            await Task.Delay(TimeSpan.FromSeconds(5)); // Until the code is compiled.
            var (before, drawn, begun) = (Cpu(process), pages.Sum(p => p.Batches), Stopwatch.GetTimestamp());
            await Task.Delay(TimeSpan.FromSeconds(seconds));
            var elapsed = Stopwatch.GetElapsedTime(begun).TotalSeconds;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"| {count} pages with 200 values each, which change {pace} | {(Cpu(process) - before).TotalSeconds / elapsed:0.00} | {(pages.Sum(p => p.Batches) - drawn) / elapsed / Math.Max(1, count):0.0} | {Load()} |"));
            await CloseAsync(pages);
        }

        Console.WriteLine("\n| opened and closed so far | memory before | with the pages open | a page | after they closed |\n| ---: | ---: | ---: | ---: | ---: |");
        const int Together = 100;
        for (var done = 0; done < opened; done += Together)
        {
            var before = Resident(process);
            var pages = await OpenAsync(http, hub.Page, Together, "/namespace?path=plant/hub/mill");
            await Task.Delay(TimeSpan.FromSeconds(1));
            var open = Resident(process);
            await CloseAsync(pages);
            await Task.Delay(TimeSpan.FromSeconds(1));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {done + Together} | {before:0} MiB | {open:0} MiB | {(open - before) / Together:0.00} MiB | {Resident(process):0} MiB |"));
        }

        Console.WriteLine($"\nLoad of the machine {Load()}.");
    }

    private static async Task<List<OpenPage>> OpenAsync(HttpClient http, Uri hub, int count, string path)
    {
        var pages = new List<OpenPage>(count);
        for (var i = 0; i < count; i++)
        {
            pages.Add(await OpenPage.OpenAsync(http, hub, path));
        }

        return pages;
    }

    private static async Task CloseAsync(List<OpenPage> pages)
    {
        foreach (var page in pages)
        {
            await page.DisposeAsync();
        }
    }

    // From the deed to the frame in which its effect is seen, as the page's own clock has it.
    private static async Task<double> TakesAsync(IPage page, string deed, string effect) => await page.EvaluateAsync<double>(
        $"async () => {{ const begun = performance.now(); {deed}; while (!({effect})) await new Promise(requestAnimationFrame); await new Promise(requestAnimationFrame); return performance.now() - begun; }}");

    private static async Task BearAsync(MqttClient plant, HubProcess hub)
    {
        var (node, device) = (SparkplugLoad.NodeBirth(), SparkplugLoad.Write(1, SparkplugLoad.Born(TagsEach, withProperties: true)));
        for (var n = 0; n < Devices; n++)
        {
            await plant.PublishAsync($"spBv1.0/acme/NBIRTH/n{n}", node, QualityOfService.AtLeastOnce);
            await plant.PublishAsync($"spBv1.0/acme/DBIRTH/n{n}/press{n}", device, QualityOfService.AtLeastOnce);
        }

        await hub.NodeAsync($"acme/n{Devices - 1}/press{Devices - 1}/line/unit{TagsEach - 1}/temperature", _ => true, TimeSpan.FromMinutes(2));
    }

    private static TimeSpan Cpu(Process process)
    {
        process.Refresh();
        return process.TotalProcessorTime;
    }

    private static double Resident(Process process)
    {
        process.Refresh();
        return process.WorkingSet64 / (double)(1 << 20);
    }

    private static string Load() => File.ReadAllText("/proc/loadavg").Split(' ')[0];
}
