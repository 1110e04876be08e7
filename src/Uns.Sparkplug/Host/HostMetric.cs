using System.Text;
using Uns.Sparkplug.Payloads;
using Uns.Tags;

namespace Uns.Sparkplug.Host;

/// <summary>One metric as its birth named it and its messages left it. Kept small: a host holds very many.</summary>
internal sealed class HostMetric(DeviceState owner, BirthDescription description, ulong propertiesHash) : MetricSource
{
    private long _ticks;
    private ulong _propertiesHash = propertiesHash; // Of the birth's property set: equal ones are not read again.
    private Flags _flags = FlagsOf(description);
    private byte _quality; // An index into Qualities: four words in one byte.

    [Flags]
    private enum Flags : byte
    {
        Alias = 1,
        Transient = 2,
        QualityInBirth = 4,
        Aged = 8,
        FaultInBirth = 16,
    }

    private const byte GoodQuality = 2;

    private static ReadOnlySpan<TagQuality> Qualities => [TagQuality.Bad, TagQuality.Uncertain, TagQuality.Good, TagQuality.Stale];

    public DeviceState Owner { get; } = owner;

    /// <summary>Everything the birth tells. The metric's name stands here.</summary>
    public TagDefinition Definition { get; private set; } = description.Definition;

    /// <summary>The birth that named the metric last, as its owner counts them.</summary>
    public int Epoch { get; set; }

    public string Name => Definition.Name;

    public override MetricKey Key => new(Owner.Node.Id, Owner.Id, Name);

    public override string? Note => Owner.Node.Clock.Note;

    /// <summary>The value; its type is the birth's, also when it is null.</summary>
    public TagValue Value { get; private set; }

    public TagQuality Quality
    {
        get => Qualities[_quality];
        private set => _quality = value switch { TagQuality.Bad => 0, TagQuality.Uncertain => 1, TagQuality.Good => 2, _ => 3 };
    }

    public string? Reason { get; private set; }

    public DataType Type => Value.Type;

    /// <summary>The alias of the last birth; meaningless without <see cref="HasAlias"/>.</summary>
    public ulong Alias { get; private set; }

    public bool HasAlias => (_flags & Flags.Alias) != 0;

    /// <summary>True when these bytes are the metric's name in UTF-8.</summary>
    public bool IsNamed(ReadOnlySpan<byte> utf8) => IsName(Name, utf8);

    /// <summary>True when these bytes are a name in UTF-8.</summary>
    public static bool IsName(string name, ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length == name.Length)
        {
            if (Ascii.Equals(utf8, name))
            {
                return true;
            }
        }
        else if (utf8.Length < name.Length)
        {
            return false; // No character takes less than a byte.
        }

