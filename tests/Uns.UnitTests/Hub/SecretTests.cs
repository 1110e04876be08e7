using System.Text;
using System.Text.Json.Nodes;
using Uns.Connectors;
using Uns.Connectors.S7;
using Uns.Hub.Changes;
using Uns.Hub.Wiring;
using Uns.Store;
using Uns.Ui.Changes;

namespace Uns.UnitTests.Hub;

/// <summary>Passwords of devices: open in memory, sealed wherever they lie, over restarts, versions, drafts and another key.</summary>
public sealed class SecretTests : IAsyncLifetime
{
    private const string Password = "hunter22";
    private readonly BookStage _hub = new();

    public async ValueTask InitializeAsync() => await _hub.OpenAsync();

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    [Fact]
    public void A_secret_is_sealed_for_its_place_and_its_key_and_always_alike()
    {
        var seal = new SecretSeal(new byte[32], [new S7Kind()]);
        var device = Device("press");
        var hidden = seal.Seal(device);
        Assert.StartsWith(SecretSeal.Prefix, PasswordOf(hidden), StringComparison.Ordinal);
        Assert.Equal("10.0.0.7", hidden.Settings["Host"]!.GetValue<string>());
        Assert.True(PlantJson.Same(hidden, seal.Seal(device)));
        Assert.True(PlantJson.Same(hidden, seal.Seal(hidden)));
        Assert.True(PlantJson.Same(device, seal.Open(hidden)));
        Assert.Equal(Password, PasswordOf(device)); // What was handed over is not touched.
        Assert.NotEqual(PasswordOf(hidden), PasswordOf(seal.Seal(device with { Name = "oven" })));
        Assert.True(PlantJson.Same(hidden with { Name = "oven" }, seal.Open(hidden with { Name = "oven" }))); // It opens nowhere else,
        Assert.True(PlantJson.Same(hidden, new SecretSeal([.. Enumerable.Repeat((byte)1, 32)], [new S7Kind()]).Open(hidden))); // nor with another key.
        foreach (var odd in new[] { "", "sealed:1:", "sealed:1:AAAA", "sealed:1:?" })
        {
            Assert.Equal(odd, PasswordOf(seal.Open(Device("press", odd))));
        }

        Assert.Equal("", PasswordOf(seal.Seal(Device("press", ""))));
    }

    [Fact]
    public async Task No_password_lies_open_on_disk_and_versions_undo_and_drafts_go_on_over_a_restart()
    {
        await ChangeAsync(Device("press"));
        await ChangeAsync(Device("press", "another"));
        await _hub.Drafts.SaveAsync("later", new PlantChange { Devices = [Device("oven")] }, "anna", null, default);
        Assert.Equal(0, await OpenOnDiskAsync());
        var number = _hub.Settings.Current.Number;
        await _hub.OpenAsync();
        Assert.Equal(number, _hub.Settings.Current.Number);
        Assert.Equal("another", PasswordOf(_hub.Devices.Find("press")!));
        Assert.Null(await _hub.Settings.UndoAsync(number, "anna", default));
        Assert.Equal(Password, PasswordOf(_hub.Devices.Find("press")!));
        await _hub.Drafts.PublishAsync("later", new ChangeNote("anna"), _hub.Drafts.View("later")!, default);
        Assert.Equal(Password, PasswordOf(_hub.Devices.Find("oven")!));
        Assert.Equal(Password, PasswordOf((await _hub.Settings.ReadAsync(number - 1, default))!.Device("press")!));
        Assert.Equal(0, await OpenOnDiskAsync());
        Assert.Equal(-1, _hub.OnDisk().AsSpan().IndexOf(Encoding.UTF8.GetBytes(Password)));
    }

    [Fact]
    public async Task What_an_earlier_version_wrote_in_clear_text_is_sealed_at_the_next_start_and_no_version_comes_of_it()
    {
        await ChangeAsync(Device("press"));
        await ChangeAsync(Device("press", "another"));
        await _hub.Drafts.SaveAsync("later", new PlantChange { Devices = [Device("oven")] }, "anna", null, default);
        var number = _hub.Settings.Current.Number;
        await WriteOpenAsync();
        Assert.Equal(4, await OpenOnDiskAsync());
        await _hub.OpenAsync();
        Assert.Equal(0, await OpenOnDiskAsync());
        await _hub.OpenAsync(); // The journal, which still told the old pages, ends with the process.
        Assert.Equal(-1, _hub.OnDisk().AsSpan().IndexOf(Encoding.UTF8.GetBytes("\"another\"")));
        Assert.Equal(number, _hub.Settings.Current.Number);
        Assert.Equal("another", PasswordOf(_hub.Devices.Find("press")!));
        Assert.Equal(Password, PasswordOf(_hub.Drafts.View("later")!.After.Device("oven")!));
        Assert.Null(await _hub.Settings.UndoAsync(number, "anna", default));
        Assert.Equal(Password, PasswordOf(_hub.Devices.Find("press")!));
    }

