using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Uns.TestKit;

/// <summary>The hub as its user runs it: a process of its own, on free loopback ports, with a data directory of its own.</summary>
public sealed partial class HubProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ValueLimit = TimeSpan.FromSeconds(30);

    private readonly string[] _arguments;
    private readonly bool _ownsData;
    private Process? _process;
    private readonly List<string> _printed = [];

    private HubProcess(string command, string? data, string[] more)
    {
        _ownsData = data is null;
        Data = data ?? Directory.CreateTempSubdirectory("uns-hub-").FullName;
        _arguments = [command, "--data", Data, .. more];
    }

    /// <summary>The hub's data directory; removed at the end unless the test gave it.</summary>
    public string Data { get; }

    public int MqttPort { get; private set; }

    /// <summary>Its process, while it runs.</summary>
    public int ProcessId => _process!.Id;

    public Uri Page { get; private set; } = new("http://127.0.0.1");

    public HttpClient Http { get; private set; } = new();

    /// <summary>All that it has printed, for a failing test's message.</summary>
    public string Printed
    {
        get
        {
            lock (_printed)
            {
                return string.Join('\n', _printed);
            }
        }
    }

    /// <summary>The built hub, in the configuration of the running tests.</summary>
    public static string Program { get; } = Path.Combine(
        PeerProcess.Root(), "artifacts", "bin", "Uns.Hub", new DirectoryInfo(AppContext.BaseDirectory).Name, "Uns.Hub.dll");

    /// <summary>Starts the hub on free ports and waits until it has printed where it is and stands ready.</summary>
    /// <param name="command">What to start.</param>
    /// <param name="data">Its data directory; null: one that is removed at the end.</param>
    /// <param name="access">Open, so that a test about something else needs no password; <c>users</c> as its user starts it.</param>
    public static async Task<HubProcess> StartAsync(string command = "run", string? data = null, string access = "open")
    {
        var hub = new HubProcess(command, data, ["--access", access, "--mqtt", "127.0.0.1:0", "--http", "127.0.0.1:0"]);
        await hub.StartAgainAsync();
        return hub;
    }

    /// <summary>Runs the hub with any arguments to its end.</summary>
    public static Task<(int ExitCode, string Output, string Error)> RunToEndAsync(params string[] arguments) => RunTypedToEndAsync("", arguments);

    /// <summary>Runs the hub with any arguments to its end, and types something into it.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunTypedToEndAsync(string typed, params string[] arguments)
    {
        var info = StartInfo(arguments);
        info.RedirectStandardInput = true;
        using var process = Process.Start(info)!;
        await process.StandardInput.WriteAsync(typed);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(StartLimit);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }

        return (process.ExitCode, await output, await error);
    }

    /// <summary>Starts it again with the same data after <see cref="KillAsync"/> or <see cref="StopAsync"/>; the ports are new unless kept.</summary>
    public async Task StartAgainAsync(bool samePorts = false)
    {
        var arguments = samePorts ? [.. _arguments[..5], "--mqtt", $"127.0.0.1:{MqttPort}", "--http", Page.Authority] : _arguments;
        MqttPort = 0;
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _process = new Process { StartInfo = StartInfo(arguments), EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Hear(line.Data, ready);
        _process.ErrorDataReceived += (_, line) => Hear(line.Data, ready);
        _process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException($"The hub ended: {Printed}"));
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await ready.Task.WaitAsync(StartLimit);
        Http.Dispose();
        Http = new HttpClient { BaseAddress = Page, Timeout = TimeSpan.FromSeconds(30) };
        await EventuallyAsync(async () => (await Http.GetAsync("/health/ready")).IsSuccessStatusCode, "the hub is ready");
    }

    /// <summary>Ends it as a power cut would.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Ends it as a service manager would, and returns its exit code.</summary>
    public async Task<int> StopAsync()
    {
        using var term = Process.Start("kill", ["-TERM", _process!.Id.ToString()]);
        await term.WaitForExitAsync();
        await _process.WaitForExitAsync().WaitAsync(StartLimit);
        var code = _process.ExitCode;
        _process.Dispose();
        _process = null;
        return code;
    }

    /// <summary>Saves a device by the API; fails the test with the hub's own words when it is refused.</summary>
    public async Task SaveDeviceAsync(string name, object device)
    {
        using var answer = await Http.PutAsJsonAsync($"/api/v1/devices/{name}", device);
        if (!answer.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"The hub refused the device: {await answer.Content.ReadAsStringAsync()}");
        }
    }

    /// <summary>The node at a path; null when there is none.</summary>
    public async Task<JsonElement?> NodeAsync(string path)
    {
        using var answer = await Http.GetAsync($"/api/v1/tree/{path}");
        return answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync<JsonElement>() : null;
    }

    /// <summary>Waits until the node at a path is as wanted, and returns it.</summary>
    public async Task<JsonElement> NodeAsync(string path, Func<JsonElement, bool> fits, TimeSpan? limit = null)
    {
        JsonElement? last = null;
        await EventuallyAsync(
            async () =>
            {
                last = await NodeAsync(path);
                return last is { } node && fits(node);
            },
            $"the node {path} is as wanted", limit, () => $"Last it was {last}.");
        return last!.Value;
    }

    /// <summary>Waits until a value is good and equal to the text.</summary>
    public Task<JsonElement> ValueAsync(string path, string text, TimeSpan? limit = null) =>
        NodeAsync(path, node => node.TryGetProperty("value", out var value) && value.ToString() == text && node.GetProperty("quality").GetString() == "Good", limit);

    /// <summary>Asks again and again, without a fixed wait, until it holds or the deadline fails the test.</summary>
    public async Task EventuallyAsync(Func<Task<bool>> holds, string what, TimeSpan? limit = null, Func<string>? last = null)
    {
        var clock = Stopwatch.StartNew();
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!await HoldsAsync(holds))
        {
            if (clock.Elapsed > (limit ?? ValueLimit))
            {
                throw new TimeoutException($"It did not come to pass within {(limit ?? ValueLimit).TotalSeconds:0.#} s that {what}. {last?.Invoke()}\n{Printed}");
            }

            await pace.WaitForNextTickAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await KillAsync();
        }

        Http.Dispose();
        if (_ownsData)
        {
            Directory.Delete(Data, recursive: true);
        }
    }

    private static async Task<bool> HoldsAsync(Func<Task<bool>> holds)
    {
        try
        {
            return await holds();
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static ProcessStartInfo StartInfo(string[] arguments) => new("dotnet", [Program, .. arguments])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        UseShellExecute = false,
    };

    private void Hear(string? line, TaskCompletionSource ready)
    {
        if (line is null)
        {
            return;
        }

        lock (_printed)
        {
            _printed.Add(line);
        }

        if (PageLine().Match(line) is { Success: true } page)
        {
            Page = new Uri(page.Groups["uri"].Value);
        }
        else if (BrokerLine().Match(line) is { Success: true } broker)
        {
            MqttPort = int.Parse(broker.Groups["port"].Value);
        }
        else if (line.StartsWith("Ctrl+C", StringComparison.Ordinal))
        {
            ready.TrySetResult();
        }
    }

    [GeneratedRegex(@"^Page: +(?<uri>http://\S+)")]
    private static partial Regex PageLine();

    [GeneratedRegex(@"^Broker: +\S+:(?<port>\d+)")]
    private static partial Regex BrokerLine();
}
