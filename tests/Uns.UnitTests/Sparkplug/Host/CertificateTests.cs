using Uns.Sparkplug.Host;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;

namespace Uns.UnitTests.Sparkplug.Host;

/// <summary>The host's start from the certificates that an aware broker keeps.</summary>
public sealed class CertificateTests
{
    private static readonly SparkplugTopic Node = SparkplugTopic.OfNode(MessageVerb.NBirth, HostStage.Id);
    private static readonly SparkplugTopic Device = SparkplugTopic.OfDevice(MessageVerb.DBirth, HostStage.Id, "D");
    private readonly HostStage _stage = new();

    [Fact]
    public void Names_and_aliases_are_known_values_are_stale_and_live_data_fit_at_once()
    {
        NodeCertificate(HostStage.Noon.AddDays(-1));
        DeviceCertificate(HostStage.Noon.AddDays(-1), 1);
        Assert.Equal((TagValue.Of(1.0), TagQuality.Stale), (_stage["level"].Value, _stage["level"].Quality));
        Assert.Contains("certificate", _stage["level"].Reason!, StringComparison.Ordinal);
        Assert.False(_stage.Info.IsOnline);
        _stage.Data(77, HostStage.ByAlias(1, 4)); // Its seq is where counting begins.
        _stage.Data(78, HostStage.ByAlias(2, 5) with { Value = new(WireKind.Int, 6) });
        Assert.Equal((TagValue.Of(4.0), TagQuality.Good), (_stage["level"].Value, _stage["level"].Quality));
        Assert.Equal((true, 0L), (_stage.Info.IsOnline, _stage.Info.Dropped));
        Assert.Equal(RebirthReason.HostStart, Assert.Single(_stage.Rebirths()).Reason);
    }

    [Fact]
    public void A_devices_certificate_may_come_first()
    {
        DeviceCertificate(HostStage.Noon, 3);
        Assert.Empty(_stage.Known);
        NodeCertificate(HostStage.Noon.AddSeconds(-1));
        Assert.Equal(TagValue.Of(3.0), _stage["level"].Value);
    }

    [Fact]
    public void A_devices_certificate_older_than_its_nodes_means_nothing()
    {
        NodeCertificate(HostStage.Noon);
        DeviceCertificate(HostStage.Noon.AddSeconds(-1), 3);
        Assert.DoesNotContain(_stage.Known.Keys, key => key.Device == "D");
        _stage.Data(5, HostStage.ByAlias(1, 4));
        Assert.Equal(1, _stage.CountOf(RuleBreach.DeviceDataBeforeBirth));
    }

    [Fact]
    public void A_live_birth_is_never_overwritten_by_a_certificate()
    {
        _stage.Born();
        _stage.Data(2, HostStage.ByAlias(1, 4));
        NodeCertificate(HostStage.Noon);
        DeviceCertificate(HostStage.Noon, 3);
        Assert.Equal((TagValue.Of(4.0), TagQuality.Good), (_stage["level"].Value, _stage["level"].Quality));
    }

    [Fact]
    public void After_the_broker_was_lost_a_certificate_brings_the_names_and_keeps_the_newer_value()
    {
        _stage.Born();
        _stage.Now += TimeSpan.FromSeconds(5);
        _stage.Data(2, HostStage.ByAlias(1, 4));
        _stage.Session.BrokerLost(_stage.Now);
        NodeCertificate(HostStage.Noon);
        DeviceCertificate(HostStage.Noon, 1);
        Assert.Equal((TagValue.Of(4.0), TagQuality.Stale), (_stage["level"].Value, _stage["level"].Quality));
        _stage.Data(9, HostStage.ByAlias(1, 5));
        Assert.Equal((TagValue.Of(5.0), TagQuality.Good), (_stage["level"].Value, _stage["level"].Quality));
    }

    [Fact]
    public void A_death_after_a_certificate_leaves_all_stale()
    {
        NodeCertificate(HostStage.Noon);
        DeviceCertificate(HostStage.Noon, 3);
        _stage.Death(0);
        Assert.Equal(TagQuality.Stale, _stage["level"].Quality);
        _stage.Data(9, HostStage.ByAlias(1, 5));
        Assert.Equal(1, _stage.CountOf(RuleBreach.DataBeforeBirth));
    }

    [Fact]
    public void A_node_learned_of_is_asked_nodes_beyond_the_bound_are_left_aside_and_damaged_certificates_are_counted()
    {
        var stage = new HostStage(new HostOptions { NodesBound = 1 });
        stage.Session.Certificate(Node, [0xFF], stage.Now);
        stage.Session.Certificate(SparkplugTopic.OfNode(MessageVerb.NBirth, new("G", "second")), [], stage.Now);
        Assert.Equal(HostStage.Id, Assert.Single(stage.Rebirths()).Node);
        Assert.Equal(1, stage.CountOf(RuleBreach.PayloadUnreadable));
        Assert.Single(stage.Session.Nodes());
    }

    private void NodeCertificate(DateTimeOffset at) => _stage.Session.Certificate(Node, PayloadWriter.Write(new SparkplugPayload
    {
        Timestamp = at,
        Seq = 0,
        Metrics = [Metric.Of("bdSeq", TagValue.OfInteger(DataType.Int64, 0)), Metric.Of("Node Control/Rebirth", TagValue.Of(false))],
    }), _stage.Now);

    private void DeviceCertificate(DateTimeOffset at, double level) => _stage.Session.Certificate(Device, PayloadWriter.Write(new SparkplugPayload
    {
        Timestamp = at,
        Seq = 1,
        Metrics = [HostStage.Double("level", level, alias: 1), Metric.Of("count", TagValue.OfInteger(DataType.Int32, 5)) with { Alias = 2 }],
    }), _stage.Now);
}