    [Fact]
    public async Task A_device_whose_password_another_key_sealed_stays_down_and_says_so_until_the_key_is_back()
    {
        await ChangeAsync(Device("press"));
        var number = _hub.Settings.Current.Number;
        _hub.Key = [.. Enumerable.Repeat((byte)7, 32)];
        await _hub.OpenAsync();
        var press = _hub.Devices.Find("press")!;
        Assert.Contains("another key", Assert.Single(_hub.Devices.Check(press)).Message, StringComparison.Ordinal);
        Assert.Equal(DeviceSecrets.Mark, PasswordOf(_hub.Devices.Conceal(press)));
        Assert.Equal(number, _hub.Settings.Current.Number);
        _hub.Key = new byte[32];
        await _hub.OpenAsync();
        Assert.Empty(_hub.Devices.Check(_hub.Devices.Find("press")!));
        Assert.Equal((Password, number), (PasswordOf(_hub.Devices.Find("press")!), _hub.Settings.Current.Number));
    }

    [Fact]
    public void The_key_is_made_once_is_its_owners_alone_and_a_file_that_holds_none_is_refused_in_words()
    {
        var directory = Directory.CreateTempSubdirectory("uns-key-").FullName;
        try
        {
            var file = Path.Combine(directory, "secret.key");
            File.WriteAllText(file + ".new", "half a key"); // What a power cut left.
            var key = SecretKeyFile.Open(file);
            Assert.Equal((32, true), (key.Length, key.AsSpan().SequenceEqual(SecretKeyFile.Open(file))));
            Assert.False(File.Exists(file + ".new"));
            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            }

            foreach (var odd in new[] { "", "AAAA", new string('?', 44), Convert.ToBase64String(new byte[33]) })
            {
                File.WriteAllText(file, odd);
                Assert.Contains(file, Assert.Throws<StartException>(() => SecretKeyFile.Open(file)).Message, StringComparison.Ordinal);
            }

            Assert.Throws<StartException>(() => SecretKeyFile.Open(Path.Combine(directory, "nowhere", "secret.key")));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private Task<SettingsVersion> ChangeAsync(DeviceOptions device) => _hub.Settings.ChangeAsync(new PlantChange { Devices = [device] }, new ChangeNote("anna"), null, default);

    // Documents of devices, versions and drafts in which a password can be read.
    private async Task<int> OpenOnDiskAsync() => (await _hub.Store.ReadAsync<List<string>>(connection =>
    [
        .. connection.Rows("SELECT document FROM devices_device", row => row.GetString(0)),
        .. connection.Rows("SELECT document FROM settings_part", row => SettingsStore.Unpack((byte[])row.GetValue(0))),
        .. connection.Rows("SELECT document FROM settings_draft", row => SettingsStore.Unpack((byte[])row.GetValue(0))),
    ])).Count(document => document.Contains(Password, StringComparison.Ordinal) || document.Contains("\"another\"", StringComparison.Ordinal));

    // As it was before there was a seal: one device, its two versions, one draft.
    private Task WriteOpenAsync() => _hub.Store.WriteAsync(connection =>
    {
        var seal = new SecretSeal(_hub.Key, [new S7Kind()]);
        connection.Run("DELETE FROM secrets_sealed");
        connection.Run("UPDATE devices_device SET document = $document", ("$document", PlantJson.Write(_hub.Devices.Find("press"))));
        foreach (var (mark, packed) in connection.Rows("SELECT DISTINCT mark, document FROM settings_part JOIN settings_entry ON part = mark WHERE thing LIKE 'device/%'", row => (row.GetString(0), (byte[])row.GetValue(1))))
        {
            var open = PlantJson.Write(seal.Open(PlantJson.Read<DeviceOptions>(SettingsStore.Unpack(packed))));
            connection.Run("UPDATE settings_part SET mark = $new, document = $document WHERE mark = $old", ("$new", PlantJson.Mark(open)), ("$document", SettingsStore.Pack(open)), ("$old", mark));
            connection.Run("UPDATE settings_entry SET part = $new WHERE part = $old", ("$new", PlantJson.Mark(open)), ("$old", mark));
        }

        connection.Run("UPDATE settings_draft SET document = $document", ("$document", SettingsStore.Pack(PlantJson.Write(_hub.Drafts.Find("later")!.Content))));
    });

    private static string PasswordOf(DeviceOptions device) => device.Settings["Password"]!.GetValue<string>();

    private static DeviceOptions Device(string name, string password = Password) => new()
    {
        Name = name,
        Protocol = "s7",
        Enabled = false,
        Settings = new JsonObject { ["Host"] = "10.0.0.7", ["Password"] = password },
        Tags = [new() { Name = "speed", Address = "DB1.DBW0", DataType = Uns.Tags.DataType.Int16 }],
    };
}
