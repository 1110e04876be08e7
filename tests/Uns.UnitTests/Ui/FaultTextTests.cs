using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Connectors.Modbus.Wire;
using Uns.Connectors.OpcUa;
using Uns.Connectors.S7;
using Uns.Connectors.S7.Wire;
using Uns.Tags;
using Uns.TestKit;
using Uns.Ui.Texts;

namespace Uns.UnitTests.Ui;

/// <summary>What connectors say in English sentences is read in the reader's language: the sentences they really make, and every one that stands in their sources.</summary>
public sealed partial class FaultTextTests
{
    // Sentences that are put together of pieces in the sources, by a piece that stands there.
    private static readonly Dictionary<string, string> PutTogether = new(StringComparer.Ordinal)
    {
        ["'{0}' of {1} {2} {3}: {4}."] = "'{0}' of {1} is {2}: {3}.",
        ["give a finite number"] = "'{0}' of {1} is {2}: give a finite number.",
        ["give at least {0} {1}"] = "'{0}' of {1} is {2}: give at least {3}.",
        ["give at most {0} {1}"] = "'{0}' of {1} is {2}: give at most {3}.",
        ["{0}:{1}, {2}"] = "{0}, unit {1} did not answer within {2} ms.",
        ["'{0}' was not written: {1} does not fit the node's type {2}{3}."] = "'{0}' was not written: {1} does not fit the node's type {2}.",
        ["The server answered {0} to the call of {1}{2}."] = "The server answered {0} to the call of {1}.",
        ["the server's value is {0}{1}, which does not fit the tag's type {2}"] = "the server's value is {0}, which does not fit the tag's type {1}",
        ["The value for '{0}' is {1}: give {2} to {3}{4}."] = "The value for '{0}' is {1}: give {2} to {3}.",
        ["{0}:{1} broke the protocol: {2}"] = "{0} broke the protocol: {1}",
        ["answered with message type {0} where i={1} was wanted"] = "{0} answered with message type {1} where {2} was wanted.",
        ["closed the connection"] = "{0} closed the connection.",
        ["broke the connection"] = "{0} broke the connection.",
        ["was closed"] = "{0} was closed.",
        ["got only part of a request"] = "{0} got only part of a request.",
        ["did not answer {0} within {1} s"] = "{0} did not answer {1} within {2} s.",
        ["ended the channel with {0} {1}"] = "{0} ended the channel with {1}.",
        ["sent a malformed token: {0}"] = "{0} sent a malformed token: {1}.",
        ["sent a malformed message: {0}"] = "{0} sent a malformed message: {1}.",
        ["sent the unknown message type '{0}'"] = "{0} sent the unknown message type '{1}'.",
        ["sent sequence number {0} after {1}"] = "{0} sent sequence number {1} after {2}.",
        ["sent bytes that are no OPC UA message: check that the port is the server's opc.tcp port"] = "{0} sent bytes that are no OPC UA message: check that the port is the server's opc.tcp port.",
        ["answered the greeting with '{0}', which is no OPC UA: check that the port is the server's opc.tcp port"] =
            "{0} answered the greeting with '{1}', which is no OPC UA: check that the port is the server's opc.tcp port.",
    };

    // Thrown with nothing of their own: a name, and a sentence from elsewhere.
    private static readonly HashSet<string> Bare = ["'{0}' of {1} {2}", "'{0}' {1}", "{0} {1}."];

    [Fact]
    public void Every_sentence_that_a_connector_throws_is_known()
    {
        var thrown = Sources("connectors").SelectMany(f => Thrown(File.ReadAllText(f))).Distinct(StringComparer.Ordinal).Where(s => !Bare.Contains(s)).ToList();
        Assert.True(thrown.Count > 60, $"Only {thrown.Count} sentences were found.");
        AssertNone(thrown.Select(s => PutTogether.GetValueOrDefault(s, s)).Except(FaultText.All));
    }

    [Fact]
    public void Every_sentence_that_is_known_stands_in_the_sources()
    {
        var written = Sources("connectors").Concat(Sources(Path.Combine("src", "Uns.Tree"))).Concat(Sources(Path.Combine("src", "Uns.Sparkplug")))
            .SelectMany(f => TextKeys.Strings(File.ReadAllText(f)).Select(s => Shape(s.Key))).ToHashSet(StringComparer.Ordinal);
        AssertNone(PutTogether.Keys.Except(written));
        AssertNone(FaultText.All.Except(written.Select(s => PutTogether.GetValueOrDefault(s, s))));
    }

