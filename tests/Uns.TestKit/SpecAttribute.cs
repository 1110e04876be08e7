using Xunit.v3;

namespace Uns.TestKit;

/// <summary>Ties a test to the normative statement it proves: <c>tck-id-…</c> for Sparkplug, <c>MQTT-x.y.z-n</c> for MQTT.</summary>
/// <remarks>Shows as the trait <c>Spec</c>, so that one statement's tests can be run alone.</remarks>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class SpecAttribute(string id) : Attribute, ITraitAttribute
{
    public string Id { get; } = id;

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("Spec", Id)];
}
