using Uns.Sparkplug.Topics;

namespace Uns.Sparkplug.Host;

/// <summary>What an edge node did that the standard does not allow, or that the host could not make sense of. Counted per node by this.</summary>
public enum RuleBreach
{
    /// <summary>The bytes are no payload, or beyond the limits. Answer: the message is dropped whole, a rebirth is asked for.</summary>
    PayloadUnreadable,

    /// <summary>A message in the name of a node that is known goes to no topic of Sparkplug's: a device too many or none, more levels, another verb. Answer: dropped.</summary>
    TopicWrong,

    /// <summary>A seq is above 255. Answer: the message is dropped whole, a rebirth is asked for.</summary>
    SeqOutOfRange,

    /// <summary>A message that needs a seq has none. Answer: dropped, a rebirth is asked for; an NBIRTH is taken as if it said 0.</summary>
    SeqMissing,

    /// <summary>A gap in seq outlasted the reorder timeout, or more messages wait than are kept. Answer: all stale, a rebirth is asked for.</summary>
    SeqGap,

    /// <summary>A seq came again or very late. Answer: dropped.</summary>
    SeqRepeated,

    /// <summary>An NBIRTH has another seq than 0. Answer: taken; the next seq follows it.</summary>
    BirthSeqNotZero,

    /// <summary>An NBIRTH or NDEATH has no bdSeq. Answer: taken; such a death counts for any birth.</summary>
    BdSeqMissing,

    /// <summary>A bdSeq is no number from 0 to 255. Answer: a larger number is taken as it is, anything else counts as missing.</summary>
    BdSeqOutOfRange,

    /// <summary>A birth's bdSeq does not follow the last one. Answer: taken.</summary>
    BdSeqJump,

    /// <summary>An NDEATH has the bdSeq of another birth than the one in force, or says a death again. Answer: ignored.</summary>
    DeathOfAnotherSession,

    /// <summary>An NBIRTH does not offer <c>Node Control/Rebirth</c>. Answer: taken.</summary>
    RebirthMetricMissing,

    /// <summary><c>Node Control/Rebirth</c> is not Boolean or not false in a birth. Answer: taken.</summary>
    RebirthMetricWrong,

    /// <summary><c>Node Control/Rebirth</c> has an alias. Answer: taken; it is commanded by name.</summary>
    RebirthMetricHasAlias,

    /// <summary>An NDEATH has a seq. Answer: taken.</summary>
    DeathHasSeq,

    /// <summary>An NDEATH has other metrics than bdSeq. Answer: taken, without them.</summary>
    DeathHasMetrics,

    /// <summary>A birth has no metrics. Answer: taken; what was known is removed.</summary>
    BirthWithoutMetrics,

    /// <summary>A metric has neither a name nor, in data, an alias. Answer: the metric is dropped.</summary>
    NameMissing,

    /// <summary>A birth gives an alias to a metric without a name. Answer: the metric is dropped.</summary>
    AliasWithoutName,

    /// <summary>Data name a metric to which its birth gave an alias. Answer: taken.</summary>
    NameBesideAlias,

    /// <summary>A birth names a metric without its type. Answer: the metric is bad.</summary>
    DataTypeMissing,

    /// <summary>A type that a metric cannot have. Answer: the metric is bad.</summary>
    DataTypeUnknown,

    /// <summary>A metric has no value and does not say null. Answer: the last value stays and is bad.</summary>
    ValueMissing,

    /// <summary>A value does not fit the type of its birth. Answer: the last value stays and is bad.</summary>
    ValueOfAnotherType,

    /// <summary>Two metrics of one birth, or of one node, share an alias. Answer: it stands for neither.</summary>
    AliasTwice,

    /// <summary>Data name a metric that no birth named. Answer: the metric is dropped, a rebirth is asked for.</summary>
    NameUnknown,

    /// <summary>Data use an alias that no birth of that node or device gave. Answer: the metric is dropped, a rebirth is asked for.</summary>
    AliasUnknown,

    /// <summary>Data carry a name and an alias that belong to different metrics. Answer: the metric is dropped, a rebirth is asked for.</summary>
    AliasAndNameDisagree,