    private static void AssertNone(IEnumerable<string> sentences) => Assert.True(!sentences.Any(), string.Join('\n', sentences)); // Whole, to be copied.

    [Fact]
    public void Every_known_sentence_is_found_again_with_what_stands_in_it()
    {
        foreach (var key in FaultText.All)
        {
            var values = Enumerable.Range(0, 9).Select(n => (object)$"X{n}").ToArray();
            Assert.Equal(string.Format(Language.Chinese.Text(key), values), FaultText.Of(string.Format(key, values), Language.Chinese));
            Assert.Equal(string.Format(key, values), FaultText.Of(string.Format(key, values), Language.English));
        }
    }

    [Fact]
    public void What_sockets_and_devices_refuse_is_said_in_Chinese()
    {
        var plc = new DeviceEndPoint("10.0.0.7", 502);
        foreach (var error in new[] { SocketError.HostNotFound, SocketError.ConnectionRefused, SocketError.TimedOut, SocketError.HostUnreachable, SocketError.NetworkUnreachable, SocketError.ConnectionReset, SocketError.AccessDenied })
        {
            Assert.Contains("10.0.0.7", InChinese(DeviceSocket.Explain(plc, new SocketException((int)error))), StringComparison.Ordinal);
        }

        for (var code = 0; code <= byte.MaxValue; code++)
        {
            InChinese($"40001 was refused with {ModbusException.Explain((byte)code)}");
            foreach (var area in Enum.GetValues<S7Area>())
            {
                InChinese($"DB1.DBW0 was refused with {S7ReturnCode.Explain((byte)code, area)}");
            }
        }

        foreach (var error in new ushort[] { 0x8104, 0x8500, 0xD401, 0xD402, S7Password.Wrong, S7Password.Missing, 1 })
        {
            InChinese($"10.0.0.7:102, error 0x{error:X4}: {S7ReturnCode.ExplainError(error)}.");
        }

        Assert.Equal(
            "press 未连接：10.0.0.7:502 处无程序监听（连接被拒绝）：请检查端口，以及设备的服务器是否已启动。",
            InChinese($"press is not connected: {DeviceSocket.Explain(plc, new SocketException((int)SocketError.ConnectionRefused))}"));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_device_that_is_not_there_says_so_in_Chinese(string protocol) => await TestAsync(protocol, Free());

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_device_that_hangs_up_at_once_says_so_in_Chinese(string protocol)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stop = new CancellationTokenSource();
        var accepting = AcceptAsync(listener, client => client.Dispose(), stop.Token);
        await TestAsync(protocol, ((IPEndPoint)listener.LocalEndpoint).Port);
        await stop.CancelAsync();
        await accepting;
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_device_that_says_nothing_says_so_in_Chinese(string protocol)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stop = new CancellationTokenSource();
        var held = new List<Socket>();
        var accepting = AcceptAsync(listener, held.Add, stop.Token);
        await TestAsync(protocol, ((IPEndPoint)listener.LocalEndpoint).Port);
        await stop.CancelAsync();
        await accepting;
        held.ForEach(s => s.Dispose());
    }

