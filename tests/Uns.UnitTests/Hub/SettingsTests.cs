using Uns.Hub.Settings;
using Uns.Sparkplug.Aware;
using Uns.Sparkplug.Host;

namespace Uns.UnitTests.Hub;

public sealed class SettingsTests
{
    [Theory]
    [InlineData("127.0.0.1:1883", "127.0.0.1:1883")]
    [InlineData("localhost:0", "127.0.0.1:0")]
    [InlineData("0.0.0.0:65535", "0.0.0.0:65535")]
    [InlineData("[::1]:80", "[::1]:80")]
    public void An_address_is_read(string written, string endPoint) => Assert.Equal(endPoint, ListenAddress.Parse("--mqtt", written).ToString());

    [Theory]
    [InlineData("1883", "ADDRESS:PORT")]
    [InlineData("127.0.0.1:70000", "'70000': give 0 to 65535")]
    [InlineData("127.0.0.1:", "give 0 to 65535")]
    [InlineData("plc7:1883", "'plc7'")]
    [InlineData("::1:80", "brackets")]
    public void A_wrong_address_is_named_with_what_is_wanted(string written, string said)
    {
        var fault = Assert.Throws<SettingException>(() => ListenAddress.Parse("--mqtt", written));
        Assert.StartsWith("--mqtt", fault.Message);
        Assert.Contains(said, fault.Message);
    }

