using System.Text;

namespace Uns.Mqtt.Packets;

/// <content>The properties on the wire.</content>
public sealed partial record Properties
{
    /// <summary>Reads a property section with the length before it.</summary>
    internal static Properties Read(ref FieldReader reader, PacketType place)
    {
        var length = reader.VariableInteger("property length");
        var section = reader.Take(length, "properties");
        if (reader.Failed || section.IsEmpty)
        {
            return None;
        }

        if (!TryRead(section, place, out var properties, out var fault))
        {
            reader.Fail(fault);
        }

        return properties;
    }

    /// <summary>Reads a property section without its length.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> section, PacketType place, out Properties properties, out DecodeFault fault)
    {
        var found = new Found();
        var reader = new PropertyReader(section, place);
        while (reader.Next())
        {
            found.Take(ref reader);
        }

        fault = reader.Fault;
        if (fault.What is null && found.AuthenticationData is not null && found.AuthenticationMethod is null)
        {
            fault = DecodeFault.Protocol("Authentication data came without an authentication method.");
        }

        properties = fault.What is null ? found.ToProperties() : None;
        return fault.What is null;
    }

    /// <summary>Bytes of the section with the length before it.</summary>
    internal int WireBytes()
    {
        var section = SectionBytes();
        return FieldWriter.VariableIntegerBytes(section) + section;
    }

    /// <summary>Writes the section with the length before it; a bare zero when empty. [MQTT-2.2.2-1]</summary>
    internal void Write(ref FieldWriter writer)
    {
        writer.VariableInteger(SectionBytes());
        WriteSection(ref writer);
    }

    /// <summary>The section without its length.</summary>
    internal byte[] ToSection()
    {
        var section = new byte[SectionBytes()];
        var writer = new FieldWriter(section);
        WriteSection(ref writer);
        return section;
    }

    /// <summary>Bytes of the section without its length.</summary>
    internal int SectionBytes()
    {
        var bytes = 0;
        bytes += PayloadFormatIndicator is null ? 0 : 2;
        bytes += MessageExpiryInterval is null ? 0 : 5;
        bytes += ContentType is null ? 0 : 1 + FieldWriter.TextBytes(ContentType);
        bytes += ResponseTopic is null ? 0 : 1 + FieldWriter.TextBytes(ResponseTopic);
        bytes += CorrelationData is null ? 0 : 3 + CorrelationData.Length;
        bytes += SessionExpiryInterval is null ? 0 : 5;
        bytes += AssignedClientIdentifier is null ? 0 : 1 + FieldWriter.TextBytes(AssignedClientIdentifier);
        bytes += ServerKeepAlive is null ? 0 : 3;
        bytes += AuthenticationMethod is null ? 0 : 1 + FieldWriter.TextBytes(AuthenticationMethod);
        bytes += AuthenticationData is null ? 0 : 3 + AuthenticationData.Length;
        bytes += RequestProblemInformation is null ? 0 : 2;
        bytes += WillDelayInterval is null ? 0 : 5;
        bytes += RequestResponseInformation is null ? 0 : 2;
        bytes += ResponseInformation is null ? 0 : 1 + FieldWriter.TextBytes(ResponseInformation);
        bytes += ServerReference is null ? 0 : 1 + FieldWriter.TextBytes(ServerReference);
        bytes += ReasonString is null ? 0 : 1 + FieldWriter.TextBytes(ReasonString);
        bytes += ReceiveMaximum is null ? 0 : 3;
        bytes += TopicAliasMaximum is null ? 0 : 3;
        bytes += TopicAlias is null ? 0 : 3;
        bytes += MaximumQos is null ? 0 : 2;
        bytes += RetainAvailable is null ? 0 : 2;
        bytes += MaximumPacketSize is null ? 0 : 5;
        bytes += WildcardSubscriptionAvailable is null ? 0 : 2;
        bytes += SubscriptionIdentifierAvailable is null ? 0 : 2;
        bytes += SharedSubscriptionAvailable is null ? 0 : 2;
        foreach (var identifier in SubscriptionIdentifiers)
        {
            bytes += 1 + FieldWriter.VariableIntegerBytes(identifier);
        }

        foreach (var (name, value) in UserProperties)
        {
            bytes += 1 + FieldWriter.TextBytes(name) + FieldWriter.TextBytes(value);
        }

        return bytes;
    }