    /// <summary>A message came before the NBIRTH. Answer: kept for a moment in case it overtook its birth; a rebirth is asked for.</summary>
    DataBeforeBirth,

    /// <summary>A device's data or death came without its DBIRTH. Answer: dropped, a rebirth is asked for.</summary>
    DeviceDataBeforeBirth,

    /// <summary>Keys and values of a property set differ in number. Answer: the metric is bad.</summary>
    PropertiesUnpaired,

    /// <summary>A quality other than 0, 192 and 500. Answer: the metric is bad.</summary>
    QualityUnknown,

    /// <summary>A property in a birth has no type. Answer: its value is read all the same where that can be done.</summary>
    PropertyTypeMissing,

    /// <summary>A property has a type that no property can have. Answer: left aside.</summary>
    PropertyTypeUnknown,

    /// <summary>A property has no value and does not say null. Answer: left aside.</summary>
    PropertyValueMissing,

    /// <summary>The quality's type is not Int32. Answer: its number counts.</summary>
    QualityTypeWrong,

    /// <summary>A data set whose columns, types, rows and cells do not agree. Answer: the last value stays and is bad.</summary>
    DataSetBroken,

    /// <summary>A column of a data set is of a type that no column can have. Answer: the last value stays and is bad.</summary>
    DataSetTypeUnknown,

    /// <summary>A birth or data message has no timestamp. Answer: the arrival is taken.</summary>
    TimestampMissing,

    /// <summary>A message's timestamp is no time. Answer: the arrival is taken.</summary>
    TimestampUnusable,

    /// <summary>A metric in a birth or data message has no timestamp. Answer: the message's counts.</summary>
    MetricTimestampMissing,

    /// <summary>A metric's timestamp is no time. Answer: the message's counts.</summary>
    MetricTimestampUnusable,

    /// <summary>Metrics of a message are not in the order of their times. Answer: taken in the order of the message.</summary>
    MetricsOutOfOrder,

    /// <summary>A template definition came elsewhere than in an NBIRTH. Answer: left aside.</summary>
    DefinitionOutsideBirth,

    /// <summary>An instance of a template that the NBIRTH does not define. Answer: taken as it came, as uncertain. No rebirth is asked for: it would say the same.</summary>
    TemplateUndefined,

    /// <summary>An instance does not name its definition. Answer: taken as it came, as uncertain.</summary>
    TemplateNotNamed,

    /// <summary>A template does not say whether it is a definition. Answer: taken as an instance.</summary>
    TemplateKindMissing,

    /// <summary>A member of an instance is not in its definition, has no name or type, or is of another type. Answer: of another type the metric is bad, else taken.</summary>
    TemplateMemberWrong,

    /// <summary>An instance in a birth lacks a member of its definition. Answer: taken.</summary>
    TemplateMemberMissing,

    /// <summary>An instance has a parameter that its definition lacks. Answer: taken.</summary>
    TemplateParameterUndefined,

    /// <summary>A parameter of a template has no name, no type, or a value of another type. Answer: taken; it is shown as null.</summary>
    TemplateParameterWrong,

    /// <summary>A definition refers to another template. Answer: taken.</summary>
    DefinitionRefers,

    /// <summary>More definitions than are kept. Answer: left aside; its instances are uncertain.</summary>
    TemplateBeyondBound,

    /// <summary>A message came with another quality of service than its kind has. Answer: taken.</summary>
    QosWrong,

    /// <summary>The node's clock differs from the host's by more than is let pass. Answer: taken, its times as they are.</summary>
    ClockOff,

    /// <summary>Two publishers speak under one name. Answer: nothing of either is believed.</summary>
    TwoPublishers,

    /// <summary>A device beyond the bound. Answer: left aside.</summary>
    DeviceBeyondBound,
}

