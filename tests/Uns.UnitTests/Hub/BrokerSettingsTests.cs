using Uns.Hub.Settings;
using Uns.Mqtt.Broker;
using Uns.Mqtt.Packets;

namespace Uns.UnitTests.Hub;

public sealed class BrokerSettingsTests
{
    [Fact]
    public void A_file_sets_everything_in_MQTTs_own_terms()
    {
        var options = Read("""
            { "mqtt": "127.0.0.1:0", "allowAnonymous": false, "receiveMaximum": 20, "maximumPacketSize": 65536, "topicAliasMaximum": 0,
              "serverKeepAlive": 60, "maximumQos": 1, "retainAvailable": false, "maxConnections": 5, "maxQueuedMessages": 100, "maxInflight": 10,
              "sessionExpiryMaximum": 3600, "denySubscribe": ["secret/#", "a/+"], "denyReason": "0x80" }
            """).Finish();
        Assert.Equal(
            new MqttBrokerOptions
            {
                Address = System.Net.IPAddress.Loopback,
                Port = 0,
                AllowAnonymous = false,
                ReceiveMaximum = 20,
                MaximumPacketBytes = 65536,
                MaximumConnectBytes = 65536,
                TopicAliasMaximum = 0,
                ServerKeepAlive = TimeSpan.FromMinutes(1),
                MaximumQos = QualityOfService.AtLeastOnce,
                RetainAvailable = false,
                MaximumConnections = 5,
                QueuedMessages = 100,
                MaximumInflight = 10,
                MaximumSessionExpiry = TimeSpan.FromHours(1),
                DenySubscribeReason = ReasonCode.UnspecifiedError,
                DenySubscribe = options.DenySubscribe,
                AuthenticationMethods = options.AuthenticationMethods,
                Access = options.Access,
            },
            options);
        Assert.Equal(["secret/#", "a/+"], options.DenySubscribe);
    }

    [Fact]
    public void Every_fault_is_told_at_once_with_the_value_found_and_the_value_wanted()
    {
        var fault = Assert.Throws<SettingException>(() => Read("""{ "receiveMaximum": 0, "maximumQos": 3, "retainAvailable": 1, "denyReason": "0x01", "denySubscribe": "a/#/b", "inflight": 1 }""").Finish());
        Assert.Contains("receiveMaximum is '0': give a whole number, 1 to 65535.", fault.Message);
        Assert.Contains("maximumQos is '3': give a whole number, 0 to 2.", fault.Message);
        Assert.Contains("retainAvailable is '1': give true or false.", fault.Message);
        Assert.Contains("denyReason is '0x01': give 0x80, 0x83, 0x87, 0x8F or 0x97.", fault.Message);
        Assert.Contains("denySubscribe is 'a/#/b': give a topic filter", fault.Message);
        Assert.Contains("inflight is not a setting: the settings are allowAnonymous, ", fault.Message);
        Assert.Equal(6, fault.Message.Split('\n').Length);
    }

    [Fact]
    public void The_command_line_goes_before_the_file()
    {
        var settings = Read("""{ "maxInflight": 10 }""");
        settings.Set(BrokerSetting.All.Single(s => s.Option == "--max-inflight"), "--max-inflight", "30");
        Assert.Equal(30, settings.Finish().MaximumInflight);
    }

    private static BrokerSettingsFile Read(string json)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, json);
            var settings = new BrokerSettingsFile();
            settings.Read(path);
            return settings;
        }
        finally
        {
            File.Delete(path);
        }
    }
}