    private void WriteSection(ref FieldWriter writer)
    {
        if (PayloadFormatIndicator is { } payloadFormatIndicator)
        {
            writer.Byte((byte)PropertyId.PayloadFormatIndicator);
            writer.Byte(payloadFormatIndicator);
        }

        if (MessageExpiryInterval is { } messageExpiryInterval)
        {
            writer.Byte((byte)PropertyId.MessageExpiryInterval);
            writer.UInt32(messageExpiryInterval);
        }

        if (ContentType is not null)
        {
            writer.Byte((byte)PropertyId.ContentType);
            writer.Text(ContentType);
        }

        if (ResponseTopic is not null)
        {
            writer.Byte((byte)PropertyId.ResponseTopic);
            writer.Text(ResponseTopic);
        }

        if (CorrelationData is not null)
        {
            writer.Byte((byte)PropertyId.CorrelationData);
            writer.Binary(CorrelationData);
        }

        if (SessionExpiryInterval is { } sessionExpiryInterval)
        {
            writer.Byte((byte)PropertyId.SessionExpiryInterval);
            writer.UInt32(sessionExpiryInterval);
        }

        if (AssignedClientIdentifier is not null)
        {
            writer.Byte((byte)PropertyId.AssignedClientIdentifier);
            writer.Text(AssignedClientIdentifier);
        }

        if (ServerKeepAlive is { } serverKeepAlive)
        {
            writer.Byte((byte)PropertyId.ServerKeepAlive);
            writer.UInt16(serverKeepAlive);
        }

        if (AuthenticationMethod is not null)
        {
            writer.Byte((byte)PropertyId.AuthenticationMethod);
            writer.Text(AuthenticationMethod);
        }

        if (AuthenticationData is not null)
        {
            writer.Byte((byte)PropertyId.AuthenticationData);
            writer.Binary(AuthenticationData);
        }

        if (RequestProblemInformation is { } requestProblemInformation)
        {
            writer.Byte((byte)PropertyId.RequestProblemInformation);
            writer.Byte(requestProblemInformation);
        }

        if (WillDelayInterval is { } willDelayInterval)
        {
            writer.Byte((byte)PropertyId.WillDelayInterval);
            writer.UInt32(willDelayInterval);
        }

        if (RequestResponseInformation is { } requestResponseInformation)
        {
            writer.Byte((byte)PropertyId.RequestResponseInformation);
            writer.Byte(requestResponseInformation);
        }

        if (ResponseInformation is not null)
        {
            writer.Byte((byte)PropertyId.ResponseInformation);
            writer.Text(ResponseInformation);
        }

        if (ServerReference is not null)
        {
            writer.Byte((byte)PropertyId.ServerReference);
            writer.Text(ServerReference);
        }

        if (ReasonString is not null)
        {
            writer.Byte((byte)PropertyId.ReasonString);
            writer.Text(ReasonString);
        }

        if (ReceiveMaximum is { } receiveMaximum)
        {
            writer.Byte((byte)PropertyId.ReceiveMaximum);
            writer.UInt16(receiveMaximum);
        }

        if (TopicAliasMaximum is { } topicAliasMaximum)
        {
            writer.Byte((byte)PropertyId.TopicAliasMaximum);
            writer.UInt16(topicAliasMaximum);
        }

        if (TopicAlias is { } topicAlias)
        {
            writer.Byte((byte)PropertyId.TopicAlias);
            writer.UInt16(topicAlias);
        }

        if (MaximumQos is { } maximumQos)
        {
            writer.Byte((byte)PropertyId.MaximumQos);
            writer.Byte(maximumQos);
        }

        if (RetainAvailable is { } retainAvailable)
        {
            writer.Byte((byte)PropertyId.RetainAvailable);
            writer.Byte(retainAvailable);
        }

        if (MaximumPacketSize is { } maximumPacketSize)
        {
            writer.Byte((byte)PropertyId.MaximumPacketSize);
            writer.UInt32(maximumPacketSize);
        }

        if (WildcardSubscriptionAvailable is { } wildcardSubscriptionAvailable)
        {
            writer.Byte((byte)PropertyId.WildcardSubscriptionAvailable);
            writer.Byte(wildcardSubscriptionAvailable);
        }

        if (SubscriptionIdentifierAvailable is { } subscriptionIdentifierAvailable)
        {
            writer.Byte((byte)PropertyId.SubscriptionIdentifierAvailable);
            writer.Byte(subscriptionIdentifierAvailable);
        }

        if (SharedSubscriptionAvailable is { } sharedSubscriptionAvailable)
        {
            writer.Byte((byte)PropertyId.SharedSubscriptionAvailable);
            writer.Byte(sharedSubscriptionAvailable);
        }

        foreach (var identifier in SubscriptionIdentifiers)
        {
            writer.Byte((byte)PropertyId.SubscriptionIdentifier);
            writer.VariableInteger(identifier);
        }

        foreach (var (name, value) in UserProperties)
        {
            writer.Byte((byte)PropertyId.UserProperty);
            writer.Text(name);
            writer.Text(value);
        }
    }