/// <summary>Which rule of the standard a breach is about.</summary>
internal static class RuleBook
{
    /// <summary>True for what could not be read, wholly or in part: a message, a metric or its value.</summary>
    public static bool IsUnreadable(RuleBreach breach) => breach is RuleBreach.PayloadUnreadable or RuleBreach.SeqOutOfRange or RuleBreach.NameMissing or RuleBreach.AliasWithoutName
        or RuleBreach.DataTypeMissing or RuleBreach.DataTypeUnknown or RuleBreach.ValueMissing or RuleBreach.ValueOfAnotherType or RuleBreach.PropertiesUnpaired
        or RuleBreach.QualityUnknown or RuleBreach.DataSetBroken or RuleBreach.DataSetTypeUnknown or RuleBreach.TemplateMemberWrong or RuleBreach.TemplateParameterWrong;

    /// <summary>The rule's id in the list of statements.</summary>
    /// <param name="breach">What was done.</param>
    /// <param name="verb">By which message.</param>
    public static string IdOf(RuleBreach breach, MessageVerb verb) => breach switch
    {
        RuleBreach.PayloadUnreadable => "untagged-host-rebirth-on-malformed",
        RuleBreach.TopicWrong => verb switch
        {
            MessageVerb.NBirth or MessageVerb.NDeath or MessageVerb.NData => "tck-id-topic-structure-namespace-device-id-non-associated-message-types",
            MessageVerb.DBirth or MessageVerb.DDeath or MessageVerb.DData => "tck-id-topic-structure-namespace-device-id-associated-message-types",
            _ => "tck-id-topic-structure",
        },
        RuleBreach.SeqOutOfRange => verb == MessageVerb.NBirth ? "tck-id-payloads-nbirth-seq" : "tck-id-payloads-sequence-num-incrementing",
        RuleBreach.SeqMissing => verb switch
        {
            MessageVerb.NBirth => "tck-id-payloads-sequence-num-req-nbirth",
            MessageVerb.DBirth => "tck-id-payloads-dbirth-seq",
            MessageVerb.NData => "tck-id-payloads-ndata-seq",
            MessageVerb.DData => "tck-id-payloads-ddata-seq",
            MessageVerb.DDeath => "tck-id-payloads-ddeath-seq",
            _ => "tck-id-payloads-sequence-num-always-included",
        },
        RuleBreach.SeqGap or RuleBreach.SeqRepeated => "tck-id-payloads-sequence-num-incrementing",
        RuleBreach.BirthSeqNotZero => "tck-id-topics-nbirth-seq-num",
        RuleBreach.BdSeqMissing => verb == MessageVerb.NBirth ? "tck-id-topics-nbirth-bdseq-included" : "tck-id-topics-ndeath-payload",
        RuleBreach.BdSeqOutOfRange or RuleBreach.BdSeqJump => "tck-id-topics-nbirth-bdseq-increment",
        RuleBreach.DeathOfAnotherSession => "tck-id-payloads-ndeath-bdseq",
        RuleBreach.RebirthMetricMissing => "tck-id-topics-nbirth-rebirth-metric",
        RuleBreach.RebirthMetricWrong => "tck-id-payloads-nbirth-rebirth-req",
        RuleBreach.RebirthMetricHasAlias => "tck-id-operational-behavior-data-commands-rebirth-name-aliases",
        RuleBreach.DeathHasSeq => "tck-id-payloads-ndeath-seq",
        RuleBreach.DeathHasMetrics => "tck-id-topics-ndeath-payload",
        RuleBreach.BirthWithoutMetrics => verb == MessageVerb.NBirth ? "tck-id-topics-nbirth-metric-reqs" : "tck-id-topics-dbirth-metric-reqs",
        RuleBreach.NameMissing => "tck-id-payloads-name-requirement",
        RuleBreach.DataTypeMissing => "tck-id-payloads-metric-datatype-req",
        RuleBreach.DataTypeUnknown => "tck-id-payloads-metric-datatype-value",
        RuleBreach.ValueMissing => verb switch
        {
            MessageVerb.NBirth => "tck-id-topics-nbirth-metrics",
            MessageVerb.DBirth => "tck-id-topics-dbirth-metrics",
            _ => "untagged-metric-value-type",
        },
        RuleBreach.ValueOfAnotherType => "tck-id-payloads-metric-datatype-value-type",
        RuleBreach.AliasTwice => "tck-id-payloads-alias-uniqueness",
        RuleBreach.NameUnknown or RuleBreach.AliasUnknown => verb == MessageVerb.NData ? "tck-id-topics-nbirth-metric-reqs" : "tck-id-topics-dbirth-metric-reqs",
        RuleBreach.AliasWithoutName => "tck-id-payloads-alias-birth-requirement",
        RuleBreach.AliasAndNameDisagree or RuleBreach.NameBesideAlias => "tck-id-payloads-alias-data-cmd-requirement",
        RuleBreach.DataBeforeBirth => "tck-id-principles-birth-certificates-order",
        RuleBreach.DeviceDataBeforeBirth => "tck-id-payloads-ddata-order",
        RuleBreach.PropertiesUnpaired => "tck-id-payloads-propertyset-keys-array-size",
        RuleBreach.QualityUnknown => "tck-id-payloads-propertyset-quality-value-value",
        RuleBreach.PropertyTypeMissing => "tck-id-payloads-metric-propertyvalue-type-req",
        RuleBreach.PropertyTypeUnknown => "tck-id-payloads-metric-propertyvalue-type-value",
        RuleBreach.PropertyValueMissing => "untagged-propertyvalue-value-type",
        RuleBreach.QualityTypeWrong => "tck-id-payloads-propertyset-quality-value-type",
        RuleBreach.DataSetBroken => "tck-id-payloads-dataset-column-num-headers",
        RuleBreach.DataSetTypeUnknown => "tck-id-payloads-dataset-types-value",
        RuleBreach.TimestampUnusable => "tck-id-payloads-timestamp-in-UTC",
        RuleBreach.MetricTimestampMissing => "tck-id-payloads-name-birth-data-requirement",
        RuleBreach.MetricTimestampUnusable => "tck-id-payloads-metric-timestamp-in-UTC",
        RuleBreach.MetricsOutOfOrder => verb is MessageVerb.NBirth or MessageVerb.NData
            ? "tck-id-operational-behavior-data-publish-nbirth-order"
            : "tck-id-operational-behavior-data-publish-dbirth-order",
        RuleBreach.TimestampMissing => verb switch
        {
            MessageVerb.NBirth => "tck-id-topics-nbirth-timestamp",
            MessageVerb.DBirth => "tck-id-topics-dbirth-timestamp",
            MessageVerb.NData => "tck-id-topics-ndata-timestamp",
            MessageVerb.DDeath => "tck-id-payloads-ddeath-timestamp",
            _ => "tck-id-topics-ddata-timestamp",
        },
        RuleBreach.DefinitionOutsideBirth => "tck-id-payloads-template-definition-nbirth-only",
        RuleBreach.TemplateUndefined => "tck-id-payloads-template-definition-nbirth",
        RuleBreach.TemplateNotNamed => "tck-id-payloads-template-instance-ref",
        RuleBreach.TemplateKindMissing => "tck-id-payloads-template-is-definition",
        RuleBreach.TemplateMemberWrong => "tck-id-payloads-template-instance-members",
        RuleBreach.TemplateMemberMissing => "tck-id-payloads-template-instance-members-birth",
        RuleBreach.TemplateParameterUndefined => "tck-id-payloads-template-definition-parameters",
        RuleBreach.TemplateParameterWrong => "tck-id-payloads-template-parameter-type-value",
        RuleBreach.DefinitionRefers => "tck-id-payloads-template-definition-ref",
        RuleBreach.QosWrong => verb switch
        {
            MessageVerb.NBirth => "tck-id-topics-nbirth-mqtt",
            MessageVerb.DBirth => "tck-id-topics-dbirth-mqtt",
            MessageVerb.NData => "tck-id-topics-ndata-mqtt",
            MessageVerb.DDeath => "tck-id-topics-ddeath-mqtt",
            MessageVerb.NDeath => "tck-id-payloads-ndeath-will-message-qos",
            _ => "tck-id-topics-ddata-mqtt",
        },
        RuleBreach.ClockOff => "untagged-utc-clocks",
        RuleBreach.TwoPublishers => "tck-id-topic-structure-namespace-unique-edge-node-descriptor",
        _ => "",
    };
}
