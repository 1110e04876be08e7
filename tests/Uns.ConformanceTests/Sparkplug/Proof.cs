using System.Reflection;
using Uns.Sparkplug.Check;
using Uns.TestKit;
using Xunit.v3;

namespace Uns.ConformanceTests.Sparkplug;

/// <summary>Ties what the rules found to the statements that the running test claims to prove.</summary>
internal static class Proof
{
    /// <summary>Every statement of the running test was put to the test and kept, and no rule at all was broken.</summary>
    public static void Holds(CheckReport report)
    {
        Assert.Equal([], report.Results.Where(r => r.Verdict is CheckVerdict.Fail or CheckVerdict.Maybe).Select(r => $"{r.Verdict} {r.Id}: {r.Why}"));
        var method = Assert.IsAssignableFrom<IXunitTestMethod>(TestContext.Current.TestMethod).Method;
        var ids = method.GetCustomAttributes<SpecAttribute>().Select(s => s.Id).ToList();
        Assert.NotEmpty(ids);
        Assert.Equal([], ids.Where(id => report[id].Verdict != CheckVerdict.Pass).Order());
    }
}