    /// <summary>What a section has told so far.</summary>
    private sealed class Found
    {
        private byte? _payloadFormatIndicator;
        private uint? _messageExpiryInterval;
        private string? _contentType;
        private string? _responseTopic;
        private byte[]? _correlationData;
        private uint? _sessionExpiryInterval;
        private string? _assignedClientIdentifier;
        private ushort? _serverKeepAlive;
        public string? AuthenticationMethod;
        public byte[]? AuthenticationData;
        private byte? _requestProblemInformation;
        private uint? _willDelayInterval;
        private byte? _requestResponseInformation;
        private string? _responseInformation;
        private string? _serverReference;
        private string? _reasonString;
        private ushort? _receiveMaximum;
        private ushort? _topicAliasMaximum;
        private ushort? _topicAlias;
        private byte? _maximumQos;
        private byte? _retainAvailable;
        private uint? _maximumPacketSize;
        private byte? _wildcardSubscriptionAvailable;
        private byte? _subscriptionIdentifierAvailable;
        private byte? _sharedSubscriptionAvailable;
        private List<int>? _subscriptionIdentifiers;
        private List<UserProperty>? _userProperties;

        public void Take(ref PropertyReader reader)
        {
            switch (reader.Id)
            {
                case PropertyId.PayloadFormatIndicator:
                    _payloadFormatIndicator = (byte)reader.Number;
                    break;
                case PropertyId.MessageExpiryInterval:
                    _messageExpiryInterval = reader.Number;
                    break;
                case PropertyId.ContentType:
                    _contentType = Encoding.UTF8.GetString(reader.Bytes);
                    break;
                case PropertyId.ResponseTopic:
                    _responseTopic = Encoding.UTF8.GetString(reader.Bytes);
                    break;
                case PropertyId.CorrelationData:
                    _correlationData = reader.Bytes.ToArray();
                    break;
                case PropertyId.SessionExpiryInterval:
                    _sessionExpiryInterval = reader.Number;
                    break;
                case PropertyId.AssignedClientIdentifier:
                    _assignedClientIdentifier = Encoding.UTF8.GetString(reader.Bytes);
                    break;
                case PropertyId.ServerKeepAlive:
                    _serverKeepAlive = (ushort)reader.Number;
                    break;
                case PropertyId.AuthenticationMethod:
                    AuthenticationMethod = Encoding.UTF8.GetString(reader.Bytes);
                    break;
                case PropertyId.AuthenticationData:
                    AuthenticationData = reader.Bytes.ToArray();
                    break;
                case PropertyId.RequestProblemInformation:
                    _requestProblemInformation = (byte)reader.Number;
                    break;
                case PropertyId.WillDelayInterval:
                    _willDelayInterval = reader.Number;
                    break;
                case PropertyId.RequestResponseInformation:
                    _requestResponseInformation = (byte)reader.Number;
                    break;
                case PropertyId.ResponseInformation:
                    _responseInformation = Encoding.UTF8.GetString(reader.Bytes);
                    break;
                case PropertyId.ServerReference:
                    _serverReference = Encoding.UTF8.GetString(reader.Bytes);
                    break;
                case PropertyId.ReasonString:
                    _reasonString = Encoding.UTF8.GetString(reader.Bytes);
                    break;
                case PropertyId.ReceiveMaximum:
                    _receiveMaximum = (ushort)reader.Number;
                    break;
                case PropertyId.TopicAliasMaximum:
                    _topicAliasMaximum = (ushort)reader.Number;
                    break;
                case PropertyId.TopicAlias:
                    _topicAlias = (ushort)reader.Number;
                    break;
                case PropertyId.MaximumQos:
                    _maximumQos = (byte)reader.Number;
                    break;
                case PropertyId.RetainAvailable:
                    _retainAvailable = (byte)reader.Number;
                    break;
                case PropertyId.MaximumPacketSize:
                    _maximumPacketSize = reader.Number;
                    break;
                case PropertyId.WildcardSubscriptionAvailable:
                    _wildcardSubscriptionAvailable = (byte)reader.Number;
                    break;
                case PropertyId.SubscriptionIdentifierAvailable:
                    _subscriptionIdentifierAvailable = (byte)reader.Number;
                    break;
                case PropertyId.SharedSubscriptionAvailable:
                    _sharedSubscriptionAvailable = (byte)reader.Number;
                    break;
                case PropertyId.SubscriptionIdentifier:
                    (_subscriptionIdentifiers ??= []).Add((int)reader.Number);
                    break;
                default:
                    (_userProperties ??= []).Add(new(Encoding.UTF8.GetString(reader.Bytes), Encoding.UTF8.GetString(reader.PairValue)));
                    break;
            }
        }