        return IsNamedBeyondAscii(utf8, name);
    }

    /// <summary>Takes what a birth says.</summary>
    /// <returns>Null when all could be read; else what the metric broke: it is bad then.</returns>
    public RuleBreach? Born(in MetricEntry entry, ReadOnlySpan<byte> wire, long ticks, DefinitionReader definitions)
    {
        var type = entry.Type;
        Alias = entry.Alias;
        _flags = entry.HasAlias ? _flags | Flags.Alias : _flags & ~Flags.Alias;
        var properties = entry.Properties.Of(wire);
        var hash = entry.HasProperties ? Utf8Hash.Of64(properties) : 0;
        if (hash != _propertiesHash || type != Definition.DataType)
        {
            var told = definitions.Read(Name, type, properties, hash);
            (Definition, _propertiesHash) = (told.Definition, hash);
            _flags = (_flags & ~(Flags.QualityInBirth | Flags.FaultInBirth)) | FlagsOf(told);
        }

        if (type != Type || entry.IsNull)
        {
            Value = TagValue.Null(type);
        }

        var isPlain = !entry.HasProperties || (_flags & Flags.QualityInBirth) == 0;
        var broken = Take(entry, wire, ticks, mayHoldQuality: !isPlain, isBirth: true);
        if (broken is null && (_flags & Flags.FaultInBirth) != 0 && PropertyReader.TryReadSet(properties, out var set) && PropertyRules.FaultIn(set) is var (fault, detail))
        {
            Owner.Node.Finding = detail;
            return fault;
        }

        return broken is null or RuleBreach.PropertiesUnpaired ? broken
            : !entry.HasType ? RuleBreach.DataTypeMissing
            : entry.TypeNumber is 0 or > (uint)DataType.DateTimeArray or (uint)DataType.PropertySet or (uint)DataType.PropertySetList ? RuleBreach.DataTypeUnknown
            : broken;
    }

    private static Flags FlagsOf(in BirthDescription description) => (description.HasQuality ? Flags.QualityInBirth : 0) | (description.HasFault ? Flags.FaultInBirth : 0);

    /// <summary>Takes names and types of a certificate. Its value is as old as the birth, so it is stale, and a newer one stays.</summary>
    /// <inheritdoc cref="Born"/>
    public RuleBreach? BornFromCertificate(in MetricEntry entry, ReadOnlySpan<byte> wire, long ticks, DefinitionReader definitions)
    {
        var (value, known) = (Value, _ticks);
        var broken = Born(entry, wire, ticks, definitions);
        if (value.Type == Type && !value.IsNull && known > _ticks)
        {
            (Value, _ticks) = (value, known);
        }

        (Quality, Reason) = (TagQuality.Stale, "Known from the broker's birth certificate; not heard of since the host connected.");
        return broken;
    }

    /// <summary>Takes what a data message says. The type is the birth's.</summary>
    /// <param name="entry">The metric as found in the message.</param>
    /// <param name="wire">The message's bytes.</param>
    /// <param name="ticks">The value's time.</param>
    /// <param name="mayHoldQuality">False when the properties are known to hold no quality.</param>
    /// <param name="isBirth">True for a birth: what it leaves out is not there.</param>
    /// <returns>Null when all could be read; else what the metric broke: it is bad then.</returns>
    public RuleBreach? Take(in MetricEntry entry, ReadOnlySpan<byte> wire, long ticks, bool mayHoldQuality = true, bool isBirth = false)
    {
        _ticks = ticks;
        if (entry.IsPlain && WireConversion.TryReadScalar(Value.Type, entry.Kind, entry.Bits, out var plain))
        {
            // The way of nearly all data: a good number and nothing else.
            Value = plain;
            (_quality, _flags) = (GoodQuality, _flags & ~(Flags.Transient | Flags.Aged));
            if (Reason is not null)
            {
                Reason = null;
            }

            return null;
        }

        _flags = entry.IsTransient ? (_flags | Flags.Transient) & ~Flags.Aged : _flags & ~(Flags.Transient | Flags.Aged);
        (Quality, Reason) = (TagQuality.Good, null); // Absent means good.
        RuleBreach? broken = null;
        if (entry.HasProperties && mayHoldQuality)
        {
            broken = TakeQuality(entry.Properties.Of(wire));
        }

        if (entry.IsNull)
        {
            Value = TagValue.Null(Type); // [tck-id-operational-behavior-data-publish-nbirth-values]
            return broken;
        }

        return WireConversion.TryReadScalar(Type, entry.Kind, entry.Bits, out var value) ? Set(value, broken) : TakeObject(entry, wire, broken, isBirth);
    }

    /// <summary>A value of the past as a change of its own; the metric stays as it is.</summary>
    /// <returns>False when the value does not fit the birth's type.</returns>
    public bool TryPast(in MetricEntry entry, ReadOnlySpan<byte> wire, long ticks, out MetricChange change)
    {
        var past = new HostMetric(Owner, new(Definition, false), 0) { Value = TagValue.Null(Type), Place = Place };
        var broken = past.Take(entry, wire, ticks);
        var last = default(DateTimeOffset);
        change = past.Change(asBirth: false, ref last) with { Source = this };
        return broken is null;
    }

    /// <summary>True once the host has called the value stale; false when only its publisher has.</summary>
    public bool IsAged => (_flags & Flags.Aged) != 0;

    /// <summary>Nobody knows any longer whether the value still holds.</summary>
    public void Age(DateTimeOffset since, string reason)
    {
        (Quality, _ticks, Reason) = (TagQuality.Stale, since.UtcTicks, reason);
        _flags |= Flags.Aged;
    }

    /// <param name="asBirth">With the definition.</param>
    /// <param name="last">The time of the change before this one: most metrics of a message have the same.</param>
    public MetricChange Change(bool asBirth, ref DateTimeOffset last) => new(Key, Value, Quality, last = Time(last), Reason, asBirth ? Definition : null)
    {
        Source = this,
        IsTransient = (_flags & Flags.Transient) != 0,
    };

    private DateTimeOffset Time(DateTimeOffset last) => last.UtcTicks == _ticks ? last : new(_ticks, TimeSpan.Zero);

    private RuleBreach? Set(TagValue value, RuleBreach? broken)
    {
        Value = value;
        return broken;
    }

    private RuleBreach? TakeObject(in MetricEntry entry, ReadOnlySpan<byte> wire, RuleBreach? broken, bool isBirth)
    {
        if (Type is DataType.String or DataType.Text or DataType.Uuid && entry.Kind == WireKind.String)
        {
            var utf8 = entry.Value.Of(wire);
            if (Value.Text is not { } text || !Same(utf8, text))
            {
                Value = TagValue.Of(Encoding.UTF8.GetString(utf8), Type);
            }

            return broken;
        }

        if (!WireConversion.TryRead(Type, Build(entry, wire), out var value, out var fault))
        {
            // The last value stays, and is said to be bad: a wrong one is never shown.
            (Quality, Reason) = (TagQuality.Bad, "The value " + fault);
            return broken ?? entry.Kind switch
            {
                WireKind.None => RuleBreach.ValueMissing,
                WireKind.DataSet when Type == DataType.DataSet => DataSetReader.HasUnknownType(entry.Value.Of(wire)) ? RuleBreach.DataSetTypeUnknown : RuleBreach.DataSetBroken,
                _ => RuleBreach.ValueOfAnotherType,
            };
        }

        if (value.Object is Template { IsDefinition: false } instance)
        {
            return TakeInstance(instance, broken, isBirth);
        }

        Value = value;
        return broken;
    }

    // Completed by its definition and by what it said before. [tck-id-payloads-template-instance-members-data], [tck-id-payloads-template-definition-parameters-default]
    private RuleBreach? TakeInstance(Template instance, RuleBreach? broken, bool isBirth)
    {
        var verdict = (Owner.Node.Templates ??= new()).Complete(instance, isBirth ? null : Value.Object as Template, isBirth);
        Owner.Node.Finding = verdict.Detail;
        if (verdict.Quality == TagQuality.Bad || (verdict.Quality == TagQuality.Uncertain && Quality == TagQuality.Good))
        {
            (Quality, Reason) = (verdict.Quality, verdict.Detail);
        }

        Value = verdict.Quality == TagQuality.Bad ? Value : TagValue.OfObject(Type, verdict.Value);
        return broken ?? verdict.Breach;
    }

    private RuleBreach? TakeQuality(ReadOnlySpan<byte> properties)
    {
        if (!QualityScan.TryRead(properties, out var code, out var isInteger, out var type, out var reason))
        {
            (Quality, Reason) = (TagQuality.Bad, "The properties have keys and values that do not pair.");
            return RuleBreach.PropertiesUnpaired;
        }

        // [tck-id-payloads-propertyset-quality-value-value]
        (Quality, Reason) = code switch
        {
            null => (TagQuality.Good, null),
            192 when isInteger => (TagQuality.Good, null),
            500 when isInteger => (TagQuality.Stale, reason ?? "The publisher says it is stale."),
            0 when isInteger => (TagQuality.Bad, reason ?? "The publisher says it is bad."),
            _ => (TagQuality.Bad, $"The publisher gives the quality {code}, which does not exist."),
        };
        if (code is not (null or 0 or 192 or 500) || (code is not null && !isInteger))
        {
            return RuleBreach.QualityUnknown;
        }

        if (code is null || type is null or (uint)DataType.Int32)
        {
            return null; // Data may leave the type out.
        }

        Owner.Node.Finding = $"The quality is of type {(DataType)type}: Int32 is wanted."; // [tck-id-payloads-propertyset-quality-value-type]
        return RuleBreach.QualityTypeWrong;
    }

    private static WireValue Build(in MetricEntry entry, ReadOnlySpan<byte> wire) => entry.Kind switch
    {
        WireKind.String => new(WireKind.String, 0, Encoding.UTF8.GetString(entry.Value.Of(wire))),
        WireKind.Bytes or WireKind.Extension => new(entry.Kind, 0, entry.Value.Of(wire).ToArray()),
        WireKind.DataSet => new(WireKind.DataSet, 0, DataSetReader.Read(entry.Value.Of(wire))),
        WireKind.Template => new(WireKind.Template, 0, PayloadReader.ReadTemplate(entry.Value.Of(wire))),
        _ => new(entry.Kind, entry.Bits),
    };

    private static bool Same(ReadOnlySpan<byte> utf8, string text) =>
        (utf8.Length == text.Length && Ascii.Equals(utf8, text)) || (utf8.Length >= text.Length && utf8.Length > 0 && IsNamedBeyondAscii(utf8, text));

    private static bool IsNamedBeyondAscii(ReadOnlySpan<byte> utf8, string text)
    {
        Span<char> characters = utf8.Length <= 256 ? stackalloc char[utf8.Length] : new char[utf8.Length];
        var count = Encoding.UTF8.GetChars(utf8, characters);
        return text.AsSpan().SequenceEqual(characters[..count]);
    }
}
