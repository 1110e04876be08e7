using System.Net;
using Uns.Mqtt.Broker;
using Uns.Mqtt.Broker.Access;
using Uns.Mqtt.Packets;
using Uns.TestKit;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>Enhanced authentication with a method that asks for its question back. MQTT 5.0 alone has it.</summary>
public sealed class AuthenticationTests : BrokerFixture
{
    protected override MqttBrokerOptions Options => new() { AuthenticationMethods = [new Echo()], AllowAnonymous = false };

    [Fact, Spec("MQTT-4.12.0-2"), Spec("MQTT-4.12.0-5"), Spec("MQTT-3.15.2-1")]
    public async Task A_right_answer_lets_the_client_in_and_each_packet_names_the_method()
    {
        var client = await ChallengedAsync("alice");
        await AnswerAsync(client, ReasonCode.ContinueAuthentication, "alice:7");
        var welcome = (await client.ReceiveAsync(PacketType.ConnAck)).ConnAck;
        Assert.Equal((ReasonCode.Success, "ECHO", "welcome"), (welcome.Reason, welcome.Properties.AuthenticationMethod, TextOf(welcome.Properties)));
        Assert.Equal("alice", Assert.Single(await ClientsAsync()).Principal);
        await client.NothingMoreAsync();
    }

    [Fact, Spec("MQTT-4.12.0-4"), Spec("MQTT-3.2.2-6"), Spec("MQTT-3.2.2-8")]
    public async Task A_wrong_answer_ends_the_connection_after_a_reason()
    {
        var client = await ChallengedAsync("alice");
        await AnswerAsync(client, ReasonCode.ContinueAuthentication, "alice:8");
        var refusal = (await client.ReceiveAsync(PacketType.ConnAck)).ConnAck;
        Assert.Equal((ReasonCode.NotAuthorized, false), (refusal.Reason, refusal.SessionPresent));
        Assert.Null(await client.NextAsync());
        Assert.Empty(await ClientsAsync());
    }

    [Theory, Spec("MQTT-3.1.2-30")]
    [InlineData("C000")]                                  // PINGREQ
    [InlineData("3004000174" + "00")]                     // PUBLISH
    [InlineData("8207000100000174" + "00")]               // SUBSCRIBE
    [InlineData("100E00044D5154540502000000000162")]      // CONNECT again
    [InlineData("F000")]                                  // AUTH without reason and method
    public async Task Before_connack_only_the_exchange_goes_on(string hex)
    {
        var client = await ChallengedAsync("alice");
        await client.SendAsync(hex);
        Assert.NotEqual(ReasonCode.Success, await client.ClosedAsync());
        Assert.Empty(await ClientsAsync());
        Assert.Equal(0, (await FiguresAsync()).Subscriptions);
    }

    [Fact, Spec("MQTT-4.12.0-1")]
    public async Task A_method_that_is_not_offered_is_refused()
    {
        var client = await OpenAsync();
        var answer = await client.ConnectAsync(new ConnectPacket { ClientId = "a", Properties = new Properties { AuthenticationMethod = "SCRAM-SHA-1" } });
        Assert.Equal(ReasonCode.BadAuthenticationMethod, answer.Reason);
        Assert.Null(await client.NextAsync());
    }

    [Fact, Spec("MQTT-4.12.0-6"), Spec("MQTT-4.12.0-7")]
    public async Task Without_a_method_there_is_neither_auth_nor_a_method_in_connack()
    {
        var client = await OpenAsync();
        var answer = await client.ConnectAsync(new ConnectPacket { ClientId = "plain", UserName = "bob" });
        Assert.Equal((ReasonCode.Success, null, null), (answer.Reason, answer.Properties.AuthenticationMethod, answer.Properties.AuthenticationData));
        await AnswerAsync(client, ReasonCode.ReAuthenticate, "bob");
        Assert.Equal(ReasonCode.ProtocolError, await client.ClosedAsync());
    }

    [Fact]
    public async Task A_client_authenticates_again_while_its_messages_flow()
    {
        var client = await InAsync("alice");
        await client.SubscribeAsync("t", QualityOfService.AtMostOnce);
        await AnswerAsync(client, ReasonCode.ReAuthenticate, "alice");
        Assert.Equal(ReasonCode.ContinueAuthentication, (await AuthAsync(client)).Reason);
        await client.PublishAsync("t", "between");
        Assert.Equal("between", (await client.ReceivePublishAsync()).Payload);
        await AnswerAsync(client, ReasonCode.ContinueAuthentication, "alice:7");
        var done = await AuthAsync(client);
        Assert.Equal((ReasonCode.Success, "ECHO"), (done.Reason, done.Properties.AuthenticationMethod));
        await client.NothingMoreAsync();
    }