        public Properties ToProperties() => new()
        {
            PayloadFormatIndicator = _payloadFormatIndicator,
            MessageExpiryInterval = _messageExpiryInterval,
            ContentType = _contentType,
            ResponseTopic = _responseTopic,
            CorrelationData = _correlationData,
            SessionExpiryInterval = _sessionExpiryInterval,
            AssignedClientIdentifier = _assignedClientIdentifier,
            ServerKeepAlive = _serverKeepAlive,
            AuthenticationMethod = AuthenticationMethod,
            AuthenticationData = AuthenticationData,
            RequestProblemInformation = _requestProblemInformation,
            WillDelayInterval = _willDelayInterval,
            RequestResponseInformation = _requestResponseInformation,
            ResponseInformation = _responseInformation,
            ServerReference = _serverReference,
            ReasonString = _reasonString,
            ReceiveMaximum = _receiveMaximum,
            TopicAliasMaximum = _topicAliasMaximum,
            TopicAlias = _topicAlias,
            MaximumQos = _maximumQos,
            RetainAvailable = _retainAvailable,
            MaximumPacketSize = _maximumPacketSize,
            WildcardSubscriptionAvailable = _wildcardSubscriptionAvailable,
            SubscriptionIdentifierAvailable = _subscriptionIdentifierAvailable,
            SharedSubscriptionAvailable = _sharedSubscriptionAvailable,
            SubscriptionIdentifiers = _subscriptionIdentifiers ?? [],
            UserProperties = _userProperties ?? [],
        };
    }
}
