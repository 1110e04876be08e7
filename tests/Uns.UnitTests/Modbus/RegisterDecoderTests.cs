using System.Buffers.Binary;
using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Tags;

namespace Uns.UnitTests.Modbus;

public sealed class RegisterDecoderTests : IAsyncDisposable
{
    private readonly ModbusSimulator _simulator = new([], TimeProvider.System);
    private readonly ModbusKind _kind = new();

    [Theory]
    [InlineData("ABCD", 0, 1, 2, 3)]
    [InlineData("CDAB", 2, 3, 0, 1)]
    [InlineData("BADC", 1, 0, 3, 2)]
    [InlineData("DCBA", 3, 2, 1, 0)]
    public void A_float_shows_as_likely_in_the_order_it_was_laid_down(string order, int a, int b, int c, int d)
    {
        var big = new byte[4];
        BinaryPrimitives.WriteSingleBigEndian(big, 21.5f);
        byte[] sent = [big[a], big[b], big[c], big[d]];

        var place = Decode((ushort)((sent[0] << 8) | sent[1]), (ushort)((sent[2] << 8) | sent[3]))[0];

        var right = Assert.Single(place.Readings, r => r.DataType == DataType.Float && r.Likelihood == Likelihood.Likely);
        Assert.Equal((order, "21.5", $"HR1#{order}"), (right.Order, right.Text, right.Address));
        Assert.Equal(4, place.Readings.Count(r => r.DataType == DataType.Float));
    }

    [Fact]
    public void Every_reading_is_what_a_tag_of_its_address_and_type_would_be()
    {
        var random = new Random(4);
        var options = new ModbusOptions { Host = "h", Unit = 1 };
        for (var round = 0; round < 200; round++)
        {
            var registers = Enumerable.Range(0, 8).Select(_ => ((ushort)random.Next(0x10000), (string?)null)).ToList();
            foreach (var reading in new RegisterDecoder(options).Decode(ModbusTable.HoldingRegister, 1, 0, registers)[0].Readings)
            {
                Assert.Null(ModbusAddressReader.Read(reading.Address, oneBased: true, out var address));
                var tag = new ModbusTag("t", address!, 1, address!.RawType(reading.DataType));
                var bytes = registers.Take(tag.Width).SelectMany(r => new[] { (byte)(r.Item1 >> 8), (byte)r.Item1 }).ToArray();
                var value = RegisterValue.Read(bytes, address, tag.Type, options.ByteOrder);
                if (reading.DataType is DataType.Float or DataType.Double)
                {
                    Assert.True(double.IsNaN(value.Number) || Math.Abs(double.Parse(reading.Text, System.Globalization.CultureInfo.InvariantCulture) - value.Number) <= Math.Abs(value.Number) * 1e-6 || !double.IsFinite(value.Number));
                }
                else if (reading.DataType == DataType.String)
                {
                    Assert.StartsWith(reading.Text, value.Text, StringComparison.Ordinal);
                }
                else
                {
                    Assert.Equal(value.ToString(), reading.Text);
                }
            }
        }
    }

    [Theory]
    [InlineData(FirstAddress.One, 1, "HR1")]
    [InlineData(FirstAddress.Zero, 1, "HR0")]
    [InlineData(FirstAddress.One, 9, "9!HR1")]
    public void Addresses_are_written_as_the_device_counts_them(FirstAddress first, byte unit, string address)
    {
        var decoder = new RegisterDecoder(new() { FirstAddress = first, Unit = 1 });

        var place = Assert.Single(decoder.Decode(ModbusTable.HoldingRegister, unit, 0, [(7, null)]));

        Assert.Equal((address, "0007"), (place.Address, place.Hex));
    }

    [Fact]
    public void A_text_is_found_in_both_byte_orders_and_a_hole_has_its_reason()
    {
        var places = Decode(0x4142, 0x4344, 0x4500, null);

        Assert.Contains(places[0].Readings, r => r is { DataType: DataType.String, Order: "H", Text: "ABCDE", Likelihood: Likelihood.Likely });
        Assert.Contains(places[0].Readings, r => r is { DataType: DataType.String, Order: "L", Text: "BADC" });
        Assert.Equal((null, "nothing there."), (places[3].Hex, places[3].Fault));
        Assert.DoesNotContain(places[2].Readings, r => r.Bits > 16);
    }

    [Fact]
    public async Task A_range_with_holes_is_read_down_to_the_places_at_fault()
    {
        await _simulator.StartAsync();
        _simulator.IsMissing = (_, offset) => offset is 3 or 17;
        for (var offset = 0; offset < 20; offset++)
        {
            _simulator.SetRegister(ModbusTable.HoldingRegister, offset, (ushort)(offset * 3));
        }

        var range = await ReadAsync(new() { First = 1, Count = 20 });

        Assert.Equal([3, 17], range.Places.Select((p, i) => (p, i)).Where(p => p.p.Fault is not null).Select(p => p.i));
        Assert.Contains("exception 2", range.Places[3].Fault, StringComparison.Ordinal);
        Assert.Equal((19 * 3).ToString("X4", System.Globalization.CultureInfo.InvariantCulture), range.Places[19].Hex);
        Assert.InRange(_simulator.Requests, 3, 25);
    }

    [Fact]
    public async Task A_silent_unit_is_a_fault_of_its_places_and_bits_are_read_too()
    {
        await _simulator.StartAsync();
        _simulator.SetBit(ModbusTable.Coil, 2, true);
        _simulator.FaultFor = (unit, _) => unit == 9 ? new(IsSilent: true) : null;

        Assert.All((await ReadAsync(new() { Unit = 9, Count = 4 })).Places, p => Assert.Equal("unit 9 did not answer.", p.Fault));
        Assert.Equal(["false", "false", "true"], (await ReadAsync(new() { Table = "C", Count = 3 })).Places.Select(p => p.Readings[0].Text));
    }

    [Theory]
    [InlineData("XX", 1, 1, null, "The table is 'XX': give one of HR, IR, C, DI.")]
    [InlineData("HR", 0, 1, null, "The range begins at 0")]
    [InlineData("HR", 65536, 2, null, "The range begins at 65536")]
    [InlineData("HR", 1, 126, null, "The count is 126: give 1 to 125.")]
    [InlineData("HR", 1, 1, 256, "The unit is 256: give 0 to 255.")]
    public void What_cannot_be_read_is_said(string table, int first, int count, int? unit, string words) =>
        Assert.StartsWith(words, _kind.Fault(Device(), new() { Table = table, First = first, Count = count, Unit = unit }), StringComparison.Ordinal);

    public ValueTask DisposeAsync() => _simulator.DisposeAsync();

    private static IReadOnlyList<DecodedPlace> Decode(params ushort?[] registers) =>
        new RegisterDecoder(new()).Decode(ModbusTable.HoldingRegister, 1, 0, [.. registers.Select(r => (r ?? 0, r is null ? "nothing there." : null))]);

    private static DeviceOptions Device(int port = 502) =>
        new() { Name = "press", Protocol = "modbus", Settings = new() { ["Host"] = "127.0.0.1", ["Port"] = port, ["AnswerTimeout"] = "2s", ["Retries"] = 0 } };

    private async Task<DecodedRange> ReadAsync(DecodeRequest request)
    {
        var device = Device(_simulator.EndPoint.Port);
        DecodedRange? found = null;
        await new DeviceBrowser(TimeProvider.System).LookAsync(
            _kind, device, async (connector, token) => found = await _kind.DecodeAsync(connector, device, request, token), CancellationToken.None);
        return found!;
    }
}
