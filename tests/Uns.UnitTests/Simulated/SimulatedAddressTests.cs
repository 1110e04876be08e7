using Uns.Connectors;
using Uns.Connectors.Simulated;
using Uns.Tags;

namespace Uns.UnitTests.Simulated;

public sealed class SimulatedAddressTests
{
    [Theory]
    [InlineData("sine(0, 100, 1m)", "sine(0, 100, 00:01:00)")]
    [InlineData(" Sine( -1.5 ,1.5,00:00:30 ) ", "sine(-1.5, 1.5, 00:00:30)")]
    [InlineData("ramp(0,10,500ms)", "ramp(0, 10, 00:00:00.5000000)")]
    [InlineData("walk(20, 30, 10s, 7)", "walk(20, 30, 00:00:10, 7)")]
    [InlineData("counter(0, 1000, 5s)", "counter(0, 1000, 00:00:05)")]
    [InlineData("SQUARE(0, 1, 10s)", "square(0, 1, 00:00:10)")]
    [InlineData("constant(1e3)", "constant(1000)")]
    [InlineData("memory(-0.25)", "memory(-0.25)")]
    public void Every_notation_has_one_canonical_form(string written, string canonical)
    {
        Assert.Null(SimulatedAddressReader.Read(written, out var address));
        Assert.Equal(canonical, address!.ToString());

        Assert.Null(SimulatedAddressReader.Read(canonical, out var again));
        Assert.Equal(address, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("sine")]
    [InlineData("sine(0, 100, 1m")]
    [InlineData("(0, 100, 1m)")]
    [InlineData("sine(0, 100)")]
    [InlineData("sine(100, 0, 1m)")]
    [InlineData("sine(0, 100, 1ms)")]
    [InlineData("sine(0, 100, 8.00:00:00)")]
    [InlineData("sine(0, NaN, 1m)")]
    [InlineData("sine(0, 100, soon)")]
    [InlineData("walk(0, 1, 1m, -1)")]
    [InlineData("replay(0, 1, 1m)")]
    [InlineData("3(0, 1, 1m)")]
    [InlineData("constant(0, 1, 1m)")]
    [InlineData("constant(x)")]
    [InlineData("40001")]
    public void A_fault_quotes_what_was_written(string written)
    {
        var fault = SimulatedAddressReader.Read(written, out var address);

        Assert.Null(address);
        Assert.StartsWith($"is '{written}': ", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sine(0, 1, 1m)", DataType.Double, true, "Tags[0].Writable")]
    [InlineData("sine(0, 1, 1m)", DataType.Uuid, false, "Tags[0].DataType")]
    [InlineData("tan(0, 1, 1m)", DataType.Double, false, "Tags[0].Address")]
    [InlineData("memory(0)", DataType.Double, true, null)]
    public void Every_tag_must_fit_its_address(string address, DataType type, bool writable, string? path)
    {
        var device = new DeviceOptions { Name = "mixer", Protocol = "simulated", Tags = [new() { Name = "a", Address = address, DataType = type, Writable = writable }] };

        Assert.Equal(path, new SimulatedKind().Check(device).Select(f => f.Path).SingleOrDefault());
    }
}