    [Theory]
    [InlineData("""{"mqtt":"1883"}""", "mqtt is '1883'")]
    [InlineData("""{"mqttt":"127.0.0.1:1"}""", "mqttt is not a setting")]
    [InlineData("""{"groupId":"a/b"}""", "groupId is 'a/b'")]
    [InlineData("""{"groupId":5}""", "groupId is 5: give a text")]
    [InlineData("""{"writeAnswerTimeoutSeconds":0}""", "is 0: give a number above 0")]
    [InlineData("""{"edgeBrokers":["own","plc"]}""", "give a list of \"own\" and \"HOST:PORT\"")]
    [InlineData("""{"edgeBrokers":[]}""", "edgeBrokers is []")]
    [InlineData("""{"sparkplugQos":"no"}""", "sparkplugQos is 'no': give off, warn or refuse")]
    [InlineData("""{"rebirthOn":["gap","always"]}""", "rebirthOn is [\"gap\",\"always\"]: give \"off\" or a list of \"gap\", \"unknown\", \"start\"")]
    [InlineData("""{"rebirthOn":[]}""", "rebirthOn is []")]
    [InlineData("""{"rebirthOn":[5]}""", "rebirthOn is [5]")]
    [InlineData("""{"rebirthOn":"on"}""", "rebirthOn is \"on\"")]
    [InlineData("""{"rebirthOn":null}""", "rebirthOn is null")]
    [InlineData("""{"nodeRules":{}}""", "nodeRules is {}: give a list")]
    [InlineData("""{"nodeRules":[{"rebirthOn":"off"}]}""", "nodeRules[0] is")]
    [InlineData("""{"nodeRules":[{"node":"a/b","rebirthOn":"off"},{"node":"a","rebirthOn":"off"}]}""", "nodeRules[1].node is 'a': give GROUP/NODE")]
    [InlineData("""{"nodeRules":[{"node":"a/b"}]}""", "nodeRules[0] says nothing about 'a/b'")]
    [InlineData("""{"nodeRules":[{"node":7,"rebirthOn":"off"}]}""", "nodeRules[0].node is 7: give a text")]
    [InlineData("""{"nodeRules":[{"node":"a/b","commandsByName":1}]}""", "commandsByName is 1: give true or false")]
    [InlineData("""{"nodeRules":[{"node":"a/b","rebirth":"off"}]}""", "nodeRules[0].rebirth is not a setting")]
    [InlineData("""{"edgeStartSeconds":-1}""", "edgeStartSeconds is -1: give a number from 0 to 600")]
    [InlineData("""{"edgeStartSeconds":1e999}""", "edgeStartSeconds is 1e999")]
    [InlineData("""{"tagChangeSeconds":"1"}""", "tagChangeSeconds is \"1\": give a number from 0 to 60")]
    [InlineData("""{"legacyState":1}""", "legacyState is 1: give true or false")]
    [InlineData("[]", "give one JSON object")]
    [InlineData("{\n\"mqtt\":", "line 2")]
    public void A_wrong_file_is_named_with_the_setting_and_the_place(string text, string said)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, text);
            var fault = Assert.Throws<SettingException>(() => SettingsFile.Apply(new HubOptions(), path));
            Assert.StartsWith(path, fault.Message);
            Assert.Contains(said, fault.Message);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_file_overrides_the_defaults_and_nothing_else()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, """{ "groupId": "berlin", /* why */ "http": "127.0.0.1:9000", }""");
            var options = SettingsFile.Apply(new HubOptions(), path);
            Assert.Equal(new HubOptions { GroupId = "berlin", Http = new(System.Net.IPAddress.Loopback, 9000) }, options);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void The_settings_of_edge_nodes_and_of_the_aware_broker_are_read_in_any_order()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, """{ "sparkplugQos": "refuse", "edgeNodePerDevice": true, "edgeBrokers": ["own", "10.0.0.7:1884"], "primaryHost": "scada", "sparkplugForeign": "warn" }""");
            var options = SettingsFile.Apply(new HubOptions(), path);
            Assert.Equal((true, "scada"), (options.EdgeNodePerDevice, options.PrimaryHost));
            Assert.Equal(["own", "10.0.0.7:1884"], options.EdgeBrokers);
            Assert.Equal(new AwareOptions { Qos = AwarePolicy.Refuse, ForeignNode = AwarePolicy.Warn, ForeignState = AwarePolicy.Warn }, options.Aware);
            File.WriteAllText(path, """{ "sparkplugAware": false, "sparkplugQos": "refuse" }""");
            Assert.Null(SettingsFile.Apply(new HubOptions(), path).Aware);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void The_settings_of_the_host_reach_it()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, """
                {
                  "hostId": "scada", "legacyState": true, "rebirthOn": ["gap", "start"], "edgeStartSeconds": 2.5, "tagChangeSeconds": 0,
                  "nodeRules": [ { "node": "berlin/press*", "rebirthOn": "off", "commandsByName": true }, { "node": "*/*", "rebirthOn": ["unknown"] } ]
                }
                """);
            var options = SettingsFile.Apply(new HubOptions(), path);
            var host = options.Host();
            Assert.Empty(host.Check());
            Assert.Equal(("scada", true, RebirthCauses.Gap | RebirthCauses.Malformed | RebirthCauses.HostStart), (host.HostId, host.LegacyState, host.RebirthOn));
            Assert.Equal((RebirthCauses.None, true), (host.RebirthOnOf(new("berlin", "press7")), host.CommandsByNameOf(new("berlin", "press7"))));
            Assert.Equal((RebirthCauses.UnknownMetric | RebirthCauses.DataBeforeBirth, false), (host.RebirthOnOf(new("berlin", "oven")), host.CommandsByNameOf(new("berlin", "oven"))));
            Assert.Equal((TimeSpan.FromSeconds(2.5), TimeSpan.Zero), (options.EdgeStart, options.TagChangeDistance));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void An_edge_node_waits_at_the_start_only_where_it_may_come_with_others()
    {
        Assert.Equal(TimeSpan.Zero, new HubOptions().EdgeStart);
        Assert.Equal(TimeSpan.Zero, new HubOptions { EdgeBrokers = ["own", "10.0.0.7:1883"] }.EdgeStart);
        Assert.Equal(TimeSpan.FromSeconds(5), new HubOptions { EdgeBrokers = ["10.0.0.7:1883", "own"] }.EdgeStart);
        Assert.Equal(TimeSpan.Zero, new HubOptions { EdgeBrokers = ["10.0.0.7:1883"], Demo = true }.EdgeStart);
        Assert.Equal(TimeSpan.FromSeconds(1), new HubOptions { EdgeStartWithin = TimeSpan.FromSeconds(1) }.EdgeStart);
    }
}
