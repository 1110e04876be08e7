using System.Text;
using Uns.Mqtt.Client;
using Uns.Mqtt.Packets;
using Uns.Sparkplug.Host;

namespace Uns.ConformanceTests.Sparkplug;

/// <summary>The host's state as Sparkplug 2.2 had it, beside that of 3.0: never ONLINE for a host that is not there.</summary>
public sealed class LegacyStateTests : IAsyncLifetime
{
    private const string Topic = "STATE/hub";
    private readonly Plant _plant = new();

    public async ValueTask InitializeAsync() => await _plant.StartAsync();

    public ValueTask DisposeAsync() => _plant.DisposeAsync();

    [Fact]
    public async Task The_host_says_it_is_online_and_at_a_planned_stop_that_it_is_not()
    {
        var listener = await _plant.ListenAsync(Topic);
        var (_, stopAsync) = Run();
        var online = await SaidAsync(listener, "ONLINE");
        Assert.Equal((QualityOfService.AtLeastOnce, true), (online.Qos, online.Retain));
        await stopAsync();
        var offline = await SaidAsync(listener, "OFFLINE");
        Assert.Equal((QualityOfService.AtLeastOnce, true), (offline.Qos, offline.Retain));
        Assert.Equal("OFFLINE", await KeptAsync("late"));
    }

    [Fact]
    public async Task A_host_whose_lines_break_is_offline_by_its_will_and_online_again_when_it_is_back()
    {
        var listener = await _plant.ListenAsync(Topic);
        Run();
        await SaidAsync(listener, "ONLINE");
        _plant.HostLine.Refuses = true;
        _plant.HostLine.Cut();
        await SaidAsync(listener, "OFFLINE");
        Assert.Equal("OFFLINE", await KeptAsync("late"));
        _plant.HostLine.Refuses = false;
        await SaidAsync(listener, "ONLINE");
    }

    [Fact]
    public async Task A_host_that_has_lost_its_own_connection_says_so_over_the_other()
    {
        var listener = await _plant.ListenAsync(Topic);
        Run();
        await SaidAsync(listener, "ONLINE");
        _plant.HostLine.Refuses = true; // What stands goes on; nothing new comes through.
        await using (await _plant.ConnectAsync("host-hub"))
        {
            await SaidAsync(listener, "OFFLINE");
        }

        _plant.HostLine.Refuses = false;
        await SaidAsync(listener, "ONLINE");
    }

    [Theory]
    [InlineData("OFFLINE")]
    [InlineData("offline")]
    [InlineData("")]
    public async Task What_others_say_about_the_host_is_put_right(string lie)
    {
        var listener = await _plant.ListenAsync(Topic);
        Run();
        await SaidAsync(listener, "ONLINE");
        await listener.Client.PublishAsync(Topic, Encoding.UTF8.GetBytes(lie), QualityOfService.AtLeastOnce, retain: true);
        await SaidAsync(listener, lie);
        await SaidAsync(listener, "ONLINE");
        Assert.Equal("ONLINE", await KeptAsync("late"));
    }

    [Fact]
    public async Task A_host_that_is_not_asked_to_says_nothing_there()
    {
        var listener = await _plant.ListenAsync("STATE/#", "spBv1.0/STATE/hub");
        var (_, stopAsync) = _plant.RunHost();
        await listener.NextAsync(m => HostState.TryRead(m.Payload.Span, out var isOnline, out _) && isOnline);
        await stopAsync();
        Assert.Equal("spBv1.0/STATE/hub", (await listener.NextAsync(_ => true)).Topic);
    }

    private (HostApplication Host, Func<Task> StopAsync) Run() => _plant.RunHost(change: options => options with { LegacyState = true });

    private static Task<MqttMessage> SaidAsync(Listener listener, string word) => listener.NextAsync(m => m.Topic == Topic && Encoding.UTF8.GetString(m.Payload.Span) == word);

    private async Task<string> KeptAsync(string name)
    {
        await using var late = await _plant.ConnectAsync(name);
        await late.SubscribeAsync([new SubscriptionRequest(Topic, QualityOfService.AtLeastOnce)], default);
        return Encoding.UTF8.GetString((await new Listener(late).NextAsync(m => m.Topic == Topic)).Payload.Span);
    }
}