    [Theory, Spec("MQTT-4.12.1-2")]
    [InlineData("ECHO", "alice:8", ReasonCode.NotAuthorized)]
    [InlineData("ECHO", "bob:7", ReasonCode.NotAuthorized)]
    [InlineData("OTHER", "alice:7", ReasonCode.ProtocolError)]
    public async Task A_new_authentication_that_fails_ends_the_connection(string method, string answer, ReasonCode reason)
    {
        var client = await InAsync("alice");
        await AnswerAsync(client, ReasonCode.ReAuthenticate, answer.Split(':')[0]);
        await AuthAsync(client);
        await AnswerAsync(client, ReasonCode.ContinueAuthentication, answer, method);
        Assert.Equal(reason, await client.ClosedAsync());
    }

    [Fact]
    public async Task An_exchange_has_its_rounds_and_its_time()
    {
        var endless = await ChallengedAsync("endless");
        for (var i = 0; i < 7; i++)
        {
            await AnswerAsync(endless, ReasonCode.ContinueAuthentication, "again");
            await AuthAsync(endless);
        }

        await AnswerAsync(endless, ReasonCode.ContinueAuthentication, "again");
        Assert.Equal(ReasonCode.NotAuthorized, await endless.ClosedAsync());
        var silent = await InAsync("alice");
        await AnswerAsync(silent, ReasonCode.ReAuthenticate, "alice");
        await AuthAsync(silent);
        await AdvanceAsync(TimeSpan.FromSeconds(12));
        Assert.Equal(ReasonCode.NotAuthorized, await silent.ClosedAsync());
    }

    [Fact, Spec("MQTT-3.15.2-2"), Spec("MQTT-3.15.2-3"), Spec("MQTT-3.1.2-24")]
    public async Task Auth_fits_into_the_clients_largest_packet_and_carries_no_more_than_it_must()
    {
        var client = await OpenAsync();
        await client.SendAsync(new ConnectPacket
        {
            ClientId = "a",
            Properties = new Properties { AuthenticationMethod = "ECHO", AuthenticationData = "a"u8.ToArray(), MaximumPacketSize = 24 },
        }.Write);
        var packet = await client.ReceiveAsync(PacketType.Auth);
        Assert.InRange(packet.Header.PacketBytes, 2, 24);
        Assert.True(AuthPacket.TryRead(packet.Body, out var auth, out _));
        Assert.Null(auth.Properties.ReasonString);
        Assert.Empty(auth.Properties.UserProperties);
    }

    private async Task<RawClient> ChallengedAsync(string name)
    {
        var client = await OpenAsync();
        await client.SendAsync(new ConnectPacket
        {
            ClientId = name,
            Properties = new Properties { AuthenticationMethod = "ECHO", AuthenticationData = System.Text.Encoding.UTF8.GetBytes(name) },
        }.Write);
        var challenge = await AuthAsync(client);
        Assert.Equal((ReasonCode.ContinueAuthentication, "ECHO", "7"), (challenge.Reason, challenge.Properties.AuthenticationMethod, TextOf(challenge.Properties)));
        return client;
    }

    private async Task<RawClient> InAsync(string name)
    {
        var client = await ChallengedAsync(name);
        await AnswerAsync(client, ReasonCode.ContinueAuthentication, $"{name}:7");
        Assert.Equal(ReasonCode.Success, (await client.ReceiveAsync(PacketType.ConnAck)).ConnAck.Reason);
        return client;
    }

    private static Task AnswerAsync(RawClient client, ReasonCode reason, string data, string method = "ECHO") =>
        client.SendAsync(new AuthPacket { Reason = reason, Properties = new Properties { AuthenticationMethod = method, AuthenticationData = System.Text.Encoding.UTF8.GetBytes(data) } }.Write);

    private static async Task<AuthPacket> AuthAsync(RawClient client)
    {
        var packet = await client.ReceiveAsync(PacketType.Auth);
        Assert.True(AuthPacket.TryRead(packet.Body, out var auth, out var fault), fault.What);
        return auth;
    }

    private static string TextOf(Properties properties) => System.Text.Encoding.UTF8.GetString(properties.AuthenticationData!);

    /// <summary>First the name, then the name with the number 7; <c>again</c> asks once more.</summary>
    private sealed class Echo : IAuthenticationMethod
    {
        public string Name => "ECHO";

        public IAuthenticationExchange Begin(ConnectPacket connect, ClientOrigin origin) => new Exchange();

        private sealed class Exchange : IAuthenticationExchange
        {
            private string? _name;

            public AuthenticationStep Next(byte[]? data)
            {
                var text = System.Text.Encoding.UTF8.GetString(data ?? []);
                if (_name is null || text == "again")
                {
                    _name ??= text;
                    return new(ReasonCode.ContinueAuthentication, "7"u8.ToArray());
                }

                return text == $"{_name}:7" ? new(ReasonCode.Success, "welcome"u8.ToArray(), _name) : new(ReasonCode.NotAuthorized);
            }
        }
    }
}
