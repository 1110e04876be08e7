using System.Net;
using Uns.Hub.Access;
using Uns.TestKit;

namespace Uns.UnitTests.Access;

/// <summary>Guessing gets slow, and nobody learns from it which names there are.</summary>
public sealed class SignInBrakeTests
{
    private static readonly IPAddress Here = IPAddress.Parse("10.0.0.7");

    private readonly ManualClock _clock = new();
    private readonly SignInBrake _brake;

    public SignInBrakeTests() => _brake = new SignInBrake(_clock);

    [Fact]
    public void Each_failure_behind_the_free_ones_doubles_the_wait_up_to_a_minute()
    {
        Fail("anna", SignInBrake.Free);
        var waits = new List<double>();
        for (var i = 0; i < 8; i++)
        {
            var wait = _brake.Begin("anna", Here);
            waits.Add(wait.TotalSeconds);
            _clock.Advance(wait);
            Assert.Equal(TimeSpan.Zero, _brake.Begin("anna", Here));
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60], waits);
    }

    [Fact]
    public void A_name_is_braked_from_every_address_and_without_regard_to_case()
    {
        Fail("anna", SignInBrake.Free);
        Assert.True(_brake.Begin(" ANNA ", IPAddress.Parse("10.0.0.8")) > TimeSpan.Zero);
        Assert.Equal(TimeSpan.Zero, _brake.Begin("bert", IPAddress.Parse("10.0.0.8")));
    }

    [Fact]
    public void An_address_is_braked_for_every_name_and_an_ipv6_network_is_one_address()
    {
        for (var i = 0; i < SignInBrake.Free; i++)
        {
            Assert.Equal(TimeSpan.Zero, _brake.Begin($"name {i}", IPAddress.Parse($"2001:db8::{i + 1}")));
        }

        Assert.True(_brake.Begin("another", IPAddress.Parse("2001:db8::ffff")) > TimeSpan.Zero);
        Assert.Equal(TimeSpan.Zero, _brake.Begin("another", IPAddress.Parse("2001:db8:0:1::1")));
    }

    [Fact]
    public void A_right_password_clears_the_name_and_not_the_address()
    {
        Fail("anna", 2);
        Fail("bert", 2);
        Assert.Equal(TimeSpan.Zero, _brake.Begin("anna", Here));
        _brake.Forgive("anna", Here);
        Assert.Equal(TimeSpan.Zero, _brake.Begin("anna", Here));
        Assert.True(_brake.Begin("carl", Here) > TimeSpan.Zero); // Four that stayed, and one of anna's.
    }

    [Fact]
    public void What_was_not_looked_at_does_not_count()
    {
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(TimeSpan.Zero, _brake.Begin("anna", Here));
            _brake.TakeBack("anna", Here);
        }
    }

    [Fact]
    public void After_a_quarter_of_an_hour_all_is_forgotten()
    {
        Fail("anna", SignInBrake.Free);
        _clock.Advance(SignInBrake.Memory);
        Fail("anna", SignInBrake.Free);
    }

    [Fact]
    public void A_flood_of_names_frees_none_that_is_braked()
    {
        Fail("anna", SignInBrake.Free);
        for (var i = 0; i < 30_000; i++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            _brake.Begin($"name {i}", new IPAddress([11, (byte)(i >> 16), (byte)(i >> 8), (byte)i]));
            if (i % 1000 == 0)
            {
                _brake.Begin("anna", new IPAddress([12, 0, (byte)(i >> 8), (byte)i]));
            }
        }

        Assert.True(_brake.Begin("anna", IPAddress.Parse("13.0.0.1")) > TimeSpan.Zero);
    }

    private void Fail(string name, int times)
    {
        for (var i = 0; i < times; i++)
        {
            Assert.Equal(TimeSpan.Zero, _brake.Begin(name, Here));
        }
    }
}
