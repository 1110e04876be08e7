using Uns.Tags;

namespace Uns.Connectors;

/// <summary>One protocol: checks what the user wrote and makes connectors from it. The room's public wall.</summary>
public interface IConnectorKind
{
    /// <summary>The word in <see cref="DeviceOptions.Protocol"/>, lower case.</summary>
    string Protocol { get; }

    /// <summary>The name for people, e.g. <c>Modbus TCP</c>.</summary>
    string Title { get; }

    /// <summary>The settings a form shows, in order; made from the room's options class.</summary>
    IReadOnlyList<SettingField> Fields { get; }

    /// <summary>One address a user may copy, e.g. <c>40001</c>.</summary>
    string SampleAddress { get; }

    /// <summary>Finds every fault of one device at once; empty when it can run.</summary>
    IReadOnlyList<SettingFault> Check(DeviceOptions device);

    /// <summary>Works out the plan. Only for options without faults.</summary>
    ConnectorPlan Plan(DeviceOptions device, TimeProvider clock);

    /// <summary>Where the device listens, for the steps of a connection test. Only for options without faults.</summary>
    /// <returns>Null when the protocol is not spoken over TCP.</returns>
    DeviceEndPoint? EndPointOf(DeviceOptions device);

    /// <summary>What a raw frame of this device says, in words.</summary>
    /// <returns>Null where the protocol tells nothing about its frames.</returns>
    string? Explain(DeviceOptions device, TrafficFrame frame) => null;
}

/// <summary>A TCP address as the user wrote it.</summary>
/// <param name="Host">Name or address.</param>
/// <param name="Port">1 to 65535.</param>
public sealed record DeviceEndPoint(string Host, int Port);

/// <summary>What the worker needs to run one device.</summary>
/// <param name="Connector">The device's connector, not connected yet; owned by the worker from then on.</param>
/// <param name="Groups">Poll groups; one, with its period as the time limit of silence, where the connector pushes.</param>
/// <param name="Tags">What each tag is after scaling: name, type, unit, range, rights. Same order as in the options.</param>
/// <param name="RawTypes">What the device holds for each tag, before scaling. Same order as <paramref name="Tags"/>.</param>
public sealed record ConnectorPlan(IConnector Connector, IReadOnlyList<PollGroup> Groups, IReadOnlyList<TagDefinition> Tags, IReadOnlyList<DataType> RawTypes)
{
    /// <summary>The place of each tag in <see cref="Tags"/>, by its name.</summary>
    public TagNumbers Numbers { get; } = new(Tags.Count, number => Tags[number].Name);

    /// <summary>The worker's own limit of one call, for a connector that forgets its own; well above what a read of many blocks takes.</summary>
    /// <value>30 seconds unless set.</value>
    public TimeSpan CallLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The lane that writes each tag. Same order as <see cref="Tags"/>; empty when there is one lane.</summary>
    public IReadOnlyList<int> TagLanes { get; init; } = [];

    /// <summary>Failures in a row after which the device is tried only every <see cref="RecoveryPeriod"/>.</summary>
    /// <value>7 unless set: by then the doubled wait has come to 30 s by itself.</value>
    public int FailuresBeforeRest { get; init; } = BackOff.UsualFailures;

    /// <summary>The longest wait between two attempts to reach a device that does not answer.</summary>
    /// <value>30 seconds unless set.</value>
    public TimeSpan RecoveryPeriod { get; init; } = BackOff.Longest;

    /// <summary>What passes between the hub and the device; the connector's channels write it.</summary>
    /// <value>Empty where the connector tells nothing.</value>
    public DeviceTraffic Traffic { get; init; } = new(TimeProvider.System);

    /// <summary>The requests of every cycle, for the budget; empty for a device that pushes.</summary>
    public IReadOnlyList<PlannedRead> Reads { get; init; } = [];

    /// <summary>What the connector waits before each request, on purpose.</summary>
    public TimeSpan RequestPause { get; init; }

    /// <summary>How many lanes there are, at least one.</summary>
    public int Lanes => Groups.Count == 0 ? 1 : Groups.Max(g => g.Lane) + 1;
}

/// <summary>One setting of a connector, as a form shows it.</summary>
/// <param name="Name">Property name in <see cref="DeviceOptions.Settings"/>.</param>
/// <param name="Label">The name for people.</param>
/// <param name="Kind">How it is typed: <c>text</c>, <c>secret</c>, <c>number</c>, <c>bool</c>, <c>choice</c> or <c>duration</c>.</param>
/// <param name="Default">The value when not set, as text.</param>
/// <param name="Help">One sentence: what it is, range and unit.</param>
/// <param name="Choices">The values of a choice; empty otherwise.</param>
public sealed record SettingField(string Name, string Label, string Kind, string Default, string Help, IReadOnlyList<string> Choices);
