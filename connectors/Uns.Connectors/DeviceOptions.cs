using System.Text.Json.Nodes;
using Uns.Tags;

namespace Uns.Connectors;

/// <summary>One device as the user wrote it: in the browser, by the API, or in a file. The unit of saving.</summary>
public sealed record DeviceOptions
{
    /// <summary>Name, unique in the hub; becomes the Sparkplug device id. No <c>/ + #</c>.</summary>
    public string Name { get; init; } = "";

    /// <summary>Which connector reads it: <c>modbus</c>, <c>s7</c>, <c>opcua</c> or <c>simulated</c>.</summary>
    public string Protocol { get; init; } = "";

    /// <summary>False stops the device without forgetting it.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>The connector's own settings (host, port, …) by the property names of its options class.</summary>
    public JsonObject Settings { get; init; } = [];

    /// <summary>The device's tags.</summary>
    public IReadOnlyList<TagOptions> Tags { get; init; } = [];
}

/// <summary>One tag of a device as the user wrote it.</summary>
public sealed record TagOptions
{
    private readonly TagRarities _rare = TagRarities.None;

    /// <summary>Identity that stays when the tag is renamed or moved; given at the first saving.</summary>
    public Guid Id { get; init; }

    /// <summary>Name within the device; <c>/</c> separates folders.</summary>
    public string Name { get; init; } = "";

    /// <summary>Address in the protocol's own notation.</summary>
    public string Address { get; init; } = "";

    /// <summary>The way to the value by names, where the protocol knows one (OPC UA): it is gone by when the address is no longer known, or means something else.</summary>
    public string BrowsePath { get; init; } = "";

    /// <summary>Type of the raw value; <see cref="DataType.Unknown"/> takes the one that the address implies.</summary>
    public DataType DataType { get; init; }

    /// <summary>Time between two reads, 10 ms to 1 h.</summary>
    /// <value>One second unless set.</value>
    public TimeSpan Period { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>True when commands may set the tag.</summary>
    public bool Writable { get; init; }

    /// <summary>Engineering value = raw x Factor + Offset. Neither zero nor infinite.</summary>
    /// <value>1 unless set.</value>
    public double Factor { get => _rare.Factor; init => _rare = value == _rare.Factor ? _rare : _rare with { Factor = value }; }

    /// <summary>Added after the factor.</summary>
    public double Offset { get => _rare.Offset; init => _rare = value == _rare.Offset ? _rare : _rare with { Offset = value }; }

    /// <summary>True when a value beyond <see cref="Low"/> or <see cref="High"/> is told as that limit.</summary>
    public bool Clamp { get => _rare.Clamp; init => _rare = value == _rare.Clamp ? _rare : _rare with { Clamp = value }; }

    /// <summary>Change, in engineering units, below which nothing is reported; 0 reports every change.</summary>
    public double Deadband { get => _rare.Deadband; init => _rare = value == _rare.Deadband ? _rare : _rare with { Deadband = value }; }

    /// <summary>The same in percent of the span from <see cref="Low"/> to <see cref="High"/>, 0 to 100; only one of the two is given.</summary>
    public double DeadbandPercent { get => _rare.DeadbandPercent; init => _rare = value == _rare.DeadbandPercent ? _rare : _rare with { DeadbandPercent = value }; }

    /// <summary>Lowest engineering value the tag is meant to take, and that may be written; null for no bound.</summary>
    public double? Low { get => _rare.Low; init => _rare = value == _rare.Low ? _rare : _rare with { Low = value }; }

    /// <summary>Highest engineering value the tag is meant to take, and that may be written; null for no bound.</summary>
    public double? High { get => _rare.High; init => _rare = value == _rare.High ? _rare : _rare with { High = value }; }

    /// <summary>Lowest engineering value that commands may set, where that is narrower than <see cref="Low"/>; null for no other bound.</summary>
    public double? WriteMinimum { get => _rare.WriteMinimum; init => _rare = value == _rare.WriteMinimum ? _rare : _rare with { WriteMinimum = value }; }

    /// <summary>Highest engineering value that commands may set, where that is narrower than <see cref="High"/>; null for no other bound.</summary>
    public double? WriteMaximum { get => _rare.WriteMaximum; init => _rare = value == _rare.WriteMaximum ? _rare : _rare with { WriteMaximum = value }; }

    /// <summary>Most writes in any minute, 0 to 600; 0 for no limit.</summary>
    public int WritesPerMinute { get => _rare.WritesPerMinute; init => _rare = value == _rare.WritesPerMinute ? _rare : _rare with { WritesPerMinute = value }; }

    /// <summary>Engineering unit; free text.</summary>
    public string Unit { get; init; } = "";

    /// <summary>Words for people.</summary>
    public string Description { get; init; } = "";
}
