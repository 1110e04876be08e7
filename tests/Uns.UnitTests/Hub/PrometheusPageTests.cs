using System.Diagnostics.Metrics;
using Uns.Hub.Api;

namespace Uns.UnitTests.Hub;

public sealed class PrometheusPageTests
{
    [Fact]
    public void Counters_are_summed_gauges_are_read_and_foreign_meters_are_left_out()
    {
        using var page = new PrometheusPage();
        using var meter = new Meter("Uns.PageTest");
        using var foreign = new Meter("Somebody.Else");
        var drops = meter.CreateCounter<long>("page.test.drops", description: "Drops.");
        drops.Add(2, new KeyValuePair<string, object?>("reason", "a \"b\"\n"));
        drops.Add(3, new KeyValuePair<string, object?>("reason", "a \"b\"\n"));
        meter.CreateObservableGauge("page.test.level", () => 4.5);
        foreign.CreateCounter<long>("page.test.foreign").Add(1);
        var text = page.Render();
        Assert.Contains("# HELP page_test_drops_total Drops.\n# TYPE page_test_drops_total counter\npage_test_drops_total{reason=\"a \\\"b\\\"\\n\"} 5\n", text);
        Assert.Contains("# TYPE page_test_level gauge\npage_test_level 4.5\n", text);
        Assert.DoesNotContain("foreign", text);
    }
}
