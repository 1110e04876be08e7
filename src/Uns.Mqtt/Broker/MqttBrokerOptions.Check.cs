using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker;

/// <summary>A setting of the broker that cannot be used.</summary>
/// <param name="Setting">Name of the property.</param>
/// <param name="What">The value found and the value wanted, as the rest of a sentence that begins with the name.</param>
public readonly record struct BrokerOptionFault(string Setting, string What)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Setting} {What}";
}

/// <content>The ranges.</content>
public sealed partial record MqttBrokerOptions
{
    private const int LargestPacket = 268_435_460;

    /// <summary>Finds every fault at once, so that the user mends the settings in one go.</summary>
    public IEnumerable<BrokerOptionFault> Check() =>
    [
        .. InRange(nameof(Port), Port, 0, 65_535),
        .. SysInterval == TimeSpan.Zero ? [] : InRange(nameof(SysInterval), SysInterval, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
        .. InRange(nameof(MaximumConnections), MaximumConnections, 1, 1_000_000),
        .. InRange(nameof(MaximumSessions), MaximumSessions, 1, 10_000_000),
        .. InRange(nameof(MaximumPacketBytes), MaximumPacketBytes, 1024, LargestPacket),
        .. InRange(nameof(MaximumConnectBytes), MaximumConnectBytes, 1024, LargestPacket),
        .. InRange(nameof(ReceiveMaximum), ReceiveMaximum, 1, 65_535),
        .. InRange(nameof(MaximumInflight), MaximumInflight, 1, 65_535),
        .. InRange(nameof(TopicAliasMaximum), TopicAliasMaximum, 0, 65_535),
        .. InRange(nameof(MaximumQos), (int)MaximumQos, 0, 2),
        .. InRange(nameof(ServerKeepAlive), ServerKeepAlive, TimeSpan.Zero, TimeSpan.FromSeconds(65_535)),
        .. InRange(nameof(OutboundBytes), OutboundBytes, 1024, int.MaxValue / 2),
        .. InRange(nameof(QueuedMessages), QueuedMessages, 1, int.MaxValue),
        .. InRange(nameof(QueuedBytes), QueuedBytes, 1024, long.MaxValue),
        .. InRange(nameof(AllQueuedBytes), AllQueuedBytes, 1024, long.MaxValue),
        .. InRange(nameof(RetainedBytes), RetainedBytes, 1024, long.MaxValue),
        .. InRange(nameof(JournalBytes), JournalBytes, 65_536, long.MaxValue),
        .. InRange(nameof(MaximumSessionExpiry), MaximumSessionExpiry, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(uint.MaxValue)),
        .. InRange(nameof(MaximumRetained), MaximumRetained, 1, int.MaxValue),
        .. InRange(nameof(MaximumSubscriptions), MaximumSubscriptions, 1, int.MaxValue),
        .. InRange(nameof(MaximumTopicLevels), MaximumTopicLevels, 1, 1024),
        .. InRange(nameof(MaximumTopicBytes), MaximumTopicBytes, 64, 65_535),
        .. InRange(nameof(WriteTimeout), WriteTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
        .. InRange(nameof(ConnectTimeout), ConnectTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
        .. InRange(nameof(TakeOvers), TakeOvers, 1, int.MaxValue),
        .. InRange(nameof(WillGrace), WillGrace, TimeSpan.Zero, TimeSpan.FromDays(1)),
        .. InRange(nameof(StorePolicy), (int)StorePolicy, 0, 2),
        .. DenySubscribe.Where(f => !TextRules.IsTopicFilter(f)).Select(f => new BrokerOptionFault(nameof(DenySubscribe), $"holds \"{f}\": give topic filters.")),
        .. DenialReason(),
        .. Texts(nameof(ResponseInformation), ResponseInformation),
        .. Texts(nameof(ServerReference), ServerReference),
        .. AuthenticationMethods.GroupBy(m => m.Name, StringComparer.Ordinal).Where(g => g.Count() > 1)
            .Select(g => new BrokerOptionFault(nameof(AuthenticationMethods), $"holds {g.Key} {g.Count()} times: give each method once.")),
    ];

    private IEnumerable<BrokerOptionFault> DenialReason()
    {
        if (DenySubscribeReason is not (ReasonCode.UnspecifiedError or ReasonCode.ImplementationSpecificError or ReasonCode.NotAuthorized
            or ReasonCode.TopicFilterInvalid or ReasonCode.QuotaExceeded))
        {
            yield return new(nameof(DenySubscribeReason), $"is 0x{(byte)DenySubscribeReason:X2}: give 0x80, 0x83, 0x87, 0x8F or 0x97.");
        }
    }

    private static IEnumerable<BrokerOptionFault> Texts(string name, string? value)
    {
        if (value is not null && (value.Length is 0 or > 1024 || value.Contains('\0', StringComparison.Ordinal)))
        {
            yield return new(name, $"has {value.Length} letters: give 1 to 1,024 without U+0000, or nothing.");
        }
    }

    private static IEnumerable<BrokerOptionFault> InRange<T>(string name, T value, T least, T most)
        where T : IComparable<T>
    {
        if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
        {
            yield return new(name, $"is {value}: give {least} to {most}.");
        }
    }
}
