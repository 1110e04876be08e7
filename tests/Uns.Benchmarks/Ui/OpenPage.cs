using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Uns.Benchmarks.Ui;

/// <summary>
/// One open page without a browser: fetches it, starts its circuit as the framework's script does, acknowledges what is drawn and answers calls of scripts with nothing.
/// To the hub it costs what a page in a browser costs.
/// </summary>
internal sealed partial class OpenPage : IAsyncDisposable
{
    private const byte Separator = 0x1e;

    private readonly HttpClient _http;
    private readonly Uri _hub;
    private readonly ClientWebSocket _socket = new();
    private readonly SemaphoreSlim _oneWriter = new(1, 1);
    private readonly TaskCompletionSource _drawn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;
    private string _circuit = "";

    private OpenPage(HttpClient http, Uri hub) => (_http, _hub) = (http, hub);

    /// <summary>How often the page was drawn anew.</summary>
    public int Batches { get; private set; }

    /// <summary>Opens a page and returns once it is alive.</summary>
    /// <param name="http">Fetches it; may be shared.</param>
    /// <param name="hub">Address of the hub.</param>
    /// <param name="path">Address of the page.</param>
    public static async Task<OpenPage> OpenAsync(HttpClient http, Uri hub, string path)
    {
        var page = new OpenPage(http, hub);
        var address = new Uri(hub, path);
        var html = await http.GetStringAsync(address);
        var markers = Marker().Matches(html).Select(m => m.Groups["json"].Value).Where(json => json.Contains("\"descriptor\"", StringComparison.Ordinal)).ToList();
        var state = State().Match(html).Groups["state"].Value;
        using var answer = await http.PostAsync(new Uri(hub, "/_blazor/negotiate?negotiateVersion=1"), null);
        var token = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("connectionToken").GetString();
        await page._socket.ConnectAsync(new Uri($"ws://{hub.Authority}/_blazor?id={token}"), CancellationToken.None);
        await page._socket.SendAsync(Encoding.UTF8.GetBytes("{\"protocol\":\"blazorpack\",\"version\":1}\u001e"), WebSocketMessageType.Text, true, CancellationToken.None);
        page._loop = page.ReadAsync();
        await page.SendAsync("0", "StartCircuit", hub.ToString(), address.ToString(), $"[{string.Join(',', markers)}]", state);
        await page._drawn.Task.WaitAsync(TimeSpan.FromSeconds(60));
        return page;
    }

    /// <summary>Closes it as a browser does that leaves the page.</summary>
    public async ValueTask DisposeAsync()
    {
        using (var form = new MultipartFormDataContent { { new StringContent(_circuit), "circuitId" } })
        {
            (await _http.PostAsync(new Uri(_hub, "/_blazor/disconnect"), form)).Dispose();
        }

        await _stop.CancelAsync();
        await _loop;
        _socket.Dispose();
        _oneWriter.Dispose();
        _stop.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[1 << 16];
        var (kept, isGreeted) = (0, false);
        try
        {
            while (true)
            {
                var read = await _socket.ReceiveAsync(buffer.AsMemory(kept), _stop.Token);
                if (read.MessageType == WebSocketMessageType.Close)
                {
                    throw new IOException($"The hub closed the page: {_socket.CloseStatusDescription}");
                }

                kept += read.Count;
                var at = 0;
                if (!isGreeted)
                {
                    at = Array.IndexOf(buffer, Separator, 0, kept) + 1;
                    isGreeted = at > 0;
                }

                while (isGreeted && Message(buffer.AsSpan(0, kept), ref at) is { } message)
                {
                    await TakeAsync(message);
                }

                buffer.AsSpan(at, kept - at).CopyTo(buffer);
                kept -= at;
                if (kept == buffer.Length)
                {
                    Array.Resize(ref buffer, buffer.Length * 2);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The page is closed.
        }
        catch (Exception broken)
        {
            _drawn.TrySetException(broken);
        }
    }

    // A length in groups of seven bits, then an array; null while it is not whole.
    private static object?[]? Message(ReadOnlySpan<byte> bytes, ref int at)
    {
        var (length, shift, begin) = (0, 0, at);
        while (begin < bytes.Length)
        {
            var part = bytes[begin++];
            length |= (part & 0x7f) << shift;
            shift += 7;
            if (part < 0x80)
            {
                if (begin + length > bytes.Length)
                {
                    return null;
                }

                at = begin + length;
                return (object?[])Packed.Read(bytes, ref begin)!;
            }
        }

        return null;
    }

    private async Task TakeAsync(object?[] message)
    {
        if (message is [3L, _, _, 3L, string circuit])
        {
            _circuit = circuit;
        }
        else if (message is [1L, _, _, string call, object?[] values, ..])
        {
            switch (call)
            {
                case "JS.RenderBatch":
                    Batches++;
                    await SendAsync(null, "OnRenderCompleted", (long)values[0]!, null);
                    break;
                case "JS.BeginInvokeJS":
                    var task = (long)values[0]!;
                    await SendAsync(null, "EndInvokeJSFromDotNet", task, true, string.Create(CultureInfo.InvariantCulture, $"[{task},true,null]"));
                    if (values[1] is "uns.author")
                    {
                        _drawn.TrySetResult(); // The layout asks for it once the page lives.
                    }

                    break;
                case "JS.Error":
                    throw new IOException($"The page stopped: {values[0]}");
            }
        }
        else if (message is [7L, ..])
        {
            throw new IOException($"The hub ended the page: {message[1]}");
        }
    }

    private async Task SendAsync(string? id, string call, params object?[] values)
    {
        var body = new List<byte>();
        Packed.Write(body, new object?[] { 1L, new Dictionary<string, object?>(), id, call, values, Array.Empty<object?>() });
        var head = new List<byte>();
        for (var length = (uint)body.Count; ; length >>= 7)
        {
            head.Add((byte)(length > 0x7f ? (length & 0x7f) | 0x80 : length));
            if (length <= 0x7f)
            {
                break;
            }
        }

        await _oneWriter.WaitAsync();
        try
        {
            await _socket.SendAsync(head.Concat(body).ToArray(), WebSocketMessageType.Binary, true, CancellationToken.None);
        }
        finally
        {
            _oneWriter.Release();
        }
    }

    [GeneratedRegex(@"<!--Blazor:(?<json>\{.*?\})-->")]
    private static partial Regex Marker();

    [GeneratedRegex(@"<!--Blazor-Server-Component-State:(?<state>[^-]*)-->")]
    private static partial Regex State();
}
