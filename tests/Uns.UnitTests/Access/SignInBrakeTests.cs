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
    public void A_name_is_braked_in_the_network_where_it_is_guessed_and_without_regard_to_case()
    {
        Fail("anna", SignInBrake.Free);
        Assert.True(_brake.Begin(" ANNA ", IPAddress.Parse("10.0.0.8")) > TimeSpan.Zero);
        Assert.True(_brake.Begin("anna", IPAddress.Parse("::ffff:10.0.0.9")) > TimeSpan.Zero);
        Assert.Equal(TimeSpan.Zero, _brake.Begin("bert", IPAddress.Parse("10.0.0.8")));
    }

    [Theory]
    [InlineData("10.0.1.7")] // Another network.
    [InlineData("2001:db8::1")]
    [InlineData("127.0.0.1")] // The machine itself.
    [InlineData("::1")]
    public void Who_guesses_a_name_shuts_nobody_out_who_comes_from_elsewhere(string elsewhere)
    {
        for (var i = 0; i < 60; i++)
        {
            _brake.Begin("anna", new IPAddress([10, 0, 0, (byte)i]));
            _brake.Begin("anna", IPAddress.Parse($"127.0.0.{i + 2}"));
        }

        Assert.Equal(TimeSpan.Zero, _brake.Begin("anna", IPAddress.Parse(elsewhere)));
    }

    [Fact]
    public void Who_signed_in_at_an_address_is_not_shut_out_there_by_a_neighbour_who_guesses()
    {
        Assert.Equal(TimeSpan.Zero, _brake.Begin("anna", Here));
        _brake.Forgive("anna", Here);
        for (var i = 8; i < 60; i++)
        {
            _brake.Begin("anna", new IPAddress([10, 0, 0, (byte)i]));
        }

        Assert.Equal(TimeSpan.Zero, _brake.Begin("anna", Here));
        Assert.True(_brake.Begin("anna", IPAddress.Parse("10.0.0.99")) > TimeSpan.Zero);
    }

    [Fact]
    public void At_the_machine_itself_too_an_address_gets_a_minute_at_last()
    {
        for (var i = 0; i < SignInBrake.Free; i++)
        {
            Assert.Equal(TimeSpan.Zero, _brake.Begin("anna", IPAddress.Loopback));
        }

        Assert.True(_brake.Begin("anna", IPAddress.Loopback) > TimeSpan.Zero);
    }

    [Fact]
    public void A_clock_that_is_set_lengthens_no_wait_and_ends_none()
    {
        Fail("anna", SignInBrake.Free);
        foreach (var set in new[] { TimeSpan.FromDays(-1), TimeSpan.FromDays(2) })
        {
            _clock.SetWall(set);
            Assert.Equal(TimeSpan.FromSeconds(1), _brake.Begin("anna", Here));
        }
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
                _brake.Begin("anna", IPAddress.Parse("10.0.0.8"));
            }
        }

        Assert.True(_brake.Begin("anna", IPAddress.Parse("10.0.0.9")) > TimeSpan.Zero);
    }

    private void Fail(string name, int times)
    {
        for (var i = 0; i < times; i++)
        {
            Assert.Equal(TimeSpan.Zero, _brake.Begin(name, Here));
        }
    }
}