    [Fact]
    public async Task Addresses_that_a_device_does_not_have_are_told_in_Chinese()
    {
        await using var meter = new ModbusSimulator([], TimeProvider.System);
        await using var cpu = new S7Simulator([], TimeProvider.System);
        await using var server = new OpcUaSimulator([], TimeProvider.System);
        await meter.StartAsync();
        await cpu.StartAsync();
        await server.StartAsync();
        meter.IsMissing = (_, _) => true;
        Assert.Contains("异常 2，非法数据地址", await TestAsync("modbus", meter.EndPoint.Port), StringComparison.Ordinal);
        Assert.Contains("代码 0x0A，对象不存在", await TestAsync("s7", cpu.EndPoint.Port), StringComparison.Ordinal);
        Assert.Contains("BadNodeIdUnknown", await TestAsync("opcua", server.EndPoint.Port), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Ein Satz, den niemand kennt.")]
    [InlineData("")]
    [InlineData("{0} {1} {")]
    [InlineData(" closed the connection.")] // Nothing stands in its place.
    [InlineData("'' is no node of this server.")]
    public void What_is_not_known_stays_as_it_is(string told) => Assert.Equal(told, FaultText.Of(told, Language.Chinese));

    [Fact]
    public void What_stands_in_a_sentence_is_only_text()
    {
        Assert.Equal("“{1}<b>{0}”不是此服务器的节点。", FaultText.Of("'{1}<b>{0}' is no node of this server.", Language.Chinese));
        var deep = string.Concat(Enumerable.Repeat("a is not connected: ", 50)) + "x";
        Assert.StartsWith("a 未连接：a 未连接：", FaultText.Of(deep, Language.Chinese), StringComparison.Ordinal);
        Assert.Equal(new string('a', 100_000), FaultText.Of(new string('a', 100_000), Language.Chinese));
    }

    public static TheoryData<string> Kinds() => ["modbus", "s7", "opcua"];

    // Every step of a connection test, and what it says last.
    private static async Task<string> TestAsync(string protocol, int port)
    {
        IConnectorKind kind = protocol switch { "modbus" => new ModbusKind(), "s7" => new S7Kind(), _ => new OpcUaKind() };
        var where = protocol == "opcua" ? new JsonObject { ["Endpoint"] = $"opc.tcp://127.0.0.1:{port}" } : new JsonObject { ["Host"] = "127.0.0.1", ["Port"] = port };
        where["AnswerTimeout"] = "1s";
        var address = protocol switch { "modbus" => "40001", "s7" => "DB7.DBW0", _ => "nsu=urn:uns:simulator;s=Nowhere" };
        var device = new DeviceOptions { Name = "plc", Protocol = protocol, Settings = where, Tags = [new() { Name = "a", Address = address, DataType = DataType.Int16 }] };
        Assert.Empty(kind.Check(device));
        var steps = await new ConnectionTest(TimeProvider.System).RunAsync(kind, device, CancellationToken.None);
        Assert.Contains(steps, s => !s.Passed);
        var told = steps.Where(s => s.Name != "Name" && s.Name != "Identity").Select(s => InChinese(s.Message)).ToList();
        return told[^1];
    }

    // Names, numbers and addresses stay; words do not.
    private static string InChinese(string english)
    {
        var told = FaultText.Of(english, Language.Chinese);
        Assert.True(told.Any(c => c is >= '\u4e00' and <= '\u9fff') && !EnglishWords().IsMatch(told), $"'{english}' became '{told}'.");
        return told;
    }

    private static async Task AcceptAsync(TcpListener listener, Action<Socket> take, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                take(await listener.AcceptSocketAsync(stop));
            }
        }
        catch (OperationCanceledException)
        {
            // The test has ended.
        }
    }

    private static int Free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static IEnumerable<string> Sources(string room) => Directory.EnumerateFiles(Path.Combine(PeerProcess.Root(), room), "*.cs", SearchOption.AllDirectories)
        .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}Simulator", StringComparison.Ordinal) && !f.Contains($"{Path.DirectorySeparatorChar}Server{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    // The sentences that stand directly behind "new ConnectorException(" and the like; of a choice between two the first.
    private static IEnumerable<string> Thrown(string source)
    {
        var strings = TextKeys.Strings(source).OrderBy(s => s.At).ToList();
        foreach (Match thrown in ThrownExceptions().Matches(source))
        {
            var end = thrown.Index + thrown.Length;
            if (strings.Find(s => s.At == end) is { Key: not null } sentence)
            {
                yield return Shape(sentence.Key);
            }
        }
    }

    private static string Shape(string key) => Formats().Replace(key, "{$1}").Replace("{{", "{", StringComparison.Ordinal).Replace("}}", "}", StringComparison.Ordinal);

    [GeneratedRegex(@"new (?:ConnectorException|WriteRefusedException)\(\s*(?=[$""])")]
    private static partial Regex ThrownExceptions();

    [GeneratedRegex(@"\{(\d+):[^}]*\}")]
    private static partial Regex Formats();

    [GeneratedRegex(@"\b[a-z]{2,} [a-z]{2,}\b")]
    private static partial Regex EnglishWords();
}
