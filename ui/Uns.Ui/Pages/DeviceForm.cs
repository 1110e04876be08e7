using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Uns.Connectors;
using Uns.Tags;

namespace Uns.Ui.Pages;

/// <summary>A device as a form holds it: everything as the user typed it, so that nothing typed is lost by a fault.</summary>
internal sealed class DeviceForm
{
    public static IReadOnlyList<DataType> Types { get; } =
    [
        DataType.Unknown, DataType.Boolean, DataType.Int8, DataType.Int16, DataType.Int32, DataType.Int64, DataType.UInt8, DataType.UInt16,
        DataType.UInt32, DataType.UInt64, DataType.Float, DataType.Double, DataType.String, DataType.DateTime,
        DataType.BooleanArray, DataType.Int16Array, DataType.Int32Array, DataType.Int64Array, DataType.UInt16Array, DataType.UInt32Array, DataType.UInt64Array,
        DataType.FloatArray, DataType.DoubleArray,
    ];

    public string Name { get; set; } = "";

    public string Protocol { get; set; } = "";

    public bool Enabled { get; set; } = true;

    public string Place { get; set; } = "";

    [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
    public Dictionary<string, string> Settings { get; } = new(StringComparer.OrdinalIgnoreCase);

    [JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
    public List<TagForm> Tags { get; } = [];

    public static DeviceForm New(IConnectorKind kind)
    {
        var form = new DeviceForm { Protocol = kind.Protocol };
        form.Adopt(kind, []);
        return form;
    }

    public static DeviceForm Of(DeviceOptions device, IConnectorKind kind, string place)
    {
        var form = new DeviceForm { Name = device.Name, Protocol = device.Protocol, Enabled = device.Enabled, Place = place };
        form.Adopt(kind, device.Settings);
        form.Tags.AddRange(device.Tags.Select(TagForm.Of));
        return form;
    }

    /// <summary>Takes another protocol's settings at their defaults; what both know stays.</summary>
    public void Adopt(IConnectorKind kind, JsonObject given)
    {
        var before = new Dictionary<string, string>(Settings, StringComparer.OrdinalIgnoreCase);
        Settings.Clear();
        foreach (var field in kind.Fields)
        {
            var written = given.FirstOrDefault(g => g.Key.Equals(field.Name, StringComparison.OrdinalIgnoreCase)).Value;
            Settings[field.Name] = written is null
                ? field.Name is "Host" && before.TryGetValue(field.Name, out var kept) ? kept : field.Default
                : written.GetValueKind() == System.Text.Json.JsonValueKind.String ? written.GetValue<string>() : written.ToJsonString();
        }

        Protocol = kind.Protocol;
    }

    /// <summary>The device that was typed, and what could not even be read.</summary>
    public (DeviceOptions Device, List<SettingFault> Faults) Read(IConnectorKind kind)
    {
        var faults = new List<SettingFault>();
        var settings = new JsonObject();
        foreach (var field in kind.Fields)
        {
            var typed = Settings[field.Name].Trim();
            if (typed.Length > 0 && typed != field.Default)
            {
                settings[field.Name] = typed;
            }
        }

        var tags = Tags.Select((tag, index) => tag.Read($"Tags[{index}].", faults)).ToList();
        return (new DeviceOptions { Name = Name.Trim(), Protocol = Protocol, Enabled = Enabled, Settings = settings, Tags = tags }, faults);
    }

    /// <summary>One tag as typed.</summary>
    internal sealed class TagForm
    {
        /// <summary>The tag as it was opened: what the form does not show stays.</summary>
        public TagOptions Rest { get; set; } = new();

        public string Name { get; set; } = "";

        public string Address { get; set; } = "";

        public DataType DataType { get; set; }

        public string Period { get; set; } = "1s";

        public string Factor { get; set; } = "1";

        public string Offset { get; set; } = "0";

        public string Unit { get; set; } = "";

        public bool Writable { get; set; }

        public string Low { get; set; } = "";

        public string High { get; set; } = "";

        public string Deadband { get; set; } = "0";

        public string DeadbandPercent { get; set; } = "0";

        public string WriteMinimum { get; set; } = "";

        public string WriteMaximum { get; set; } = "";

        public string WritesPerMinute { get; set; } = "0";

        /// <summary>Not typed: it comes by browsing, and stays with the tag.</summary>
        public string BrowsePath
        {
            set => Rest = Rest with { BrowsePath = value };
        }

        public string Description { get; set; } = "";

        public static TagForm Of(TagOptions tag) => new()
        {
            Rest = tag,
            Description = tag.Description,
            Name = tag.Name,
            Address = tag.Address,
            DataType = tag.DataType,
            Period = tag.Period.TotalSeconds >= 1 && tag.Period.TotalSeconds % 1 == 0
                ? $"{tag.Period.TotalSeconds:0}s" : $"{tag.Period.TotalMilliseconds.ToString(CultureInfo.InvariantCulture)}ms",
            Factor = tag.Factor.ToString("R", CultureInfo.InvariantCulture),
            Offset = tag.Offset.ToString("R", CultureInfo.InvariantCulture),
            Unit = tag.Unit,
            Writable = tag.Writable,
            Low = tag.Low?.ToString("R", CultureInfo.InvariantCulture) ?? "",
            High = tag.High?.ToString("R", CultureInfo.InvariantCulture) ?? "",
            Deadband = tag.Deadband.ToString("R", CultureInfo.InvariantCulture),
            DeadbandPercent = tag.DeadbandPercent.ToString("R", CultureInfo.InvariantCulture),
            WriteMinimum = tag.WriteMinimum?.ToString("R", CultureInfo.InvariantCulture) ?? "",
            WriteMaximum = tag.WriteMaximum?.ToString("R", CultureInfo.InvariantCulture) ?? "",
            WritesPerMinute = tag.WritesPerMinute.ToString(CultureInfo.InvariantCulture),
        };

        public TagOptions Read(string at, List<SettingFault> faults) => Rest with
        {
            Name = Name.Trim(),
            Address = Address.Trim(),
            DataType = DataType,
            Period = Duration(Period, at + nameof(Period), faults),
            Factor = Number(Factor, at + nameof(Factor), faults) ?? 1,
            Offset = Number(Offset, at + nameof(Offset), faults) ?? 0,
            Unit = Unit.Trim(),
            Description = Description.Trim(),
            Writable = Writable,
            Low = Number(Low, at + nameof(Low), faults),
            High = Number(High, at + nameof(High), faults),
            Deadband = Number(Deadband, at + nameof(Deadband), faults) ?? 0,
            DeadbandPercent = Number(DeadbandPercent, at + nameof(DeadbandPercent), faults) ?? 0,
            WriteMinimum = Number(WriteMinimum, at + nameof(WriteMinimum), faults),
            WriteMaximum = Number(WriteMaximum, at + nameof(WriteMaximum), faults),
            WritesPerMinute = Whole(WritesPerMinute, at + nameof(WritesPerMinute), faults),
        };

        private static double? Number(string typed, string at, List<SettingFault> faults)
        {
            if (string.IsNullOrWhiteSpace(typed))
            {
                return null;
            }

            if (double.TryParse(typed, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            {
                return number;
            }

            faults.Add(new(at, T($"is '{typed}': give a number with a decimal point.")));
            return null;
        }

        private static int Whole(string typed, string at, List<SettingFault> faults)
        {
            if (string.IsNullOrWhiteSpace(typed))
            {
                return 0;
            }

            if (int.TryParse(typed, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            {
                return number;
            }

            faults.Add(new(at, T($"is '{typed}': give a whole number.")));
            return 0;
        }

        private static TimeSpan Duration(string typed, string at, List<SettingFault> faults)
        {
            if (SettingsReader.ParseDuration(typed.Trim()) is { } period)
            {
                return period;
            }

            faults.Add(new(at, T($"is '{typed}': give a time with its unit, such as 500ms, 1s or 1m.")));
            return TimeSpan.FromSeconds(1);
        }
    }
}
