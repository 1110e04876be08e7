namespace Uns.Mqtt.Packets;

/// <summary>
/// Walks a property section without allocating, and holds it against the rules: known, allowed in this packet, not doubled,
/// of the right shape and range. MQTT 5.0, 2.2.2.
/// </summary>
internal ref struct PropertyReader
{
    /// <summary>The place of a will's properties; all other places are the packet's own type.</summary>
    public const PacketType Will = PacketType.None;

    private static readonly PropertyShape[] Shapes = MakeShapes();
    private static readonly ushort[] Places = MakePlaces();

    private readonly PacketType _place;
    private FieldReader _reader;
    private ulong _seen;

    /// <param name="section">The properties without the length before them.</param>
    /// <param name="place">The packet they belong to, or <see cref="Will"/>.</param>
    public PropertyReader(ReadOnlySpan<byte> section, PacketType place)
    {
        _reader = new FieldReader(section);
        _place = place;
    }

    public readonly DecodeFault Fault => _reader.Fault;

    /// <summary>Bytes behind the current property.</summary>
    public readonly int RestBytes => _reader.Rest.Length;

    public PropertyId Id { get; private set; }

    /// <summary>The value of a property that is a number.</summary>
    public uint Number { get; private set; }

    /// <summary>The value of a property that is text or bytes; the name of a user property.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>The value of a user property.</summary>
    public ReadOnlySpan<byte> PairValue { get; private set; }

    /// <summary>Moves to the next property.</summary>
    /// <returns>False at the end and at the first fault; <see cref="Fault"/> tells which.</returns>
    public bool Next()
    {
        if (_reader.AtEnd)
        {
            return false;
        }

        var id = _reader.VariableInteger("property identifier");
        if (id >= Shapes.Length || Shapes[id] == PropertyShape.None)
        {
            _reader.Fail(DecodeFault.Malformed($"The property identifier {id} is not in the protocol."));
            return false;
        }

        Id = (PropertyId)id;
        if ((Places[id] & (1 << (int)_place)) == 0)
        {
            _reader.Fail(DecodeFault.Malformed($"The property {Id} may not stand in {(_place == Will ? "a will" : _place)}."));
            return false;
        }

        var mayRepeat = Id == PropertyId.UserProperty || (Id == PropertyId.SubscriptionIdentifier && _place == PacketType.Publish);
        if (!mayRepeat && (_seen & (1UL << id)) != 0)
        {
            _reader.Fail(DecodeFault.Protocol($"The property {Id} stands twice."));
            return false;
        }

        _seen |= 1UL << id;
        ReadValue(Shapes[id]);
        CheckRange();
        return !_reader.Failed;
    }

    private void ReadValue(PropertyShape shape)
    {
        switch (shape)
        {
            case PropertyShape.Byte:
                Number = _reader.Byte("property value");
                break;
            case PropertyShape.UInt16:
                Number = _reader.UInt16("property value");
                break;
            case PropertyShape.UInt32:
                Number = _reader.UInt32("property value");
                break;
            case PropertyShape.VariableInteger:
                Number = (uint)_reader.VariableInteger("property value");
                break;
            case PropertyShape.Binary:
                Bytes = _reader.Binary("property value");
                break;
            case PropertyShape.TextPair:
                Bytes = _reader.TextBytes("user property's name"); // [MQTT-1.5.7-1]
                PairValue = _reader.TextBytes("user property's value");
                break;
            default:
                Bytes = _reader.TextBytes("property value");
                break;
        }
    }

    private void CheckRange()
    {
        if (_reader.Failed)
        {
            return;
        }

        switch (Id)
        {
            case PropertyId.PayloadFormatIndicator or PropertyId.RequestProblemInformation or PropertyId.RequestResponseInformation
                or PropertyId.MaximumQos or PropertyId.RetainAvailable or PropertyId.WildcardSubscriptionAvailable
                or PropertyId.SubscriptionIdentifierAvailable or PropertyId.SharedSubscriptionAvailable when Number > 1:
                _reader.Fail(DecodeFault.Protocol($"The property {Id} is {Number}: give 0 or 1."));
                break;
            case PropertyId.ReceiveMaximum or PropertyId.MaximumPacketSize or PropertyId.SubscriptionIdentifier when Number == 0:
                _reader.Fail(DecodeFault.Protocol($"The property {Id} is 0: give at least 1."));
                break;
            case PropertyId.TopicAlias when Number == 0:
                _reader.Fail(new(ReasonCode.TopicAliasInvalid, "The topic alias is 0: give at least 1.")); // [MQTT-3.3.2-8]
                break;
            case PropertyId.ResponseTopic when !TextRules.IsTopicName(Bytes):
                _reader.Fail(DecodeFault.Protocol("The response topic is empty or holds a wildcard.")); // [MQTT-3.3.2-14]
                break;
            default:
                break;
        }
    }

    private static PropertyShape[] MakeShapes()
    {
        var shapes = new PropertyShape[43];
        foreach (var id in Enum.GetValues<PropertyId>())
        {
            shapes[(int)id] = id switch
            {
                PropertyId.MessageExpiryInterval or PropertyId.SessionExpiryInterval or PropertyId.WillDelayInterval
                    or PropertyId.MaximumPacketSize => PropertyShape.UInt32,
                PropertyId.ServerKeepAlive or PropertyId.ReceiveMaximum or PropertyId.TopicAliasMaximum
                    or PropertyId.TopicAlias => PropertyShape.UInt16,
                PropertyId.SubscriptionIdentifier => PropertyShape.VariableInteger,
                PropertyId.CorrelationData or PropertyId.AuthenticationData => PropertyShape.Binary,
                PropertyId.UserProperty => PropertyShape.TextPair,
                PropertyId.ContentType or PropertyId.ResponseTopic or PropertyId.AssignedClientIdentifier
                    or PropertyId.AuthenticationMethod or PropertyId.ResponseInformation or PropertyId.ServerReference
                    or PropertyId.ReasonString => PropertyShape.Text,
                _ => PropertyShape.Byte,
            };
        }

        return shapes;
    }

    private static ushort[] MakePlaces()
    {
        static ushort In(params ReadOnlySpan<PacketType> types)
        {
            var mask = 0;
            foreach (var type in types)
            {
                mask |= 1 << (int)type;
            }

            return (ushort)mask;
        }

        var message = In(PacketType.Publish, Will);
        var hello = In(PacketType.Connect, PacketType.ConnAck);
        var answer = In(PacketType.ConnAck);
        var auth = In(PacketType.Connect, PacketType.ConnAck, PacketType.Auth);
        var reason = In(
            PacketType.ConnAck, PacketType.PubAck, PacketType.PubRec, PacketType.PubRel, PacketType.PubComp,
            PacketType.SubAck, PacketType.UnsubAck, PacketType.Disconnect, PacketType.Auth);
        var everywhere = (ushort)(reason | In(Will, PacketType.Connect, PacketType.Publish, PacketType.Subscribe, PacketType.Unsubscribe));

        var places = new ushort[43];
        foreach (var id in Enum.GetValues<PropertyId>())
        {
            places[(int)id] = id switch
            {
                PropertyId.PayloadFormatIndicator or PropertyId.MessageExpiryInterval or PropertyId.ContentType
                    or PropertyId.ResponseTopic or PropertyId.CorrelationData => message,
                PropertyId.SubscriptionIdentifier => In(PacketType.Publish, PacketType.Subscribe),
                PropertyId.SessionExpiryInterval => (ushort)(hello | In(PacketType.Disconnect)),
                PropertyId.AuthenticationMethod or PropertyId.AuthenticationData => auth,
                PropertyId.RequestProblemInformation or PropertyId.RequestResponseInformation => In(PacketType.Connect),
                PropertyId.WillDelayInterval => In(Will),
                PropertyId.ServerReference => In(PacketType.ConnAck, PacketType.Disconnect),
                PropertyId.ReasonString => reason,
                PropertyId.ReceiveMaximum or PropertyId.TopicAliasMaximum or PropertyId.MaximumPacketSize => hello,
                PropertyId.TopicAlias => In(PacketType.Publish),
                PropertyId.UserProperty => everywhere,
                _ => answer,
            };
        }

        return places;
    }
}
