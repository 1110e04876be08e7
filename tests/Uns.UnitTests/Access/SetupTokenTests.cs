using Uns.Hub.Access;
using Uns.Hub.Settings;
using Uns.TestKit;

namespace Uns.UnitTests.Access;

/// <summary>The token that sets the first password from another machine.</summary>
public sealed class SetupTokenTests : IDisposable
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("uns-setup-");
    private readonly ManualClock _clock = new();
    private readonly SetupToken _token;

    public SetupTokenTests()
    {
        _token = new SetupToken(new HubOptions { Data = _data.FullName }, _clock);
        _token.Begin();
    }

    public void Dispose() => _data.Delete(recursive: true);

    [Fact]
    public void It_has_160_bits_in_letters_that_are_not_mistaken_and_its_file_is_its_owners_alone()
    {
        Assert.Matches("^[A-Z2-7]{8}(-[A-Z2-7]{8}){3}$", _token.Text);
        Assert.Equal(_token.Text, File.ReadAllText(_token.File).Trim());
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_token.File));
        }

        var first = _token.Text;
        _token.Begin();
        Assert.NotEqual(first, _token.Text);
    }

    [Fact]
    public void It_is_known_however_it_is_typed() => Assert.Null(_token.Fault($" {_token.Text!.Replace('-', ' ').ToLowerInvariant()} "));

    [Fact]
    public void Five_tries_a_minute_are_looked_at()
    {
        for (var i = 0; i < SetupToken.MostTries; i++)
        {
            Assert.Contains("not the setup token", _token.Fault("guess"), StringComparison.Ordinal);
        }

        Assert.Contains("wait a minute", _token.Fault(_token.Text!), StringComparison.Ordinal);
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(_token.Fault(_token.Text!));
    }

    [Fact]
    public void It_is_over_after_half_an_hour_and_after_its_use()
    {
        var text = _token.Text!;
        _clock.Advance(SetupToken.Life);
        Assert.Contains("is over", _token.Fault(text), StringComparison.Ordinal);
        _token.Begin();
        text = _token.Text!;
        _token.Remove();
        Assert.False(File.Exists(_token.File));
        Assert.Contains("is over", _token.Fault(text), StringComparison.Ordinal);
    }
}
